"""Run independent jobs in processes on this machine, or on a Dask cluster.

A job has two parts: `work` may run anywhere and has no side effects; `keep` stores the result and changes files of this
machine only. So a cluster only needs to read audio, a job that runs twice does no harm, and a kill has the same effect
as without a cluster.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

Workers = int | str  # processes of this machine, or the address of a Dask scheduler
EXAMPLE = "tcp://host:8786"
ADDRESS = re.compile(r"^(tcp|tls)://([^\s/:@?#]+|\[[0-9A-Fa-f:.%]+\]):(\d{1,5})$")


class Job(NamedTuple):
    """One of many pieces of work.

    `work` computes a result from the files `reads`; `keep` takes it, stores it, and returns what the caller gets. Both
    must be picklable: module-level functions, or partial applications of them.
    """

    work: Callable[[], Any]
    keep: Callable[[Any], Any]
    reads: Sequence[Path]


def same(found: Any) -> Any:
    """Return the result unchanged: the `keep` of a job that stores nothing."""
    return found


def is_address(text: str) -> bool:
    """Return whether a text is the address of a Dask scheduler.

    >>> is_address("tcp://10.0.0.5:8786"), is_address("tls://[::1]:8786"), is_address("10.0.0.5:8786")
    (True, True, False)
    """
    found = ADDRESS.fullmatch(text)
    return found is not None and 0 < int(found[3]) < 2**16


def check(workers: Workers) -> None:
    """Raise a GenreLabError, within seconds, if `workers` is a cluster that cannot be used."""
    if isinstance(workers, str):
        from genrelab.parallel import cluster

        with cluster.connected(workers):
            pass


def run(jobs: Iterable[Job], workers: Workers, *, together: int = 1, ordered: bool = False) -> Iterator[Any]:
    """Run jobs and yield what their `keep` returns, as they finish.

    Parameters:
        jobs: the jobs, consumed lazily.
        workers: the number of processes on this machine, 1 or more; or the address of a Dask scheduler.
        together: the most jobs that a cluster gets in one task: enough for a second or more of work per message, and
            few enough that their results fit into a worker's memory.
        ordered: yield in the order of the jobs.

    Returns:
        An iterator. Closing it keeps jobs that have not started from starting.

    Raises:
        GenreLabError: the cluster cannot be used, with the reason in one line. Exceptions of jobs are raised here.
    """
    if isinstance(workers, str):
        from genrelab.parallel import cluster

        return cluster.run(jobs, workers, together=together, ordered=ordered)
    from joblib import Parallel, delayed

    return_as = "generator" if ordered else "generator_unordered"
    return Parallel(n_jobs=workers, return_as=return_as)(delayed(_do)(job) for job in jobs)


def _do(job: Job) -> Any:
    return job.keep(job.work())
