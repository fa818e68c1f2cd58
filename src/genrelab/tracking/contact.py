"""Check within seconds whether the tracking store answers at all.

MLflow itself retries for minutes before it reports anything.
"""

import contextlib
import functools
import os
import socket
import sqlite3
from pathlib import Path
from urllib.parse import unquote, urlsplit

from genrelab.console import say
from genrelab.errors import StoreError, masked
from genrelab.state.home import home

SECONDS = 4.0  # to connect, and again to answer
PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}
CURE = "start it, or correct MLFLOW_TRACKING_URI; without that variable, runs go to mlflow.db here"


@functools.cache
def check(uri: str) -> None:
    """Raise StoreError, within seconds, if there is nothing usable at the address of a tracking store."""
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError as error:
        raise StoreError(f"MLFLOW_TRACKING_URI is not a valid address ({error}): {uri}") from None
    if parts.scheme in ("http", "https"):
        _ask(uri)
    elif uri.startswith("sqlite:///"):
        _open(_file(uri), uri)
    elif (default := PORTS.get(parts.scheme.partition("+")[0])) and parts.hostname:
        try:
            socket.create_connection((parts.hostname, port or default), SECONDS).close()
        except OSError as error:
            raise StoreError(f"the tracking database {uri} does not answer ({error}); {CURE}") from None


def say_where(uri: str) -> None:
    """Say so if runs go to another folder's database: `mlflow run PATH` sets that of the folder it is run in."""
    own = (home() / "mlflow.db").resolve()
    if uri.startswith("sqlite:///") and _file(uri).resolve() != own:
        say(f"runs are recorded in {masked(uri)}, not in this project's own {own}")


def _file(uri: str) -> Path:
    return Path(unquote(uri.removeprefix("sqlite:///").partition("?")[0]))


def _open(path: Path, uri: str) -> None:
    """Check a SQLite file, which need not exist yet."""
    if not path.exists():
        if not os.access(path.absolute().parent, os.W_OK):
            raise StoreError(
                f"there is no tracking database {uri}, and it cannot be created there; set MLFLOW_TRACKING_URI"
            )
        return
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            database.execute("select count(*) from sqlite_master")
    except sqlite3.Error as error:
        raise StoreError(
            f"the tracking database {uri} cannot be read ({error}); restore a copy of it, or move it "
            "away to start a new one"
        ) from None


def _ask(uri: str) -> None:
    import requests

    parts = urlsplit(uri)
    user = os.environ.get("MLFLOW_TRACKING_USERNAME") or unquote(parts.username or "")
    password = os.environ.get("MLFLOW_TRACKING_PASSWORD") or unquote(parts.password or "")
    token = os.environ.get("MLFLOW_TRACKING_TOKEN")
    try:
        answer = requests.get(
            f"{uri.rstrip('/')}/api/2.0/mlflow/experiments/get",
            params={"experiment_id": "0"},
            auth=(user, password) if user else None,
            headers={"Authorization": f"Bearer {token}"} if token and not user else None,
            timeout=SECONDS,
            verify=os.environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() not in ("true", "1"),
        )
    except requests.Timeout:
        raise StoreError(f"the tracking server {uri} does not answer within {SECONDS:g} s; {CURE}") from None
    except (requests.RequestException, ValueError) as error:
        raise StoreError(f"the tracking server {uri} cannot be reached ({_cause(error)}); {CURE}") from None
    if answer.status_code in (401, 403):
        raise StoreError(
            f"the tracking server {uri} refuses user '{user}' ({answer.status_code} {answer.reason}); "
            "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
        )
    if answer.status_code == 404 and "error_code" not in answer.text:
        raise StoreError(f"no MLflow server answers at {uri} (404 {answer.reason}); correct MLFLOW_TRACKING_URI")
    if answer.status_code >= 500:
        raise StoreError(f"the tracking server {uri} answers {answer.status_code} {answer.reason}; see its log; {CURE}")


def _cause(error: BaseException) -> str:
    """Return the innermost reason of a network error."""
    inner = getattr(error.args[0], "reason", error.args[0]) if error.args else error
    return " ".join(str(inner).rpartition(": ")[2].split())
