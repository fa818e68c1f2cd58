"""Turn a sound into a model's input, the same way on the command line and in the registered model on a server.

A long sound is cut into consecutive windows of the length that the model was trained on, and its probabilities are
the mean over the windows. A partial last window counts if it is at least half as long as the others. If only one window
would count, the sound stays whole, and the feature treats it like any clip of a corpus: if it is longer than the
feature's width, the feature takes the middle.

Worker processes import this module but no model code: that would cost each of them seconds for scikit-learn and MLflow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from genrelab.config import Checks
from genrelab.data import audio
from genrelab.data.audio import AudioError
from genrelab.errors import why
from genrelab.features._base import Feature


class Windows(NamedTuple):
    """A sound as model input: its duration and its windows' (start, end), both in seconds, and their features."""

    seconds: float
    spans: list[tuple[float, float]]
    features: np.ndarray  # float32 (windows, *feature shape)


@dataclass(frozen=True)
class AudioFrontend:
    """Turns a sound into a model's input: the feature, the checks, and the window length in seconds.

    It is small enough to send to worker processes.
    """

    feature: Feature
    checks: Checks
    window: float

    @classmethod
    def of(cls, about: Mapping[str, Any]) -> "AudioFrontend":
        """Return the frontend of a model from the metadata saved in training."""
        feature = Feature.from_params(about["feature"], about["feature_params"])
        # Models from before windows existed do not state one, but their feature has a width.
        window = about.get("window_seconds") or feature.seconds
        assert window is not None
        return cls(feature, Checks(**about["checks"]), window)

    def extract(
        self, source: Path | bytes, go_on: audio.GoOn = audio.always, decoded: audio.Decoded = audio.uncounted
    ) -> Windows:
        """Decode, check, resample and cut a sound, and compute the windows' features; AudioError says what is wrong.

        `go_on` is called before the sound, periodically during decoding, and before each window; `decoded` receives the
        amount of decoded sound before any further processing. An exception from either stops the work.
        """
        go_on()
        rate = self.feature.sample_rates[0]
        try:
            sound = audio.load_at(source, self.feature.sample_rates, self.checks, go_on, decoded)
            samples = sound[rate]
            places = windows(len(samples), round(self.window * rate))
            with np.errstate(over="ignore", invalid="ignore"):  # an overflow is reported below
                stretches = [_cut(sound, start / rate, end / rate) for start, end in places]
                features = np.stack([self._one(stretch, go_on) for stretch in stretches])
        except MemoryError:
            raise AudioError("too_long", "does not fit in memory") from None
        if not np.isfinite(features).all():  # squares of samples far beyond full scale
            raise AudioError("not_finite", f"peaks at {np.abs(samples).max():.0e} of full scale, which overflows")
        return Windows(len(samples) / rate, [(start / rate, end / rate) for start, end in places], features)

    def _one(self, stretch: Mapping[int, np.ndarray], go_on: audio.GoOn) -> np.ndarray:
        go_on()
        try:
            return self.feature.extract(stretch)
        except (ArithmeticError, LookupError, TypeError, ValueError, RuntimeError) as error:  # from plug-in code
            reason = f"the feature {self.feature.name} cannot be computed: {why(error)}"
            raise AudioError("no_feature", reason) from error


def _cut(sound: Mapping[int, np.ndarray], start: float, end: float) -> dict[int, np.ndarray]:
    """Return the stretch of a sound from `start` to `end` seconds, at each of its rates."""
    return {rate: samples[round(start * rate) : round(end * rate)] for rate, samples in sound.items()}


def extract_or_error(frontend: AudioFrontend, path: Path) -> Windows | AudioError:
    """Return the windows of a file, or the error that says what is wrong with it; for worker processes."""
    try:
        return frontend.extract(path)
    except AudioError as error:
        return error


def windows(length: int, width: int) -> list[tuple[int, int]]:
    """Return the (start, end) of each window of a sound, all in samples.

    >>> windows(25, 10), windows(24, 10), windows(14, 10)
    ([(0, 10), (10, 20), (20, 25)], [(0, 10), (10, 20)], [(0, 14)])
    """
    count = (length + width // 2) // width
    if count <= 1:
        return [(0, length)]
    return [(i * width, min((i + 1) * width, length)) for i in range(count)]
