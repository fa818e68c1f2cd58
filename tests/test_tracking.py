"""Runs: a fresh store under several processes at once, what a run records, how one ends."""

import os
import subprocess
import sys
from pathlib import Path

import mlflow
import pytest

from genrelab import config, tracking

PARAMS = Path("params.yaml").resolve()
RUN = (
    "import sys; from genrelab import config, tracking\n"
    "with tracking.run(sys.argv[2], 'test', config.load(sys.argv[1]), {'n': sys.argv[2]}): pass\n"
)


@pytest.fixture
def client(tmp_path, monkeypatch):
    """MLflow's client on a fresh store in a folder of its own, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("MLFLOW_")]:
        monkeypatch.delenv(name)
    before = mlflow.get_tracking_uri()
    yield mlflow.MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    mlflow.set_tracking_uri(before)


def test_first_use_by_several_processes_at_once_loses_nothing(client, tmp_path):
    env = {**os.environ, "PYTHONPATH": str(PARAMS.parent / "src")}
    command = [sys.executable, "-c", RUN, str(PARAMS)]
    processes = [subprocess.Popen([*command, str(n)], cwd=tmp_path, env=env) for n in range(4)]
    assert [process.wait(timeout=120) for process in processes] == [0] * 4
    runs = client.search_runs(["0"])
    assert sorted(run.data.tags["n"] for run in runs) == ["0", "1", "2", "3"]
    assert {run.info.status for run in runs} == {"FINISHED"}


def test_a_run_records_the_config_whole_and_what_is_in_force_as_params(client):
    settings = config.load(PARAMS, {"training.epochs": "3", "features.mel.hop": "512"})
    with tracking.run("name", "test", settings, {"model": "cnn"}) as run_id:
        tracking.log_params({"training.epochs": 4, "model": "cnn"})
    run = client.get_run(run_id)
    assert run.info.run_name == "name"
    assert run.data.tags["config.uid"] == settings.uid
    assert run.data.tags["version.tensorflow"]
    assert run.data.params["training.epochs"] == "3"
    # Of features and splits what is not at its default: the UI repeats all above each picture.
    assert run.data.params["features.mel.hop"] == "512"
    named = {"seed", "dataset", "feature", "task", "split", "model", "training.epochs", "training.batch_size"}
    assert set(run.data.params) == {*named, "features.mel.hop"}
    text = Path(client.download_artifacts(run_id, "config.yaml")).read_text()
    assert "n_mels: 128" in text
    assert "Eclectic" in text


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt, "KILLED"), (ValueError("no\nmore"), "FAILED")])
def test_a_run_ends_as_what_happened(client, error, status):
    settings = config.load(PARAMS)
    with (
        pytest.raises((KeyboardInterrupt, ValueError)),
        tracking.run("parent", "test", settings, {}) as parent,
        tracking.run("child", "test", settings, {}, nested=True) as child,
    ):
        raise error
    assert [client.get_run(run).info.status for run in (parent, child)] == [status, status]
    if status == "FAILED":
        assert client.get_run(child).data.tags["error"] == "no"


def test_a_killed_run_is_closed_with_its_parent_by_the_one_that_goes_on(client):
    tracking.connect()
    parent = client.create_run("0")
    child = client.create_run("0", tags={"mlflow.parentRunId": parent.info.run_id})
    tracking.supersede(child.info.run_id, by="another")
    for run in (parent, child):
        assert client.get_run(run.info.run_id).info.status == "KILLED"
    assert client.get_run(child.info.run_id).data.tags["resumed_by"] == "another"
    tracking.supersede("0" * 32, by="another")  # forgotten by the store: nothing to close
