"""Measure how faithful an explanation is to its model: how the probability falls as what it names is removed.

Deletion, after Samek et al. 2017 and Petsiuk, Das & Saenko 2018: blank pieces of the spectrogram in the explanation's
order and query the model after each step. If the explanation names what the model relies on, the label's probability
falls sooner than with pieces of the same size blanked in the same way in random order.
"""

import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from genrelab.inference import occlusion

STEPS = 20  # to remove the whole sound
REPEATS = 10  # random orders


class Removal(NamedTuple):
    """The label's probability as a sound is removed.

    `share` (steps + 1,) is the share of the sound removed, 0...1; `named` (steps + 1,) the probability with pieces
    removed in the explanation's order; `random` (repeats, steps + 1) with pieces removed in random orders.
    """

    share: np.ndarray
    named: np.ndarray
    random: np.ndarray

    @property
    def gain(self) -> float:
        """The area between the mean random curve and the explanation's curve, -1...1; 0: as good as chance."""
        return float(self._areas.mean() - np.trapezoid(self.named, self.share))

    @property
    def spread(self) -> float:
        """The standard deviation of the areas under the random curves."""
        return float(self._areas.std(ddof=1))

    @property
    def _areas(self) -> np.ndarray:
        return np.trapezoid(self.random, self.share, axis=1)


def remove(
    probabilities: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    relevance: np.ndarray,
    label: int,
    frames: int,
    *,
    seed: int = 0,
) -> Removal:
    """Remove the first `frames` of `x`, float32 (bands, all frames), in the order of `relevance` and in random orders.

    `relevance` has the shape of `x`; `probabilities` takes (spectrograms, bands, all frames) and returns (spectrograms,
    classes). The same seed gives the same random orders.
    """
    tiles = occlusion.tiles(len(x), frames, x.shape[1])
    rng = np.random.default_rng(seed)
    named = np.argsort([-relevance[tile].mean() for tile in tiles], kind="stable")
    orders = [named, *(rng.permutation(len(tiles)) for _ in range(REPEATS))]
    size = np.array([x[tile].size for tile in tiles]) / x[:, :frames].size
    share = np.linspace(0, 1, STEPS + 1)
    # Pieces at the border are smaller, so read the curve of every order at the same shares.
    bar = tqdm(total=len(orders), desc="taking away", unit="order", leave=False, disable=not sys.stderr.isatty())
    curves = []
    with bar:
        for order in orders:
            gone = np.concatenate([[0.0], np.cumsum(size[order])])
            counts = np.unique(np.searchsorted(gone, share - 1e-9))
            asked = [probabilities(batch)[:, label] for batch in _batches(x, tiles, order, counts, frames)]
            curves.append(np.interp(share, gone[counts], np.concatenate(asked)))
            bar.update()
    return Removal(share, curves[0], np.stack(curves[1:]))


def _batches(
    x: np.ndarray, tiles: list[tuple[slice, slice]], order: np.ndarray, counts: np.ndarray, frames: int
) -> Iterator[np.ndarray]:
    """Yield, in batches, the spectrogram with the first n tiles of `order` blanked, for each n in `counts`."""
    blank, left, done, batch = occlusion.blanked(x, frames), x.copy(), 0, list[np.ndarray]()
    for count in counts:
        for tile in order[done:count]:
            left[tiles[tile]] = blank[tiles[tile]]
        done = count
        batch.append(left.copy())
        if len(batch) == occlusion.BATCH:
            yield np.stack(batch)
            batch = []
    if batch:
        yield np.stack(batch)
