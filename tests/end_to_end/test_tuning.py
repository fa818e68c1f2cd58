"""tune: what a search records, repeats, survives, extends and refuses, alone and on several machines."""

import contextlib
import io
import json
import os
import signal
import subprocess
import time

import pandas as pd
import pytest
import requests
from tracking_store import artifact, children, free_port, latest

pytestmark = pytest.mark.end_to_end
UNEQUAL = ("seconds", "per_second", "_ms", "model_bytes")  # what no two trainings share
SEARCH = ["tune", "--model", "cnn", "--space", "units", "--epochs", "6", "--refit", "false"]


def trials(client, run) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(artifact(client, run, "trials.csv")))


@pytest.fixture(scope="module")
def searched(clone):
    """A search of three trials through `mlflow run`."""
    words = ["-P", "model=cnn", "-P", "space=units", "-P", "trials=3", "--env-manager", "local"]
    return clone.run("mlflow", "run", ".", "-e", "tune", *words)


def test_a_search_is_recorded_whole(clone, searched, client):
    (parent,) = latest(client, "tune")
    below = children(client, parent)
    found = [run for run in below if run.data.tags["genrelab.kind"] == "trial"]
    assert len(found) == 3
    assert {run.info.status for run in (parent, *below)} == {"FINISHED"}
    for run in found:
        assert run.data.params["hp.dense.activation"] == "relu"  # not searched: at its default
        assert 32 <= int(run.data.params["hp.conv1.units"]) <= 128
        assert len(client.get_metric_history(run.info.run_id, "train_loss")) == 2
        assert "valid_f1" in run.data.metrics
        assert not [name for name in run.data.metrics if name.startswith("test")]  # test is never seen
    table = trials(client, parent)
    assert list(table.trial) == [1, 2, 3]
    assert set(table.run) == {run.info.run_id for run in found}
    for run in found:
        row = table[table.run == run.info.run_id].iloc[0]
        assert row.objective == pytest.approx(run.data.metrics["valid_accuracy"])
        assert row["hp.learning_rate"] == pytest.approx(float(run.data.params["hp.learning_rate"]))
    assert parent.data.metrics["best_valid_accuracy"] == table.objective.max()
    names = {item.path for item in client.list_artifacts(parent.info.run_id)}
    assert {"trials.csv", "best.json", "objective_by_trial.png", "objective_by_hyperparameter.png"} <= names
    digests = {item.dataset.name for item in parent.inputs.dataset_inputs}
    assert digests == {"tiny", "tiny-mel"}


def test_the_winner_is_trained_scored_and_registered_once(clone, searched, client):
    (parent,) = latest(client, "tune")
    best = json.loads(artifact(client, parent, "best.json"))
    table = trials(client, parent)
    order = table.sort_values(["objective", "valid_loss"], ascending=[False, True])
    assert best["trial"] == order.trial.iloc[0]
    (winner,) = [run for run in children(client, parent) if run.data.tags["genrelab.kind"] == "train"]
    assert {name: winner.data.params[f"hp.{name}"] for name in best["hp"]} == {k: str(v) for k, v in best["hp"].items()}
    assert searched.count("epoch   1/2") == 3  # the winner is not trained twice
    trial = client.get_run(order.run.iloc[0])
    for name in ("valid_accuracy", "valid_f1", "best_valid_loss"):
        assert winner.data.metrics[name] == trial.data.metrics[name]
    assert parent.data.metrics["test_accuracy"] == winner.data.metrics["test_accuracy"]
    (version,) = client.search_model_versions(f"run_id = '{winner.info.run_id}'")
    assert version.tags["kind"] == "tune"
    assert len(version.tags) <= 8
    assert winner.data.tags["tuned_by"] == parent.info.run_id
    assert winner.data.tags["space"] == "units"
    assert f"registered: models:/tiny-genre/{version.version}" in searched
    assert "%" in parent.data.tags["test_accuracy_interval"]  # which the table of runs shows


def test_more_trials_extend_a_search_and_a_change_starts_a_new_one(clone, searched, client):
    (first,) = latest(client, "tune")
    before = trials(client, first)
    output = clone.genrelab("tune", "--model", "cnn", "--space", "units", "--trials", "4")
    assert "resuming this search: 3 of 4 trials are done" in output
    (second,) = latest(client, "tune")
    after = trials(client, second)
    pd.testing.assert_frame_equal(after[:3], before)
    assert len(after) == 4
    assert len([run for run in children(client, second) if run.data.tags["genrelab.kind"] == "trial"]) == 4
    assert client.get_run(first.info.run_id).data.tags["resumed_by"] == second.info.run_id
    if json.loads(artifact(client, second, "best.json")) == json.loads(artifact(client, first, "best.json")):
        assert "already registered" in output
    words = ["--trials", "1", "--batch_size", "5", "--refit", "false"]
    output = clone.genrelab("tune", "--model", "cnn", "--space", "units", *words)
    assert "changed since the last such search: training.batch_size; starting a new one" in output
    assert list(trials(client, latest(client, "tune")[0]).trial) == [1]


def test_a_searchs_winner_and_a_preset_can_be_trained_with(clone, searched, client):
    search = next(run for run in latest(client, "tune", 9) if run.data.params["tuning.trials"] == "3")
    best = json.loads(artifact(client, search, "best.json"))
    clone.genrelab("train", "--from_tune", search.info.run_id)
    (run,) = latest(client, "train")
    (winner,) = [run for run in latest(client, "train", 9) if run.data.tags.get("tuned_by") == search.info.run_id]
    # A trial is a training: the same seed and data come to the same.
    compared = {name: value for name, value in winner.data.metrics.items() if not name.endswith(UNEQUAL)}
    assert compared == {name: run.data.metrics[name] for name in compared}
    assert run.data.params["hp.conv1.units"] == str(best["hp"]["conv1.units"])
    assert run.data.tags["from_tune"] == search.info.run_id
    words = ["train", "--model", "cnn", "--preset", "thesis-activations", "--epochs", "1", "--hp.dense.units", "32"]
    clone.genrelab(*words)
    (run,) = latest(client, "train")
    assert [run.data.params[f"hp.{name}"] for name in ("conv1.activation", "dense.activation")] == ["tanh", "elu"]
    assert run.data.params["hp.dense.units"] == "32"
    assert "model 'cnn', not 'svm'" in clone.genrelab(
        "train", "--model", "svm", "--from_tune", search.info.run_id, rc=2
    )


@pytest.mark.long
def test_a_search_killed_in_its_third_trial_goes_on_and_ends_as_one_that_was_not(clone, client):
    words = [*SEARCH, "--trials", "3", "--seed", "11"]
    process = clone.start(*words)
    ended, deadline = 0, time.monotonic() + 120
    for line in process.stdout:
        ended += line.startswith("trial ")
        if (ended == 2 and line.startswith("epoch   2/6")) or time.monotonic() > deadline:
            break
    process.kill()
    process.wait()
    (killed,) = latest(client, "tune")
    assert killed.info.status == "RUNNING"
    output = clone.genrelab(*words)
    assert "resuming this search: 2 of 3 trials are done" in output
    assert output.count("epoch   1/6") == 0  # of the third trial, too, the first epochs are kept
    (resumed,) = latest(client, "tune")
    assert client.get_run(killed.info.run_id).info.status == "KILLED"
    found = children(client, resumed)
    assert [run.info.status for run in found] == ["FINISHED"] * 3
    assert not client.search_runs(["0"], "attributes.status = 'RUNNING'")
    for run in found:
        assert [p.step for p in client.get_metric_history(run.info.run_id, "train_loss")] == [1, 2, 3, 4, 5, 6]
    table = trials(client, resumed)
    (clone.root / ".genrelab/tuning").rename(clone.root / ".genrelab/tuning-before")
    clone.genrelab(*words)
    whole = trials(client, latest(client, "tune")[0])
    compared = [name for name in whole.columns if name not in ("run", "seconds")]
    pd.testing.assert_frame_equal(table[compared], whole[compared])


def test_repeats_count_with_their_mean(clone, client):
    clone.genrelab(*SEARCH, "--trials", "1", "--repeats", "2", "--seed", "3", "--objective", "valid_loss")
    (parent,) = latest(client, "tune")
    (run,) = children(client, parent)
    figures = run.data.metrics
    both = [figures[f"repeat{n}/valid_loss"] for n in (1, 2)]
    assert both[0] != both[1]
    assert figures["valid_loss"] == pytest.approx(sum(both) / 2, rel=1e-4)
    assert parent.data.metrics["best_valid_loss"] == pytest.approx(figures["valid_loss"])


@pytest.mark.long
def test_an_svm_is_searched_by_gaussian_process(clone, client):
    clone.genrelab("tune", "--model", "svm", "--oracle", "bayesian", "--trials", "6", "--refit", "false")
    table = trials(client, latest(client, "tune")[0])
    assert len(table) == 6
    assert set(table["hp.kernel"]) <= {"rbf", "linear"}
    assert table["hp.C"].between(0.1, 1000).all()


@pytest.mark.long
def test_hyperband_gives_the_better_trials_more_epochs(clone, client):
    clone.genrelab(*SEARCH, "--oracle", "hyperband", "--trials", "5", "--epochs", "3")
    (parent,) = latest(client, "tune")
    table = trials(client, parent)
    assert list(table.epochs) == [1, 1, 1, 3, 3]  # three short ones, the best of them longer, then a new round
    values = [name for name in table.columns if name.startswith("hp.")]
    longer = table.iloc[3]
    first = table[:3].sort_values("objective", ascending=False).iloc[0]
    assert longer[values].tolist() in table[:3][table.objective[:3] == first.objective][values].to_numpy().tolist()
    run = client.get_run(longer.run)
    assert [p.step for p in client.get_metric_history(run.info.run_id, "train_loss")] == [1, 2, 3]


def test_if_every_trial_fails_the_search_does_with_the_reason(clone, client):
    file = clone.root / "src/genrelab/models/unlucky.py"
    file.write_text(
        '"""Fails unless all is at its defaults; after nobody, 2001."""\n'
        "from genrelab.models import svm\n"
        'FEATURES = ("mel",)\n'
        "def build(hp, input_shape, n_classes):\n"
        '    if hp.Int("size", 1, 1000000, default=1) > 1:\n'
        '        raise MemoryError("no room for it")\n'
        "    return svm.build(hp, input_shape, n_classes)\n"
    )
    try:
        output = clone.genrelab("tune", "--model", "unlucky", "--space", "size", "--trials", "3", rc=2)
    finally:
        file.unlink()
    assert output.strip().splitlines()[-1] == (
        "genrelab: error: all 3 trials have failed, the last with: MemoryError: no room for it"
    )
    assert "Traceback" not in output
    (parent,) = latest(client, "tune")
    assert parent.info.status == "FAILED"
    found = children(client, parent)
    assert [run.info.status for run in found] == ["FAILED"] * 3
    assert {run.data.tags["error"] for run in found} == {"MemoryError: no room for it"}
    assert "raise MemoryError" in artifact(client, found[0], "traceback.txt")
    assert set(trials(client, parent).reason) == {"MemoryError: no room for it"}


@contextlib.contextmanager
def server(clone, folder):
    """A real MLflow server on a store of its own."""
    port = free_port()
    command = ["mlflow", "server", "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}", "--port", port]
    command += ["--artifacts-destination", str(folder / "artifacts"), "--workers", "1"]
    env = {**clone.env}
    env.pop("PYTHONPATH")
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        for _ in range(120):
            with contextlib.suppress(requests.RequestException):
                if requests.get(f"http://127.0.0.1:{port}/health", timeout=1).ok:
                    break
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


@pytest.mark.long
def test_a_chief_and_two_workers_one_of_which_dies(clone, tmp_path, client):
    import mlflow

    with server(clone, tmp_path) as uri:
        words = [*SEARCH, "--trials", "3", "--chief", f"127.0.0.1:{free_port()}", "--role"]
        started = [clone.start(*words, role, MLFLOW_TRACKING_URI=uri) for role in ("chief", "worker")]
        chief, doomed = started
        try:
            assert any(line.startswith("epoch   2/6") for line in doomed.stdout)
            doomed.kill()
            worker = clone.start(*words, "worker", MLFLOW_TRACKING_URI=uri)
            started.append(worker)
            printed, _ = chief.communicate(timeout=240)
            assert chief.returncode == 0, printed
            assert worker.wait(timeout=60) == 0
        finally:
            for process in started:
                process.kill()
                process.wait()
        assert "has stopped responding" in printed
        mlflow.set_tracking_uri(uri)  # `client` sets it back
        client = mlflow.MlflowClient()
        runs = client.search_runs([e.experiment_id for e in client.search_experiments()])
        (parent,) = [run for run in runs if run.data.tags["genrelab.kind"] == "tune"]
        found = children(client, parent, [parent.info.experiment_id])
        assert sorted(run.data.tags["trial"] for run in found) == ["1", "2", "3"]
        assert {run.info.status for run in (parent, *found)} == {"FINISHED"}
        statuses = sorted(run.info.status for run in runs if run.data.tags["genrelab.kind"] == "worker")
        assert statuses == ["FINISHED", "KILLED"]
        assert list(trials(client, parent).status) == ["COMPLETED"] * 3


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["tune", "--model", "cnn", "--trials", "0"], "tuning.trials"),
        (["tune", "--model", "cnn", "--oracle", "grid"], "tuning.oracle"),
        (["tune", "--model", "cnn", "--space", "unts"], "did you mean 'units'"),
        (["tune", "--model", "cnn", "--role", "boss"], "chief or worker"),
        (["tune", "--model", "cnn", "--role", "chief", "--chief", "nowhere"], "host:port"),
        (["train", "--model", "cnn", "--preset", "thesis-bth"], "did you mean 'thesis-both'"),
        (["train", "--from_tune", "0123456789abcdef0123456789abcdef"], "has no best.json"),
        (["train", "--model", "cnn", "--preset", "thesis-both", "--from_tune", "x"], "leave out one"),
    ],
)
def test_a_wrong_command_is_one_line_and_exit_code_2(clone, words, named):
    output = clone.genrelab(*words, rc=2)
    assert named in output
    assert len(output.strip().splitlines()) == 1
    assert output.startswith("genrelab: error: ")
