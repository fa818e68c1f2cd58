"""Record which process a run belongs to, so that the next command closes the runs of a killed process.

Each process that opens runs holds a lock on its own file in .genrelab/owners, and its runs carry the file's name from
their creation on. A lock ends with its process: if another process can lock the file, its owner is dead.
"""

import atexit
import contextlib
import fcntl
import functools
import hashlib
import time
import uuid
from pathlib import Path
from typing import IO, NamedTuple

import mlflow
from mlflow.entities import Run
from mlflow.utils.mlflow_tags import MLFLOW_PROJECT_ENTRY_POINT, MLFLOW_SOURCE_NAME

from genrelab.state.home import state_folder

OWNER = "genrelab.owner"
UNCLAIMED_HOURS = 1  # after which a run that `mlflow run` opened and no process claimed counts as abandoned
UNCLAIMED_SECONDS = 30  # the same, if it is clear that no process on this machine will claim it
PROCESSES = Path("/proc")


def tags() -> dict[str, str]:
    """Return the tag of this process's runs; none if the folder is not writable, as on a read-only disk."""
    try:
        return {OWNER: _own(_folder(), _store()).name}
    except OSError:
        return {}


def close_orphans() -> None:
    """Close the runs of this folder's dead processes, and those that none of its processes has claimed."""
    for path in _folder().glob(f"{_store()}-{'[0-9a-f]' * 32}"):
        with contextlib.suppress(OSError), path.open("r+") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            for run in _running(f"and tags.`{OWNER}` = '{path.name}'"):
                _close(run)
            path.unlink()
    latest = 1000 * (time.time() - UNCLAIMED_SECONDS)
    for run in _running(f"and attributes.start_time < {latest:.0f} and tags.`{MLFLOW_PROJECT_ENTRY_POINT}` != ''"):
        here = run.data.tags.get(MLFLOW_SOURCE_NAME, "").removeprefix("file://") == str(Path.cwd())
        old = run.info.start_time < 1000 * (time.time() - 3600 * UNCLAIMED_HOURS)
        if here and OWNER not in run.data.tags and (old or not _may_be_claimed(run.info.run_id)):
            _close(run)


def _may_be_claimed(run_id: str) -> bool:
    """Return whether a process on this machine is set to claim the run, or is this project's `mlflow run`.

    If processes cannot be inspected, assume one may. Closing a run too early costs nothing: the process that claims it
    reopens it.
    """
    if not PROCESSES.is_dir():
        return True
    told = f"MLFLOW_RUN_ID={run_id}".encode()
    for process in PROCESSES.glob("[0-9]*"):
        with contextlib.suppress(OSError):  # the process has ended, or is another user's
            words = (process / "cmdline").read_text().split("\0")
            if "run" in words and any(Path(word).name == "mlflow" for word in words):
                there = (process / "cwd").readlink()
                if any((there / word).resolve() == Path.cwd() for word in words if word):
                    return True
            if told in (process / "environ").read_bytes().split(b"\0"):
                return True
    return False


class _Owner(NamedTuple):
    name: str
    lock: IO[str]  # held as long as the process lives


@functools.cache
def _own(folder: Path, store: str) -> _Owner:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{store}-{uuid.uuid4().hex}"
    partial = path.with_suffix(".partial")
    stream = partial.open("w")
    fcntl.flock(stream, fcntl.LOCK_EX)
    partial.rename(path)  # locked before another process can find it
    atexit.register(stream.close)  # runs after the next line's: exit handlers run in reverse order
    atexit.register(path.unlink, missing_ok=True)
    return _Owner(path.name, stream)


def _folder() -> Path:
    return (state_folder() / "owners").absolute()


def _store() -> str:
    """Return a digest that identifies the tracking store: all runs of a process are in one store."""
    return hashlib.sha256(mlflow.get_tracking_uri().encode()).hexdigest()[:8]


def _running(condition: str) -> list[Run]:
    return mlflow.search_runs(
        [experiment.experiment_id for experiment in mlflow.search_experiments()],
        filter_string=f"attributes.status = 'RUNNING' {condition}",
        output_format="list",
    )


def _close(run: Run) -> None:
    mlflow.MlflowClient().set_terminated(run.info.run_id, "KILLED")
