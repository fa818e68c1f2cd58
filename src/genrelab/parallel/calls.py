"""Run calls that take minutes or hours, such as trainings, on a Dask cluster: one at a time on each worker.

Each call runs in a process of its own on the worker's machine, in the project's folder, which the machines share. It
records to the tracking store that this machine uses.
"""

import functools
import os
import platform
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from genrelab.console import warn
from genrelab.errors import GenreLabError, why
from genrelab.parallel import apart, cluster
from genrelab.state import cards
from genrelab.state.home import home

if TYPE_CHECKING:
    from distributed import Client, Future

FAREWELL_SECONDS = 60  # to wait for calls that are about to finish


class Call(NamedTuple):
    """A module-level function, its arguments, and the seconds after which the call is ended; None: never."""

    function: Callable[..., Any]
    arguments: Sequence[Any]
    limit: float | None = None


class Answer(NamedTuple):
    """The result of a call, or in one line why it failed; and what it printed."""

    found: Any
    failure: str
    printed: str


def run(calls: Sequence[Call], address: str) -> Iterator[tuple[int, Answer]]:
    """Make calls on the cluster whose scheduler is at `address`; yield number and answer of each as it finishes.

    If a worker dies, its call is repeated on another.
    """
    from distributed import KilledWorker, wait

    with cluster.connected(address) as client:
        check_store(client)
        todo = [*enumerate(calls)]
        flying: dict[Future, int] = {}
        try:
            while todo or flying:
                while todo and len(flying) < max(1, len(client.nthreads())):
                    number, call = todo.pop(0)
                    flying[cluster.submit(client, _there(), call)] = number
                with client.as_current():
                    done = wait([*flying], return_when="FIRST_COMPLETED").done
                for future in done:
                    number = flying.pop(future)
                    try:
                        yield number, future.result()
                    except KilledWorker as error:
                        yield number, Answer(None, cluster.killed(error), "")
        finally:
            client.cancel([*flying])


class Crew:
    """Run the same call on every worker of a cluster, including those that join later: the workers of a search.

    Use it as a context manager; unless the block raises, its end waits for calls that are about to return.
    """

    def __init__(self, address: str, call: Call) -> None:
        self._connection = cluster.connected(address)
        self._call = call
        self._begun: dict[str, Future] = {}
        self._failed: dict[str, str] = {}

    def __enter__(self) -> Self:
        self._client = self._connection.__enter__()
        check_store(self._client)
        return self

    def staff(self) -> None:
        """Make the call on new workers; GenreLabError if it has failed on all present workers."""
        there = set(self._client.nthreads())
        for worker in there - set(self._begun):
            # Do not repeat the call of a worker that dies: the search gives its trial to another.
            self._begun[worker] = cluster.submit(
                self._client, _there(), self._call, workers=[worker], allow_other_workers=False
            )
        for worker, future in self._begun.items():
            if worker in there and worker not in self._failed and future.done() and (line := _failure(future)):
                self._failed[worker] = line
                warn(f"the worker {worker}: {line}")
        if there and there <= set(self._failed):
            raise GenreLabError(f"no worker of the Dask cluster can do its part: {next(iter(self._failed.values()))}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                there = set(self._client.nthreads())
                self._wait([future for worker, future in self._begun.items() if worker in there])
            self._client.cancel([*self._begun.values()])
        finally:
            self._connection.__exit__(kind, error, trace)

    def _wait(self, futures: "list[Future]") -> None:
        from distributed import wait

        with self._client.as_current():
            try:
                wait(futures, timeout=FAREWELL_SECONDS)
            except TimeoutError:
                warn("some workers of the Dask cluster did not stop and are left running")


def check_store(client: "Client") -> None:
    """Raise a GenreLabError if workers on other machines would write to a database that is a file here."""
    uri = os.environ.get("MLFLOW_TRACKING_URI", "")
    others = {*client.run(platform.node).values()} - {platform.node()}
    if others and (not uri or uri.startswith(("sqlite:", "file:", "/"))):
        raise GenreLabError(
            f"{min(others)} cannot record in this machine's tracking database; start an MLflow server, and set "
            "MLFLOW_TRACKING_URI=http://host:5000"
        )


def _failure(future: "Future") -> str:
    error = future.exception()
    return why(error) if error else future.result().failure


def _there() -> Callable[[Call], Answer]:
    names = ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME")
    environment = {name: os.environ[name] for name in names if name in os.environ}
    return functools.partial(_call_there, cluster.about(), str(home().absolute()), environment)


def _call_there(expected: Mapping[str, str], project: str, environment: Mapping[str, str], call: Call) -> Answer:
    """Make a call in a process of its own; runs on a worker."""
    with cluster.one_at_a_time, cards.free() as card, tempfile.TemporaryFile() as output:
        cluster.refuse_others(expected)
        own = {**os.environ, **environment, **card, "GENRELAB_HOME": project, "TF_CPP_MIN_LOG_LEVEL": "3"}
        found, failure = None, ""
        try:
            if not Path(project).is_dir():
                raise GenreLabError(f"{platform.node()} cannot see the project's folder {project}; share it")
            found = apart.call(
                call.function,
                *call.arguments,
                limit=call.limit,
                wanted=_still_wanted(),
                environment=own,
                output=output,
            )
        except GenreLabError as error:
            failure = str(error)
        output.seek(0)
        return Answer(found, failure, output.read().decode(errors="replace"))


def _still_wanted() -> Callable[[], bool]:
    """Return a function that says whether the task of this thread is still wanted, not cancelled by a lost client."""
    from distributed import get_worker

    worker = get_worker()
    tasks, key = worker.state.tasks, worker.get_current_task()
    return lambda: key in tasks and tasks[key].state == "executing"
