"""The thirty numbers that describe a clip in Tzanetakis & Cook 2002 and later in Li & Tzanetakis 2003."""

from collections.abc import Mapping

from genrelab.features import pitch, rhythm, timbre
from genrelab.models._columns import columns_of

FEATURE = "timbre+rhythm+pitch"
SPECTRAL = ("centroid", "rolloff", "flux", "zero_crossings")
CEPSTRAL = tuple(f"mfcc{i}" for i in range(2, 7))  # the first five, after the level
TAKEN = ("mean", "variance")


def columns(input_shape: Mapping[str, tuple[int, ...]]) -> dict[str, list[int]]:
    """Return the columns of the joined features by group: fft (9), mfcc (10), beat (6) and pitch (5)."""
    places = columns_of(input_shape, "timbre")
    width = len(timbre.STATISTICS)

    def of(descriptor: str, statistic: str) -> int:
        return places[timbre.DESCRIPTORS.index(descriptor) * width + timbre.STATISTICS.index(statistic)]

    return {
        "fft": [*(of(name, statistic) for name in SPECTRAL for statistic in TAKEN), of("low_energy", "mean")],
        "mfcc": [of(name, statistic) for name in CEPSTRAL for statistic in TAKEN],
        "beat": columns_of(input_shape, "rhythm", rows=list(rhythm.BEAT_SUMMARY)),
        "pitch": columns_of(input_shape, "pitch", rows=list(pitch.SUMMARY)),
    }


def chosen(hp, input_shape: Mapping[str, tuple[int, ...]]) -> list[int]:
    """Return the columns selected by the hyperparameter `features`: timbre (19), rhythm (6), pitch (5), or all (30)."""
    by = columns(input_shape)
    sets = {"timbre": ("fft", "mfcc"), "rhythm": ("beat",), "pitch": ("pitch",), "all": tuple(by)}
    return [column for group in sets[hp.Choice("features", list(sets), default="all")] for column in by[group]]
