"""Jobs that do not depend on one another: by processes of this machine, or on a Dask cluster.

A job is work, which may run anywhere and changes nothing, and what keeps its result, which changes files of this
machine alone. So a cluster needs to read sounds and nothing else, a job that runs twice does no harm, and a kill leaves
what it leaves on one machine.
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

    `work` returns what is found out from the files `reads`; `keep` takes that, writes it down, and returns what the
    caller is told. Both are handed to processes: functions of modules, or partial applications of them.
    """

    work: Callable[[], Any]
    keep: Callable[[Any], Any]
    reads: Sequence[Path]


def same(found: Any) -> Any:
    """Return what was found: the `keep` of a job that leaves nothing behind."""
    return found


def is_address(text: str) -> bool:
    """Return whether a text is an address of a scheduler.

    >>> is_address("tcp://10.0.0.5:8786"), is_address("tls://[::1]:8786"), is_address("10.0.0.5:8786")
    (True, True, False)
    """
    found = ADDRESS.fullmatch(text)
    return found is not None and 0 < int(found[3]) < 2**16


def check(workers: Workers) -> None:
    """Raise a GenreLabError, in seconds, where workers are a cluster that cannot be used."""
    if isinstance(workers, str):
        from genrelab.parallel import cluster

        with cluster.connected(workers):
            pass


def run(jobs: Iterable[Job], workers: Workers, *, together: int = 1, ordered: bool = False) -> Iterator[Any]:
    """Run jobs and yield what their `keep` returns, as they are finished.

    Parameters:
        jobs: what there is to do; taken as it is needed.
        workers: so many processes here, 1 or more; or the address of a Dask scheduler.
        together: how many jobs a cluster is given as one, at most: so many that a second or more of work is worth a
            message, and so few that their results fit into a worker's memory.
        ordered: yield in the order of the jobs.

    Returns:
        An iterator. What is not begun when it is closed is not begun any more.

    Raises:
        GenreLabError: in one line, what is wrong with the cluster. What a job raises is raised here.
    """
    if isinstance(workers, str):
        from genrelab.parallel import cluster

        return cluster.run(jobs, workers, together=together, ordered=ordered)
    from joblib import Parallel, delayed

    return_as = "generator" if ordered else "generator_unordered"
    return Parallel(n_jobs=workers, return_as=return_as)(delayed(_do)(job) for job in jobs)


def _do(job: Job) -> Any:
    return job.keep(job.work())
