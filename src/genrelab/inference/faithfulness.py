"""How true an explanation is to its model: how the probability falls when what it names is taken away, by steps.

Deletion, after Samek et al. 2017 and Petsiuk, Das & Saenko 2018: pieces of the spectrogram are blanked, those first
that the explanation names first, and the model is asked after each step. An explanation that names what the model
heeds makes the label's probability fall sooner than pieces in random order, of the same size, blanked in the same way.
"""

import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from genrelab.inference import occlusion

STEPS = 20  # in which the whole sound is taken away
REPEATS = 10  # random orders


class Removal(NamedTuple):
    """The label's probability while a sound is taken away.

    `share` (steps + 1,) is how much of the sound is gone, 0...1; `named` (steps + 1,) the probability where pieces go
    in the order of the explanation; `random` (repeats, steps + 1) where they go in random orders.
    """

    share: np.ndarray
    named: np.ndarray
    random: np.ndarray

    @property
    def gain(self) -> float:
        """The area between the mean of the random curves and the explanation's, -1...1; 0: as good as chance."""
        return float(self._areas.mean() - np.trapezoid(self.named, self.share))

    @property
    def spread(self) -> float:
        """The standard deviation of the areas below the random curves."""
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
    """Take the first `frames` of `x` away, float32 (bands, all frames), in the order of `relevance` and at random.

    `relevance` has the shape of `x`; `probabilities` takes (spectrograms, bands, all frames) and returns (spectrograms,
    classes). The same seed gives the same random orders.
    """
    tiles = occlusion.tiles(len(x), frames, x.shape[1])
    rng = np.random.default_rng(seed)
    named = np.argsort([-relevance[tile].mean() for tile in tiles], kind="stable")
    orders = [named, *(rng.permutation(len(tiles)) for _ in range(REPEATS))]
    size = np.array([x[tile].size for tile in tiles]) / x[:, :frames].size
    share = np.linspace(0, 1, STEPS + 1)
    # Pieces at the border are smaller: in every order the curve is read at the same shares.
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
    """Yield spectrograms without the first so many tiles of an order, for each of `counts`, a batch at a time."""
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
