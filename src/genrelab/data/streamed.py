"""Arrays larger than memory: rows are read on demand, and batches are read ahead."""

import collections
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np

AHEAD = 4  # items read ahead
END: Any = object()
T = TypeVar("T")


class Streamed:
    """Features of clips that are stored elsewhere and indexed like an array, float32 (clips, *shape).

    `read` returns rows by number, int64 (n,) -> float32 (n, *shape), and may be called from any thread. `shards` is
    the storage shard of each row, int64 (clips,), or None if unknown; rows of one shard are best read together.
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
        """Read a clip, a slice of clips, or clips by number."""
        rows = np.arange(len(self))[key]
        return self._read(rows) if np.ndim(rows) else self._read(rows[np.newaxis])[0]

    def take(self, key: Any) -> "Streamed":
        """Select some of the clips without reading them."""
        rows = np.arange(len(self))[key]
        shards = None if self.shards is None else self.shards[rows]
        return Streamed((len(rows), *self.shape[1:]), lambda some: self._read(rows[some]), shards)

    def map(self, function: Callable[[np.ndarray], np.ndarray], shape: tuple[int, ...]) -> "Streamed":
        """Apply `function` lazily; it maps n clips to (n, *shape)."""
        return Streamed((len(self), *shape), lambda rows: function(self._read(rows)), self.shards)


Array = np.ndarray | Streamed


def take(x: Array, rows: Any) -> Array:
    """Select some of the clips; those of a stream are not read."""
    return x.take(rows) if isinstance(x, Streamed) else x[rows]


def in_batches(x: Array, size: int) -> Iterator[np.ndarray]:
    """Yield the clips in order, `size` at a time; a stream is read ahead."""
    batches = (x[start : start + size] for start in range(0, len(x), size))
    return read_ahead(batches) if isinstance(x, Streamed) else batches


def read_ahead(items: Iterable[T]) -> Iterator[T]:
    """Yield the items; a thread prepares the next ones while the caller works on the current one."""
    iterator = iter(items)
    with ThreadPoolExecutor(1) as thread:
        waiting = collections.deque(thread.submit(next, iterator, END) for _ in range(AHEAD))
        while (item := waiting.popleft().result()) is not END:
            waiting.append(thread.submit(next, iterator, END))
            yield item
