"""Clips cut into slices: a model judges each slice, and the slices' answers combine into the clip's.

Slices are cut from a clip's spectrogram after the split into train, valid and test, so no clip has slices on two
sides. They start every `hop` frames from the first. A remainder too short for a slice is dropped, and so is the padding
after a clip shorter than the spectrogram's width. A clip shorter than a slice becomes one padded slice.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import expit, logit, softmax

from genrelab.config import Config
from genrelab.data.streamed import Array, Streamed, in_batches
from genrelab.errors import ConfigError
from genrelab.features._base import Feature

LEAST = 4  # frames in a slice
LEAST_PROBABILITY = 1e-12  # of a class in a slice: a smaller one must not decide alone
BATCH = 64  # clips examined together


@dataclass(frozen=True)
class Slicing:
    """How to cut spectrograms, float32 (clips, bands, frames), and how to combine the slices' answers.

    `width` and `hop` are in frames; `pad_value` is the value of padding in every row.
    """

    width: int
    hop: int
    vote: Literal["mean", "geometric", "log_odds", "majority"]
    pad_value: float

    def cut(self, x: Array) -> tuple[Array, np.ndarray]:
        """Return slices, float32 (slices, bands, width), and the row of each slice's clip in `x`, int64 (slices,).

        For a stream, the slices are a stream too; the clips are read once here to find where each ends.
        """
        starts = [self.starts(spectrogram) for batch in in_batches(x, BATCH) for spectrogram in batch]
        owner = np.repeat(np.arange(len(x)), [len(s) for s in starts])
        start = np.concatenate(starts)
        if not isinstance(x, Streamed):
            return self._slices(x, owner, start), owner

        def read(rows: np.ndarray) -> np.ndarray:
            clips, clip = np.unique(owner[rows], return_inverse=True)
            return self._slices(x[clips], clip, start[rows])

        shards = None if x.shards is None else x.shards[owner]
        return Streamed((len(owner), x.shape[1], self.width), read, shards), owner

    def _slices(self, x: np.ndarray, clips: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Return the slices that start at these frames of these clips."""
        slices = np.empty((len(clips), x.shape[1], self.width), dtype=x.dtype)
        for i, (clip, start) in enumerate(zip(clips, starts, strict=True)):
            slices[i] = x[clip, :, start : start + self.width]
        return slices

    def starts(self, spectrogram: np.ndarray) -> list[int]:
        """Return the start frames of the slices of a spectrogram (bands, frames); at least one."""
        sounding = np.flatnonzero((spectrogram != self.pad_value).any(axis=0))
        end = int(sounding[-1]) + 1 if len(sounding) else 0
        return list(range(0, end - self.width + 1, self.hop)) or [0]

    def together(self, probabilities: np.ndarray, owner: np.ndarray) -> np.ndarray:
        """Return clips' probabilities (clips, classes) from those of their slices (slices, classes).

        mean: their mean. geometric: their geometric mean, scaled to sum to 1: a class needs all slices. log_odds: the
        same for tags, each of which is decided by itself. majority: each class's share of the slices' votes, with the
        mean added as one more vote: it breaks ties and leaves no probability at 0.

        Source: Kittler et al. 1998, On Combining Classifiers: the sum, product and majority rules.
        """
        possible = np.clip(probabilities, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
        if self.vote == "geometric":
            return softmax(_means(np.log(possible), owner), axis=1)
        if self.vote == "log_odds":
            return expit(_means(logit(possible), owner))
        mean = _means(probabilities, owner)
        if self.vote == "mean":
            return mean
        shares = _means(np.eye(probabilities.shape[1])[probabilities.argmax(axis=1)], owner)
        counts = np.bincount(owner)[:, np.newaxis]
        return (counts * shares + mean) / (counts + 1)


def _means(values: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Return the mean of the rows (slices, classes) of each clip: (clips, classes)."""
    sums = np.zeros((owner.max() + 1, values.shape[1]))
    np.add.at(sums, owner, values)
    return sums / np.bincount(owner)[:, np.newaxis]


def slicing(config: Config) -> Slicing | None:
    """Return how the config cuts clips, or None for whole clips; ConfigError if the feature does not allow it.

    Slices are rounded down to whole frames, so that ten of 3 s fit into 30 s.
    """
    wanted = config.slices
    if not wanted.seconds:
        return None
    feature = Feature.of(config)
    rate, whole, pad_value = feature.frame_rate, feature.shape[-1], feature.pad_value
    if rate is None or pad_value is None:
        raise ConfigError(f"slices.seconds: the feature '{config.feature}' has no time axis to cut; set it to 0")
    if feature.seconds is None:
        raise ConfigError(f"slices.seconds needs features.{config.feature}.fit = pad, got resize")
    width = int(wanted.seconds * rate)
    if not LEAST <= width <= whole:
        raise ConfigError(
            f"slices.seconds must be in {LEAST / rate:.2g}...{whole / rate:.4g}, the width of "
            f"features.{config.feature}, got {wanted.seconds:g}"
        )
    hop = max(1, int(wanted.hop * rate)) if wanted.hop else width
    vote = "log_odds" if config.multilabel and wanted.vote == "geometric" else wanted.vote
    return Slicing(width, hop, vote, pad_value)
