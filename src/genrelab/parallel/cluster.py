"""Run jobs on a Dask cluster: futures over groups of jobs, a few at a time for each worker.

Results come back to this machine, which alone stores them. A worker that dies loses only its current group, which Dask
gives to another.
"""

import contextlib
import functools
import hashlib
import itertools
import logging
import os
import platform
import threading
import uuid
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import genrelab
from genrelab.console import warn
from genrelab.errors import GenreLabError, why
from genrelab.parallel import Job
from genrelab.state.home import home

if TYPE_CHECKING:
    from distributed import Client, Future, KilledWorker

CONNECT_SECONDS = 10
GROUPS = 4  # per worker, at least, if there are enough jobs: all workers then finish at about the same time
AHEAD = 2  # groups per worker that are in flight or finished, but not yet stored
DECIDING = ("numpy", "scipy", "librosa", "soundfile", "soxr")  # packages that affect the last digits of results

Piece = tuple[Callable[[], Any], Sequence[Path]]  # the part of a job that is sent: its work and the files it reads
one_at_a_time = threading.Lock()  # among a worker's threads: jobs expect a process of their own, as with joblib


class NotHere(NamedTuple):
    """The answer of a worker that cannot see a file that a job reads."""

    path: Path
    machine: str


def run(jobs: Iterable[Job], address: str, *, together: int, ordered: bool) -> Iterator[Any]:
    """Run jobs on the cluster whose scheduler is at `address`; see `parallel.run`."""
    jobs = iter(jobs)
    first = list(itertools.islice(jobs, 1))
    if not first:
        return
    with connected(address) as client:
        workers = max(1, len(client.nthreads()))
        first += itertools.islice(jobs, GROUPS * workers * together)
        size = max(1, min(together, len(first) // (GROUPS * workers)))
        rest = itertools.chain(first, jobs)
        groups = iter(lambda: list(itertools.islice(rest, size)), [])
        call = functools.partial(_do_there, about(), str(home().absolute()))
        flying: deque[tuple[Future, list[Job]]] = deque()
        try:
            while True:
                wanted = AHEAD * max(1, len(client.nthreads())) - len(flying)  # negative if workers have died
                for group in itertools.islice(groups, max(0, wanted)):
                    pieces: list[Piece] = [(job.work, job.reads) for job in group]
                    flying.append((submit(client, call, pieces), group))
                if not flying:
                    return
                if not ordered:
                    _finished_first(client, flying)
                future, group = flying.popleft()
                for job, found in zip(group, future.result(), strict=True):
                    yield job.keep(here_instead(job, found) if isinstance(found, NotHere) else found)
        finally:
            client.cancel([future for future, _ in flying])


def submit(client: "Client", call: Callable[..., Any], *arguments: Any, **options: Any) -> "Future":
    """Submit a call under a unique key and return its future."""
    return client.submit(call, *arguments, key=f"genrelab-{uuid.uuid4().hex}", pure=False, **options)


def _finished_first(client: "Client", flying: "deque[tuple[Future, list[Job]]]") -> None:
    """Wait until one of the futures is finished, and rotate it to the front."""
    from distributed import wait

    with client.as_current():
        done = wait([future for future, _ in flying], return_when="FIRST_COMPLETED").done
    while flying[0][0] not in done:
        flying.rotate(-1)


def here_instead(job: Job, found: NotHere) -> Any:
    """Run a job here whose file is missing here and on the worker; GenreLabError if only the worker cannot see it."""
    if found.path.exists():
        raise GenreLabError(
            f"the worker on {found.machine} cannot see {found.path}, which exists here; share its folder, so that it "
            "has the same path on each machine"
        )
    return job.work()


def _do_there(expected: Mapping[str, str], project: str, pieces: Sequence[Piece]) -> list[Any]:
    """Do the work of a group of jobs; runs on a worker."""
    from threadpoolctl import threadpool_limits

    # One thread, as in joblib's processes: more would compete for the cores and change the last digits.
    with one_at_a_time, threadpool_limits(1):
        refuse_others(expected)
        os.environ["GENRELAB_HOME"] = project
        return [_missing(reads) or work() for work, reads in pieces]


def _missing(reads: Sequence[Path]) -> NotHere | None:
    return next((NotHere(path, platform.node()) for path in reads if not path.exists()), None)


@contextlib.contextmanager
def connected(address: str) -> "Iterator[Client]":
    """Yield a client of the scheduler at `address`, after checking that its workers match this machine.

    Cluster failures, now or in the block, are raised as GenreLabError.
    """
    try:
        from distributed import CancelledError, Client, KilledWorker, Security
        from distributed.comm import CommClosedError
    except ModuleNotFoundError:
        raise GenreLabError(
            f'workers is {address}, but Dask is not installed; install it with: pip install "genrelab[cluster]"'
        ) from None
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # it logs at length what becomes one line below
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about versions that differ, which `_check` reports in one line
        try:
            if address.startswith("tls:") and Security().get_connection_args("client").get("ssl_context") is None:
                raise GenreLabError(f"{address} needs certificates; set distributed.comm.tls in Dask's configuration")
            client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except GenreLabError:
            raise
        except Exception as error:  # anything may listen there
            reason = "it does not answer" if "imed out" in str(error) else why(error)
            raise GenreLabError(f"cannot reach a Dask scheduler at {address}: {reason}") from None
    try:
        with client:
            _check(client, address)
            yield client
    except (CancelledError, OSError) as error:
        # An unanswered call ends as CommClosedError or, if it had to reconnect, as a plain OSError.
        if isinstance(error, OSError) and not (isinstance(error, CommClosedError) or "trying to connect" in str(error)):
            raise  # raised by the block, such as a full disk
        raise GenreLabError(
            f"the Dask scheduler at {address} is gone; start it again, and the same command resumes"
        ) from None
    except KilledWorker as error:
        raise GenreLabError(killed(error)) from None


def killed(error: "KilledWorker") -> str:
    """Return the message for work that was given up because one worker after another died on it."""
    return (
        f"{error.allowed_failures + 1} workers of the Dask cluster died on the same task, perhaps for lack of memory; "
        "see their logs"
    )


def _check(client: "Client", address: str) -> None:
    """Compare versions, and warn about what slows the cluster down."""
    # Compare Python versions before sending our code, which another Python could not unpickle.
    found = client.get_versions(check=False)
    own = _python(found["client"])
    others = {"scheduler": found["scheduler"], **found["workers"]}
    for name, versions in others.items():
        if _python(versions) != own:
            raise GenreLabError(_differs(name, {"Python": (_python(versions), own)}))
    try:
        answers = {"scheduler": client.run_on_scheduler(about), **client.run(about)}
    except ModuleNotFoundError as error:
        raise GenreLabError(
            f"the Dask cluster at {address} has no {error.name}; its scheduler and workers need this machine's "
            "environment"
        ) from None
    for name, versions in answers.items():
        if differing := _differences(versions, about()):
            raise GenreLabError(_differs(name, differing))
    threads = client.nthreads()
    if not threads:
        warn(f"the Dask scheduler at {address} has no workers yet; waiting for them")
    elif max(threads.values()) > 1:
        warn(
            f"{sum(n > 1 for n in threads.values())} of {len(threads)} Dask workers have several threads, but only one "
            "is used at a time; start a process for each core: dask worker --nworkers auto --nthreads 1"
        )


def _python(versions: Mapping[str, Any]) -> str:
    return ".".join(versions["host"]["python"].split(".")[:2])


@functools.cache
def about() -> dict[str, str]:
    """Return what results depend on besides audio and parameters: versions, by name; for genrelab, also its code."""
    package, code = Path(genrelab.__file__).parent, hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        code.update(f"{path.relative_to(package).as_posix()}\n".encode() + path.read_bytes())
    versions = {name: metadata.version(name) for name in DECIDING}
    return {"genrelab": f"{genrelab.__version__} (code {code.hexdigest()[:8]})", **versions}


def refuse_others(expected: Mapping[str, str]) -> None:
    """Raise a GenreLabError if the versions on this machine differ from those of the sender of the work."""
    if differing := _differences(about(), expected):
        raise GenreLabError(_differs(platform.node(), differing))


def _differences(theirs: Mapping[str, str], ours: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    return {name: (theirs.get(name, "none"), own) for name, own in ours.items() if theirs.get(name) != own}


def _differs(name: str, differing: Mapping[str, tuple[str, str]]) -> str:
    where = name if name == "scheduler" else f"worker {name}"
    each = ", ".join(f"{package} {theirs}, here {ours}" for package, (theirs, ours) in differing.items())
    return f"the {where} of the Dask cluster has {each}; install the same on each machine"
