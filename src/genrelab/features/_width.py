"""Fit sounds of any length to a fixed number of frames."""

import numpy as np


def middle(samples: np.ndarray, hop: int, frames: int) -> np.ndarray:
    """Crop a sound longer than `frames` centred frames to its middle; a song's beginning is often unlike the rest."""
    if 1 + len(samples) // hop <= frames:
        return samples
    wanted = frames * hop - 1  # the longest sound that gives `frames` frames
    start = (len(samples) - wanted) // 2
    return samples[start : start + wanted]


def sounding_lengths(x: np.ndarray) -> np.ndarray:
    """Return the number of frames before the padding, int (clips,), at least 1, of features (clips, rows, frames).

    Padding consists of the frames at the end whose rows all equal the last value of the last frame, as in
    genrelab.layers.SoundingLength.
    """
    there = (x != x[:, -1:, -1:]).any(axis=1)
    return np.max(np.where(there, np.arange(1, x.shape[2] + 1), 1), axis=1)


def widen(values: np.ndarray, frames: int, pad_value: float) -> np.ndarray:
    """Pad `values` (rows, at most `frames`) at the end with `pad_value`: float32 (rows, frames)."""
    rows, there = values.shape
    padding = np.full((rows, frames - there), pad_value, dtype=np.float32)
    return np.concatenate([values.astype(np.float32, copy=False), padding], axis=1)
