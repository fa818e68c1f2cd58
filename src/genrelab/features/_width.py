"""What features of frames share: a fixed width, to which sounds of any length are brought."""

import numpy as np


def middle(samples: np.ndarray, hop: int, frames: int) -> np.ndarray:
    """Cut what is too long for `frames` centred frames to its middle; a song's beginning is often unlike the rest."""
    if 1 + len(samples) // hop <= frames:
        return samples
    wanted = frames * hop - 1  # the longest sound that gives `frames` frames
    start = (len(samples) - wanted) // 2
    return samples[start : start + wanted]


def sounding_lengths(x: np.ndarray) -> np.ndarray:
    """Return how many frames come before the padding, int (clips,), at least 1, of features (clips, rows, frames).

    Padding are the frames at the end all of whose rows equal the last value of the last frame, as
    genrelab.layers.SoundingLength has it.
    """
    there = (x != x[:, -1:, -1:]).any(axis=1)
    return np.max(np.where(there, np.arange(1, x.shape[2] + 1), 1), axis=1)


def widen(values: np.ndarray, frames: int, pad_value: float) -> np.ndarray:
    """Return (rows, frames), float32: `values` (rows, at most `frames`) with `pad_value` after them."""
    rows, there = values.shape
    padding = np.full((rows, frames - there), pad_value, dtype=np.float32)
    return np.concatenate([values.astype(np.float32, copy=False), padding], axis=1)
