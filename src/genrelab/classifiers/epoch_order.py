"""The order of the clips in an epoch, and reading them in that order when they do not fit into memory.

A small corpus is shuffled as a whole. A larger one is read shard by shard, as it lies on disk: the shards go in random
order into a buffer, from which clips are drawn at random, and the next clip read replaces each. The order depends only
on seed, epoch and corpus. It is the same whether the clips are in memory or on disk, so a training gives the same
figures on a machine of any size.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from genrelab.data.streamed import Streamed, read_ahead

BUFFER = 2**29  # bytes
LEAST = 1024  # clips in the buffer, whatever their size


class EpochOrder(NamedTuple):
    """The order of an epoch: clips enter the buffer in the order `reading` and leave it from `slots`, (clips,).

    `rows` is the order in which they leave.
    """

    reading: np.ndarray
    slots: np.ndarray
    rows: np.ndarray
    size: int


def buffer_size(shape: tuple[int, ...]) -> int:
    """Return how many float32 clips of this shape are shuffled together."""
    return max(LEAST, BUFFER // (4 * math.prod(shape)))


def draw(shards: np.ndarray | None, n: int, size: int, seed: list[int]) -> EpochOrder:
    """Draw an order.

    Parameters:
        shards: the shard of each clip, int64 (n,); None if the clips have no shards.
        n: clips, 1 or more.
        size: clips in the buffer, 1 or more.
        seed: the seed and the number of the epoch.

    Returns:
        The order; each clip occurs once.
    """
    rng = np.random.default_rng(seed)
    if shards is None or n <= size:
        rows = rng.permutation(n)
        reading = np.arange(n) if shards is None else np.argsort(shards, kind="stable")
        return EpochOrder(reading, np.argsort(reading)[rows], rows, n)
    known, shard = np.unique(shards, return_inverse=True)
    reading = np.argsort(rng.permutation(len(known))[shard], kind="stable")
    drawn, last = rng.integers(0, size, n - size), rng.permutation(size)
    held, left = reading[:size].tolist(), []
    for slot, arriving in zip(drawn.tolist(), reading[size:].tolist(), strict=True):
        left.append(held[slot])
        held[slot] = arriving
    return EpochOrder(reading, np.concatenate([drawn, last]), np.array([*left, *(held[i] for i in last)]), size)


def batches(x: Streamed, shards: np.ndarray, order: EpochOrder, size: int) -> Iterator[np.ndarray]:
    """Yield the clips in their order, `size` at a time, float32 (size, *shape); reads shards ahead."""
    ends = np.flatnonzero(np.diff(shards[order.reading])) + 1
    arriving = (clip for shard in read_ahead(x[rows] for rows in np.split(order.reading, ends)) for clip in shard)
    held = np.empty((order.size, *x.shape[1:]), np.float32)
    for slot in range(order.size):
        held[slot] = next(arriving)
    for start in range(0, len(x), size):
        slots = order.slots[start : start + size]
        batch = np.empty((len(slots), *x.shape[1:]), np.float32)
        for clip, slot in zip(batch, slots, strict=True):
            clip[:] = held[slot]
            new = next(arriving, None)
            if new is not None:
                held[slot] = new
        yield batch
