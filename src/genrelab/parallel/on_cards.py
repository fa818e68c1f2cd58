"""Run calls that take minutes or hours, such as trainings, on several GPUs of this machine: one on each.

Each call runs in a process of its own, which sees a single GPU.
"""

import os
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Self

from genrelab.console import warn
from genrelab.errors import GenreLabError, why
from genrelab.parallel import apart
from genrelab.parallel.calls import Answer, Call
from genrelab.state import cards


def run(
    calls: Sequence[Call], names: Sequence[str], begin: Callable[[int], None] = lambda number: None
) -> Iterator[tuple[int, Answer]]:
    """Make calls on the GPUs of these names; yield number and answer of each as it finishes.

    Parameters:
        calls: the calls; each starts as soon as a GPU is free.
        names: names of the GPUs, as CUDA_VISIBLE_DEVICES takes them.
        begin: called with the number of a call when it starts.

    Returns:
        An iterator. Closing it ends the calls that are running.
    """
    todo: queue.SimpleQueue[int] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, Answer]] = queue.SimpleQueue()
    given_up = threading.Event()
    for number in range(len(calls)):
        todo.put(number)

    def work(card: str) -> None:
        while not given_up.is_set():
            try:
                number = todo.get_nowait()
            except queue.Empty:
                return
            begin(number)
            done.put((number, _answer(calls[number], card, given_up)))

    threads = [threading.Thread(target=work, args=(card,)) for card in names[: len(calls)]]
    for thread in threads:
        thread.start()
    try:
        for _ in calls:
            yield done.get()
    finally:
        given_up.set()
        for thread in threads:
            thread.join()


class Crew:
    """Run the same call on every GPU of this machine at once: the workers of a search.

    Use it as a context manager; its end waits for the calls to return, or ends them if the block raises.
    """

    def __init__(self, names: Sequence[str], call: Call) -> None:
        self._names, self._call = names, call
        self._given_up = threading.Event()
        self._failed: dict[str, str] = {}
        self._threads = [threading.Thread(target=self._work, args=(name,)) for name in names]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def staff(self) -> None:
        """Raise a GenreLabError if the call has failed on all GPUs."""
        if len(self._failed) == len(self._names):
            raise GenreLabError(f"no worker can do its part: {next(iter(self._failed.values()))}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._given_up.set()
        for thread in self._threads:
            thread.join()

    def _work(self, card: str) -> None:
        if failure := _answer(self._call, card, self._given_up).failure:
            self._failed[card] = failure
            if not self._given_up.is_set():
                warn(f"the worker on card {card}: {failure}")


def _answer(call: Call, card: str, given_up: threading.Event) -> Answer:
    try:
        found = apart.call(
            call.function,
            *call.arguments,
            limit=call.limit,
            wanted=lambda: not given_up.is_set(),
            environment={**os.environ, cards.VARIABLE: card},
        )
    except Exception as error:  # a failure of one call must not stop the others
        return Answer(None, str(error) if isinstance(error, GenreLabError) else why(error), "")
    return Answer(found, "", "")
