"""First contact with the tracking store: what is wrong is one line, at once, with the cure and no password."""

import contextlib
import sqlite3
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import mlflow
import pytest

from genrelab import config
from genrelab.errors import StoreError
from genrelab.tracking import contact, runs
from genrelab.tracking.store import connect

PARAMS = Path("params.yaml").resolve()


@pytest.fixture
def store(workplace, monkeypatch):
    """A used store in the working directory; `check` looks anew each time."""
    contact.check.cache_clear()
    connect()
    yield workplace / "mlflow.db"
    contact.check.cache_clear()


def refused(*, seconds: float = 10.0) -> str:
    contact.check.cache_clear()
    start = time.monotonic()
    with pytest.raises(StoreError) as caught, runs.run("name", "test", config.load(PARAMS), {}):
        pass
    assert time.monotonic() - start < seconds
    assert len(str(caught.value).splitlines()) == 1
    assert "secret" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "uri",
    [
        "http://me:secret@127.0.0.1:9",
        "http://me:secret@no.such.host.invalid:5000/?token=secret",
        "postgresql+psycopg2://me:secret@127.0.0.1:9/runs",
    ],
)
def test_a_server_that_is_down(workplace, monkeypatch, uri):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("NO_PROXY", "*")
    message = refused()
    assert uri.partition("@")[2].partition("/")[0] in message
    assert "start it, or correct MLFLOW_TRACKING_URI" in message


@pytest.mark.parametrize(
    ("status", "named"), [(401, "MLFLOW_TRACKING_PASSWORD"), (404, "no MLflow server"), (503, "answers 503")]
)
def test_a_server_that_refuses(workplace, monkeypatch, status, named):
    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()

        def log_message(self, *words):
            pass

    server = HTTPServer(("127.0.0.1", 0), Refusing)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://me:secret@127.0.0.1:{server.server_port}")
    assert named in refused()
    server.shutdown()
    server.server_close()


def test_a_database_that_is_none(store):
    store.write_bytes(b"no database at all" * 100)
    assert "file is not a database" in refused()


def test_a_database_of_another_mlflow(store, monkeypatch):
    (store.parent / "other").mkdir()
    other = store.rename(store.parent / "other/mlflow.db")  # MLflow remembers what it has opened by its address
    with contextlib.closing(sqlite3.connect(other)) as database:
        database.execute("update alembic_version set version_num = '451aebb31d03'")
        database.commit()
    monkeypatch.chdir(other.parent)
    monkeypatch.delenv("MLFLOW_TRACKING_URI")  # set by MLflow, for processes that it starts
    assert f"mlflow db upgrade 'sqlite:///{other}'" in refused()


def test_a_database_where_there_is_no_folder(workplace, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{workplace}/no/such/mlflow.db")
    assert "it cannot be created there" in refused()


def test_an_experiment_that_was_deleted(store, monkeypatch):
    client = mlflow.MlflowClient()
    number = client.create_experiment("mine")
    client.delete_experiment(number)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "mine")
    message = refused()
    assert "'mine' was deleted" in message
    assert f"mlflow experiments restore --experiment-id {number}" in message


def test_a_run_id_that_is_stale(store, monkeypatch):
    monkeypatch.setenv("MLFLOW_RUN_ID", "0" * 32)
    assert "unset MLFLOW_RUN_ID" in refused()
    run = mlflow.MlflowClient().create_run("0")
    mlflow.MlflowClient().delete_run(run.info.run_id)
    monkeypatch.setenv("MLFLOW_RUN_ID", run.info.run_id)
    assert "was deleted" in refused()
    runs.note_failure("train", "there is nothing to note it on")


@pytest.mark.parametrize("name", ["what?x", "a%20b", "a#b", "ä b"])
def test_a_folder_of_any_name_holds_the_store_and_its_artifacts(workplace, monkeypatch, name):
    (workplace / name).mkdir()
    monkeypatch.chdir(workplace / name)
    with runs.run("name", "test", config.load(PARAMS), {}) as run_id:
        runs.log_text("words", "a.txt")
    assert runs.read_text(run_id, "a.txt") == "words"
    assert {path.name for path in workplace.iterdir()} == {name, "mlflow.db"}  # the latter is the workplace's own


def test_another_folders_database_is_named_and_ones_own_is_not(workplace, capsys):
    contact.say_where("sqlite:///mlflow.db")
    contact.say_where("http://127.0.0.1:5000")
    assert capsys.readouterr().out == ""
    contact.say_where("sqlite:////elsewhere/mlflow.db")
    own = workplace / "mlflow.db"
    assert (
        capsys.readouterr().out
        == f"runs are recorded in sqlite:////elsewhere/mlflow.db, not in this project's own {own}\n"
    )
