"""Arrays larger than memory: rows are read when they are asked for, ahead of those who work on them."""

import collections
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np

AHEAD = 4  # items read before they are wanted
END: Any = object()
T = TypeVar("T")


class Streamed:
    """Clips' features that lie elsewhere and are asked for as those of an array, float32 (clips, *shape).

    `read` returns rows by their numbers, int64 (n,) -> float32 (n, *shape), and may be called from any thread. `shards`
    are the pieces of the disk on which the rows lie, int64 (clips,): those of one are best read together. None where
    that is not known.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        read: Callable[[np.ndarray], np.ndarray],
        shards: np.ndarray | None = None,
    ) -> None:
        self.shape, self._read, self.shards = shape, read, shards

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> np.ndarray:
        """Read a clip, a slice of clips, or those of these numbers."""
        rows = np.arange(len(self))[key]
        return self._read(rows) if np.ndim(rows) else self._read(rows[np.newaxis])[0]

    def take(self, key: Any) -> "Streamed":
        """Return some of the clips, unread."""
        rows = np.arange(len(self))[key]
        shards = None if self.shards is None else self.shards[rows]
        return Streamed((len(rows), *self.shape[1:]), lambda some: self._read(rows[some]), shards)

    def map(self, function: Callable[[np.ndarray], np.ndarray], shape: tuple[int, ...]) -> "Streamed":
        """Return what `function` makes of clips, (n, *shape) of n, unread."""
        return Streamed((len(self), *shape), lambda rows: function(self._read(rows)), self.shards)


Array = np.ndarray | Streamed


def take(x: Array, rows: Any) -> Array:
    """Return some of the clips: those of a stream unread."""
    return x.take(rows) if isinstance(x, Streamed) else x[rows]


def in_batches(x: Array, size: int) -> Iterator[np.ndarray]:
    """Yield the clips in their order, `size` at a time; those of a stream are read ahead."""
    batches = (x[start : start + size] for start in range(0, len(x), size))
    return read_ahead(batches) if isinstance(x, Streamed) else batches


def read_ahead(items: Iterable[T]) -> Iterator[T]:
    """Yield the items, which a thread of their own prepares while those before them are worked on."""
    iterator = iter(items)
    with ThreadPoolExecutor(1) as thread:
        waiting = collections.deque(thread.submit(next, iterator, END) for _ in range(AHEAD))
        while (item := waiting.popleft().result()) is not END:
            waiting.append(thread.submit(next, iterator, END))
            yield item
