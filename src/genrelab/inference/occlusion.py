"""Find what in a spectrogram supports a label: blank its regions one after another and query the model again.

Occlusion, after Zeiler & Fergus 2014: it needs only probabilities, so it works for nets and classical models alike,
while gradient methods such as Grad-CAM need a convolutional net. Each band of a blanked region is set to the band's
mean over the clip, which removes what happens there without adding an edge to silence.
"""

import sys
from collections.abc import Callable, Iterator

import numpy as np
from tqdm import tqdm

REGION = (4, 10)  # regions that fill the height and the full width; they overlap by half on every side
BATCH = 32  # spectrograms per query of the model
LEAST = 1e-9  # probabilities stay at least this far from 0 and 1


def relevance(probabilities: Callable[[np.ndarray], np.ndarray], x: np.ndarray, label: int, frames: int) -> np.ndarray:
    """Return how much each point of `x` supports the class `label`: float64 (bands, all frames), 0 beyond `frames`.

    `x` is a spectrogram, float32 (bands, all frames); its first `frames` are sound and the rest is padding. The value
    is the drop in the label's log-odds when a region is blanked, averaged over the regions that contain the point:
    above 0 the point supports the label, below 0 it speaks against it.
    """
    blank = blanked(x, frames)
    regions = list(_regions(len(x), frames, x.shape[1]))
    before = _log_odds(probabilities(x[np.newaxis]), label)[0]
    total, count = np.zeros(x.shape), np.zeros(x.shape)
    bar = tqdm(total=len(regions), desc="explaining", unit="region", leave=False, disable=not sys.stderr.isatty())
    with bar:
        for start in range(0, len(regions), BATCH):
            some = regions[start : start + BATCH]
            asked = np.repeat(x[np.newaxis], len(some), axis=0)
            for one, region in zip(asked, some, strict=True):
                one[region] = blank[region]
            for fall, region in zip(before - _log_odds(probabilities(asked), label), some, strict=True):
                total[region] += fall
                count[region] += 1
            bar.update(len(some))
    return total / np.maximum(count, 1)


def blanked(x: np.ndarray, frames: int) -> np.ndarray:
    """Return the replacement for the first `frames` of `x` (bands, all frames): each band's mean over them."""
    sound = x[:, :frames]
    return np.broadcast_to(sound.mean(axis=1, keepdims=True), sound.shape)


def tiles(bands: int, frames: int, whole: int) -> list[tuple[slice, slice]]:
    """Return disjoint rectangles that cover (bands, frames).

    They are the pieces into which the overlapping regions cut each other; if a region's height and width are even,
    relevance is constant in each.
    """
    height, width = (size // 2 for size in _size(bands, whole))
    return [
        (slice(low, min(low + height, bands)), slice(first, min(first + width, frames)))
        for low in range(0, bands, height)
        for first in range(0, frames, width)
    ]


def _size(bands: int, whole: int) -> tuple[int, int]:
    """Return the height and width of a region."""
    return max(2, bands // REGION[0]), max(2, whole // REGION[1])


def _regions(bands: int, frames: int, whole: int) -> Iterator[tuple[slice, slice]]:
    """Yield overlapping rectangles that together cover (bands, frames)."""
    height, width = _size(bands, whole)
    for low in _starts(bands, height):
        for first in _starts(frames, width):
            yield slice(low, min(low + height, bands)), slice(first, min(first + width, frames))


def _starts(length: int, size: int) -> range:
    return range(0, max(1, length - size // 2), max(1, size // 2))


def _log_odds(probabilities: np.ndarray, label: int) -> np.ndarray:
    p = np.clip(probabilities[:, label], LEAST, 1 - LEAST)
    return np.log(p / (1 - p))
