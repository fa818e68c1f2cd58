"""Plant altered copies of clips, as they enter a corpus unnoticed, to see how many the near-duplicate search finds."""

import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from genrelab.data import audio, codecs
from genrelab.errors import DataError
from genrelab.quality import fingerprint, near_duplicates
from genrelab.quality.near_duplicates import Prints

KBITS = 64  # per second of MP3
SNR_DB = 20
SPEED = (0.005, 0.02)  # range of the relative change, faster or slower
SHIFT = (2.0, 3.0)  # seconds; not a whole number of frames


def plant(samples: np.ndarray, rate: int, kind: str, rng: np.random.Generator) -> np.ndarray:
    """Return an altered copy of `samples`, mono at `rate` Hz: float32, shape (samples,), the same rate.

    Kinds: see KINDS. Raises DataError for any other kind, or if MP3 does not support the sample rate.
    """
    if kind not in KINDS:
        raise DataError(f"no kind of copy is called '{kind}'; there are {', '.join(KINDS)}")
    return KINDS[kind](samples, rate, rng)


class RecallEstimate(NamedTuple):
    """How far to trust the search: for one kind of copy, how many were planted and how many were matched to their clip.

    `false` is the number of other clips that the search named for these copies, without those that it also names for
    the unaltered clip: the corpus may hold real duplicates of it.
    """

    kind: str
    planted: int
    found: int
    false: int


def recall(
    sounds: Sequence[np.ndarray], rate: int, clips: Sequence[int], prints: Prints, *, seed: int = 0
) -> list[RecallEstimate]:
    """Plant copies of some clips of a corpus, all KINDS of each, and search for them: one row per kind.

    `sounds` are the clips' samples, mono at `rate` Hz; `clips` are their positions in `prints`, the corpus's prints.
    """
    rng = np.random.default_rng(seed)
    kinds = ["", *KINDS]  # "": the unaltered clip
    planted = []
    for samples in tqdm(sounds, "planting", unit="clip", leave=False, disable=not sys.stderr.isatty()):
        for kind in kinds:
            copy = plant(samples, rate, kind, rng) if kind else samples
            planted.append(fingerprint.extract(audio.resample(copy, rate, fingerprint.RATE)))
    first, added = len(prints.starts) - 1, Prints.of(planted)
    both = Prints(
        np.concatenate([prints.hashes, added.hashes]),
        np.concatenate([prints.times, added.times]),
        np.concatenate([prints.starts, prints.starts[-1] + added.starts[1:]]),
    )
    named: list[set[int]] = [set() for _ in planted]
    for match in near_duplicates.near_duplicates(both, first=first):
        if match.one < first:
            named[match.other - first].add(match.one)
    rows = []
    for place, kind in enumerate(kinds[1:], 1):
        copies = named[place :: len(kinds)]
        found = sum(clip in names for clip, names in zip(clips, copies, strict=True))
        known = zip(clips, named[:: len(kinds)], copies, strict=True)
        false = sum(len(names - unaltered - {clip}) for clip, unaltered, names in known)
        rows.append(RecallEstimate(kind, len(sounds), found, false))
    return rows


def _gain(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    return samples * np.float32(10 ** (-12 / 20))


def _louder(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    return np.clip(samples * np.float32(10 ** (6 / 20)), -1, 1)


def _offset(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    return samples[_shift(samples, rate, rng) :]


def _delay(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    return np.concatenate([np.zeros(_shift(samples, rate, rng), np.float32), samples])


def _shift(samples: np.ndarray, rate: int, rng: np.random.Generator) -> int:
    return min(int(rng.uniform(*SHIFT) * rate), len(samples) // 4)


def _mp3(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    return codecs.mp3(samples, rate, KBITS)


def _noise(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    effective = float(np.sqrt(np.mean(samples**2, dtype=np.float64)))
    noise = rng.standard_normal(len(samples), dtype=np.float32)
    return samples + noise * np.float32(effective * 10 ** (-SNR_DB / 20))


def _resample(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    return audio.resample(audio.resample(samples, rate, 44_100), 44_100, rate)


def _speed(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    change = rng.uniform(*SPEED) * rng.choice([-1, 1])
    return audio.resample(samples, round(rate * (1 + change)), rate)


def _all(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    for alter in (_resample, _offset, _gain, _noise, _mp3):
        samples = alter(samples, rate, rng)
    return samples


KINDS: dict[str, Callable[[np.ndarray, int, np.random.Generator], np.ndarray]] = {
    "gain": _gain,  # 12 dB quieter
    "louder": _louder,  # by 6 dB, clipped at full scale
    "offset": _offset,  # without its first 2 to 3 s (a quarter of a short clip)
    "delay": _delay,  # after as much silence
    "mp3": _mp3,  # at 64 kbit/s
    "noise": _noise,  # white, at a signal-to-noise ratio of 20 dB
    "resample": _resample,  # to 44.1 kHz and back
    "speed": _speed,  # 0.5 to 2% faster or slower
    "all": _all,  # one after the other: resampled, cut, quieter, noisy, MP3
}
