"""Let concurrent requests share a net's batches, which costs less than one batch for each.

No request waits for others to arrive: if the net is idle, it runs at once. Requests that arrive while the net is busy
are collected, and the first to wake up runs them all, up to a batch. So a request waits only for the batch in progress
and for the requests before it.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(eq=False)
class _Asked(Generic[Item, Answer]):
    """One caller's items, and their answers or error."""

    items: Sequence[Item]
    answers: Sequence[Answer] | None = None
    error: BaseException | None = None

    @property
    def done(self) -> bool:
        return self.answers is not None or self.error is not None


class Batcher(Generic[Item, Answer]):
    """Merges the calls of several threads into as few calls of a function as possible.

    Parameters:
        function: returns an answer for each item, in order. Only one thread calls it at a time.
        size: returns how much an item counts, such as the number of windows of a sound.
        largest: the most that the function gets at a time, unless a single request holds more.
    """

    def __init__(
        self, function: Callable[[Sequence[Item]], Sequence[Answer]], size: Callable[[Item], int], largest: int
    ) -> None:
        self._function, self._size, self._largest = function, size, largest
        self._free = threading.Condition()
        self._busy = False
        self._waiting: list[_Asked[Item, Answer]] = []

    def ask(self, items: Sequence[Item], seconds: float) -> Sequence[Answer]:
        """Return the function's answers to these items.

        Raises:
            TimeoutError: the items waited longer than this many seconds.
            Exception: what the function raises for these items; errors for others' items go to their callers.
        """
        own: _Asked[Item, Answer] = _Asked(items)
        deadline = time.monotonic() + seconds
        with self._free:
            self._waiting.append(own)
            while self._busy and not own.done:
                if not self._free.wait(max(0.0, deadline - time.monotonic())) and not own.done:
                    if own in self._waiting:
                        self._waiting.remove(own)
                    raise TimeoutError
            if not own.done:
                self._busy = True
            shared = [] if own.done else self._gather(own)
        if shared:
            try:
                self._answer(shared)
            finally:
                with self._free:
                    self._busy = False
                    self._free.notify_all()
        if own.error is not None:
            raise own.error
        assert own.answers is not None
        return own.answers

    def _gather(self, own: _Asked[Item, Answer]) -> list[_Asked[Item, Answer]]:
        """Take this call and the longest-waiting others off the queue, as many as fit into a batch."""
        self._waiting.remove(own)
        shared, room = [own], self._largest - self._count(own)
        for other in [*self._waiting]:
            if (counted := self._count(other)) <= room:
                shared.append(other)
                self._waiting.remove(other)
                room -= counted
        return shared

    def _count(self, asked: _Asked[Item, Answer]) -> int:
        return sum(map(self._size, asked.items))

    def _answer(self, shared: list[_Asked[Item, Answer]]) -> None:
        try:
            answers = self._function([item for asked in shared for item in asked.items])
        except BaseException as error:
            if len(shared) == 1:
                shared[0].error = error
                return
            for asked in shared:  # run each alone, so that only the caller at fault gets the error
                self._answer([asked])
            return
        start = 0
        for asked in shared:
            asked.answers = answers[start : start + len(asked.items)]
            start += len(asked.items)
