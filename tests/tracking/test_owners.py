"""Runs of dead processes are closed by the next command; those of living ones are not."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import mlflow
import preloaded

from genrelab import config
from genrelab.tracking import owners, runs, store

PARAMS = Path("params.yaml").resolve()
KILLED = (
    "import os, signal; from genrelab import config; from genrelab.tracking import runs\n"
    f"cfg = config.load({str(PARAMS)!r})\n"
    "with runs.run('parent', 'test', cfg, {}), runs.run('child', 'test', cfg, {}, nested=True):\n"
    "    os.kill(os.getpid(), signal.SIGKILL)\n"
)


def test_a_process_closes_and_removes_its_file_at_its_end(tmp_path):
    held = "from genrelab.tracking import owners; print(len(owners.tags()))"
    env = {**os.environ, "PYTHONPATH": str(PARAMS.parent / "src"), "GENRELAB_HOME": str(tmp_path)}
    words = [sys.executable, "-W", "default::ResourceWarning", "-c", held]
    done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
    assert "owners" not in done.stderr
    assert not [*(tmp_path / ".genrelab/owners").iterdir()]


def test_the_runs_of_a_killed_process_are_closed_by_the_next_run(fresh_store, tmp_path):
    env = {**os.environ, "PYTHONPATH": str(PARAMS.parent / "src")}
    assert preloaded.genrelab(["-c", KILLED], tmp_path, env, tmp_path, seconds=120) == -signal.SIGKILL
    assert [run.info.status for run in fresh_store.search_runs(["0"])] == ["RUNNING", "RUNNING"]
    with runs.run("next", "test", config.load(PARAMS), {}) as own:
        owners.close_orphans()  # its own are not touched
        found = {run.info.run_id: run.info.status for run in fresh_store.search_runs(["0"])}
        assert found.pop(own) == "RUNNING"
        assert [*found.values()] == ["KILLED", "KILLED"]
    assert len([*(tmp_path / ".genrelab/owners").iterdir()]) == 1


def test_a_run_is_known_as_this_processs_from_its_first_moment(fresh_store, monkeypatch):
    created = []
    monkeypatch.setattr(mlflow, "set_tags", lambda tags: created.append(fresh_store.search_runs(["0"])[0].data.tags))
    with runs.run("name", "test", config.load(PARAMS), {"search": "abc"}):
        pass
    assert created[0][owners.OWNER] == owners.tags()[owners.OWNER]
    assert created[0]["search"] == "abc"


def test_a_run_that_mlflow_opened_and_nobody_claimed_is_closed_after_an_hour(fresh_store, tmp_path, monkeypatch):
    monkeypatch.setattr(owners, "PROCESSES", tmp_path / "none")  # where they cannot be looked at
    store.connect()
    tags = {"mlflow.project.entryPoint": "train", "mlflow.source.name": str(tmp_path)}
    hour = 3_600_000
    now = int(1000 * time.time())
    left = fresh_store.create_run("0", start_time=now - 2 * hour, tags=tags)
    fresh = fresh_store.create_run("0", start_time=now - hour // 2, tags=tags)
    elsewhere = fresh_store.create_run("0", start_time=now - 2 * hour, tags={**tags, "mlflow.source.name": "/other"})
    claimed = fresh_store.create_run("0", start_time=now - 2 * hour, tags={**tags, owners.OWNER: "another"})
    owners.close_orphans()
    found = [fresh_store.get_run(run.info.run_id).info.status for run in (left, fresh, elsewhere, claimed)]
    assert found == ["KILLED", "RUNNING", "RUNNING", "RUNNING"]


def test_a_run_that_mlflow_opened_is_closed_at_once_where_no_process_is_left_to_adopt_it(fresh_store, tmp_path):
    """As a kill of `mlflow run` leaves it, before its command has started or has told that it is its own."""
    store.connect()
    tags = {"mlflow.project.entryPoint": "train", "mlflow.source.name": str(tmp_path)}
    now = int(1000 * time.time())
    run_id = fresh_store.create_run("0", start_time=now - 60_000, tags=tags).info.run_id
    fresh = fresh_store.create_run("0", start_time=now, tags=tags).info.run_id
    waiting = "import sys; print(flush=True); sys.stdin.read()"
    for words, env in (([], {"MLFLOW_RUN_ID": run_id}), (["/bin/mlflow", "run", "."], {})):
        with subprocess.Popen(
            [sys.executable, "-c", waiting, *words],
            env={**os.environ, **env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process:
            process.stdout.readline()
            owners.close_orphans()
            assert fresh_store.get_run(run_id).info.status == "RUNNING"
            process.stdin.close()
    with subprocess.Popen(
        [sys.executable, "-c", waiting, "/bin/mlflow", "run", "."],
        cwd=tmp_path.parent,  # another project's
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        process.stdout.readline()
        owners.close_orphans()
        process.stdin.close()
    found = [fresh_store.get_run(one).info.status for one in (run_id, fresh)]
    assert found == ["KILLED", "RUNNING"]
