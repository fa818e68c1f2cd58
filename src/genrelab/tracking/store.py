"""Choose the tracking store and check that it is usable.

The choice is what `mlflow run` sets; else MLFLOW_TRACKING_URI; else mlflow.db and mlruns/ in the project's root.
"""

import contextlib
import fcntl
import logging
import os
from collections.abc import Iterator

import mlflow
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from genrelab.errors import StoreError, masked, of_machine, why
from genrelab.state.home import home, state_folder
from genrelab.tracking import contact

_chosen: str | None = None  # the local store that this process last chose


def connect() -> None:
    """Choose the tracking store; only one process at a time sets up a fresh local one.

    Raises StoreError, within seconds and with the remedy, if the store does not answer or is unusable.
    """
    # Downloads here copy a few files on this machine, and a fresh store is not worth a message.
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # a line or two per trial
    for name in ("mlflow.store.db.utils", "mlflow.store.model_registry.abstract_store"):
        logging.getLogger(name).setLevel(logging.WARNING)
    global _chosen
    named = os.environ.get("MLFLOW_TRACKING_URI")
    if named == _chosen:  # MLflow put it there when this process set the URI, possibly for another home
        named = None
    contact.check(named or local_address())
    if not named:
        _chosen = local_address()
        mlflow.set_tracking_uri(_chosen)
    if not mlflow.get_tracking_uri().startswith(("http:", "https:")):
        # MLflow puts a fresh store's artifacts below the folder in which it creates the store.
        with _lock(), usable(), contextlib.chdir(home()):
            mlflow.MlflowClient().search_experiments(max_results=1)


def address() -> str:
    """Return the address of the store in use, without its password."""
    return masked(mlflow.get_tracking_uri())


def local_address() -> str:
    """Return the address of mlflow.db in the project's folder.

    A ? or % in the folder's name would have a special meaning in the address, so it is then relative.
    """
    path = str((home() / "mlflow.db").resolve())
    return "sqlite:///mlflow.db" if {*path} & {*"?%"} else f"sqlite:///{path}"


@contextlib.contextmanager
def _lock() -> Iterator[None]:
    """Make other processes wait: two concurrent first uses destroy a fresh SQLite store.

    In a read-only folder, no store is set up and no process needs to wait.
    """
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):
            state_folder().mkdir(parents=True, exist_ok=True)
            lock = held.enter_context((state_folder() / "store.lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def usable() -> Iterator[None]:
    """Turn MLflow's and SQLAlchemy's errors about an unusable store into one line with the remedy."""
    uri = mlflow.get_tracking_uri()
    try:
        yield
    except (MlflowException, SQLAlchemyError) as error:
        text = why(error)
        if "out-of-date database schema" in text:
            cure = f"is from another version of MLflow; make a copy of it, then run: mlflow db upgrade '{uri}'"
            raise StoreError(f"the tracking database {uri} {cure}") from error
        raise StoreError(f"the tracking store {uri} fails: {of_machine(error) or text}") from error
