"""Runs: a fresh store under several processes at once, what a run records, how one ends."""

import json
import os
from pathlib import Path

import mlflow
import preloaded
import pytest

from genrelab import config
from genrelab.errors import ConfigError, StoreError
from genrelab.tracking import runs as tracking
from genrelab.tracking import store, trials, views

PARAMS = Path("params.yaml").resolve()
RUN = (
    "from genrelab import config; from genrelab.tracking import runs as tracking\n"
    f"with tracking.run('%s', 'test', config.load({str(PARAMS)!r}), {{'n': '%s'}}): pass\n"
)


def test_first_use_by_several_processes_at_once_loses_nothing(fresh_store, tmp_path):
    env = {**os.environ, "PYTHONPATH": str(PARAMS.parent / "src")}
    processes = [preloaded.Started(["-c", RUN % (n, n)], tmp_path, env) for n in range(4)]
    for process in processes:
        printed, _ = process.communicate(timeout=120)
        assert process.returncode == 0, printed
    runs = fresh_store.search_runs(["0"])
    assert sorted(run.data.tags["n"] for run in runs) == ["0", "1", "2", "3"]
    assert {run.info.status for run in runs} == {"FINISHED"}


def test_a_run_records_the_config_whole_and_what_is_in_force_as_params(fresh_store):
    settings = config.load(PARAMS, {"training.epochs": "3", "features.mel.hop": "512"})
    with tracking.run("name", "test", settings, {"model": "cnn"}) as run_id:
        tracking.log_params({"training.epochs": 4, "model": "cnn"})
    run = fresh_store.get_run(run_id)
    assert run.info.run_name == "name"
    assert run.data.tags["config.hash"] == settings.config_hash
    assert run.data.tags["version.tensorflow"]
    assert run.data.params["training.epochs"] == "4"
    # Of features and splits what is not at its default: the UI repeats all above each picture.
    assert run.data.params["features.mel.hop"] == "512"
    named = {"seed", "dataset", "feature", "task", "split", "model", "training.epochs"}
    assert set(run.data.params) == {*named, "features.mel.hop"}
    text = Path(fresh_store.download_artifacts(run_id, "config.yaml")).read_text()
    assert "n_mels: 128" in text
    assert "Eclectic" in text


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt, "KILLED"), (ValueError("no\nmore"), "FAILED")])
def test_a_run_ends_as_what_happened(fresh_store, error, status):
    settings = config.load(PARAMS)
    with (
        pytest.raises((KeyboardInterrupt, ValueError)),
        tracking.run("parent", "test", settings, {}) as parent,
        tracking.run("child", "test", settings, {}, nested=True) as child,
    ):
        raise error
    assert [fresh_store.get_run(run).info.status for run in (parent, child)] == [status, status]
    if status == "FAILED":
        assert fresh_store.get_run(child).data.tags["error"] == "ValueError: no"
        assert "raise error" in Path(fresh_store.download_artifacts(child, "traceback.txt")).read_text()


def test_a_killed_run_is_closed_with_its_parent_by_the_one_that_goes_on(fresh_store, tmp_path):
    store.connect()
    parent = fresh_store.create_run("0")
    child = fresh_store.create_run("0", tags={"mlflow.parentRunId": parent.info.run_id})
    settings = config.load(PARAMS)
    with tracking.run("another", "test", settings, {}) as another:
        assert not tracking.supersede_run(tmp_path, child.info.run_id)
        assert tracking.supersede_run(tmp_path, another)
    for run in (parent, child):
        assert fresh_store.get_run(run.info.run_id).info.status == "KILLED"
    assert fresh_store.get_run(child.info.run_id).data.tags["resumed_by"] == another
    (tmp_path / "run").write_text("0" * 32)  # forgotten by the store: nothing to close
    with tracking.run("last", "test", settings, {}) as last:
        assert tracking.supersede_run(tmp_path, last)
    assert (tmp_path / "run").read_text() == last


def test_the_parent_at_work_is_not_closed_with_the_child_it_goes_on_with(fresh_store, tmp_path):
    settings = config.load(PARAMS)
    with tracking.run("parent", "test", settings, {}) as parent:
        with tracking.run("killed", "test", settings, {}, nested=True) as killed:
            tracking.supersede_run(tmp_path, killed)
        fresh_store.update_run(killed, status="RUNNING")
        with tracking.run("again", "test", settings, {}, nested=True) as again:
            tracking.supersede_run(tmp_path, again)
        assert fresh_store.get_run(parent).info.status == "RUNNING"
        assert fresh_store.get_run(killed).info.status == "KILLED"


def test_a_run_that_was_left_is_gone_on_with_below_its_new_parent(fresh_store):
    settings = config.load(PARAMS)
    tags = {"search": "abc", "trial": "2"}
    with (
        pytest.raises(KeyboardInterrupt),
        tracking.run("first", "tune", settings, {"search": "abc"}) as first,
        tracking.run("trial 2", "trial", settings, tags, nested=True, parent=first) as trial,
    ):
        for number in (1, 2, 3):
            tracking.log_epoch(number, {"train_loss": 1 / number})
        raise KeyboardInterrupt
    with tracking.run("second", "tune", settings, {"search": "abc"}) as second:
        assert trials.chief_run("abc") == second
        assert trials.trial_run("abc", 2) == trial
        assert trials.trial_run("abc", 3) == trials.trial_run("abd", 2) == ""
        trials.set_parent("abc", second)
        with tracking.run("trial 2", "trial", settings, tags, nested=True, run_id=trial) as again:
            assert again == trial
            assert tracking.last_epoch("train_loss") == 3
            assert tracking.last_epoch("nothing") == 0
        assert trials.trial_run("abc", 2) == ""
    assert trials.chief_run("abc") == ""
    assert fresh_store.get_run(trial).data.tags["mlflow.parentRunId"] == second
    assert fresh_store.get_run(trial).info.status == "FINISHED"
    assert {number: run.info.run_id for number, run in trials.trial_runs("abc").items()} == {2: trial}


def test_runs_that_nobody_works_on_any_more_are_closed_and_no_others(fresh_store):
    settings = config.load(PARAMS)
    with tracking.run("search", "tune", settings, {"search": "abc"}) as search:
        left = [
            fresh_store.create_run("0", tags={"search": "abc", "trial": str(n), "genrelab.kind": "trial"})
            for n in (1, 2)
        ]
        trials.close_abandoned(search="abc", trial="1")
        assert [fresh_store.get_run(run.info.run_id).info.status for run in left] == ["KILLED", "RUNNING"]
        trials.close_abandoned(search="abc")
        assert fresh_store.get_run(left[1].info.run_id).info.status == "KILLED"
        assert fresh_store.get_run(search).info.status == "RUNNING"


def test_what_the_store_does_not_have_is_one_line(fresh_store):
    assert not tracking.run_exists("0" * 32)
    with tracking.run("name", "test", config.load(PARAMS), {}) as run_id:
        tracking.log_text("words", "a.txt")
    assert tracking.run_exists(run_id)
    assert tracking.read_text(run_id, "a.txt") == "words"
    for run, name in ((run_id, "b.txt"), ("0" * 32, "a.txt"), ("no id", "a.txt")):
        with pytest.raises(ConfigError, match=f"run '{run}' has no {name}") as caught:
            tracking.read_text(run, name)
        assert len(str(caught.value).splitlines()) == 1


def test_a_store_that_fails_is_one_line(fresh_store):
    with pytest.raises(StoreError, match="tracking store sqlite:"), tracking.run("a", "test", config.load(PARAMS), {}):
        fresh_store.get_run("0" * 32)


def test_trainings_lie_in_one_experiment_and_promotions_in_another(fresh_store, monkeypatch):
    settings = config.load(PARAMS)
    found = {}
    for kind in ("train", "promote", "explore", "evaluate", "compare"):
        with tracking.run(kind, kind, settings, {}) as run_id:
            found[kind] = fresh_store.get_experiment(fresh_store.get_run(run_id).info.experiment_id)
    assert {kind: experiment.name for kind, experiment in found.items()} == {
        "train": "genrelab",
        "promote": "genrelab-promotions",
        "explore": "genrelab-explorations",
        "evaluate": "genrelab-evaluations",
        "compare": "genrelab-evaluations",
    }
    assert found["train"].experiment_id == "0"
    assert Path(found["promote"].artifact_location).parent == Path(found["train"].artifact_location).parent
    assert len(tracking.find("attributes.status = 'FINISHED'")) == 5  # found wherever they lie


def test_the_runs_view_is_saved_with_the_experiment(fresh_store):
    with tracking.run("name", "train", config.load(PARAMS), {}):
        pass
    view = json.loads(fresh_store.get_experiment("0").tags["mlflow.sharedViewState.glance"])
    assert "metrics.`test_accuracy`" in view["selectedColumns"]
    assert view["compareRunCharts"][0]["metricKey"] == "test_accuracy"
    assert [section["display"] for section in view["compareRunSections"]] == [True, True, False]
    assert "viewStateShareKey=glance" in views.link("0", "TABLE")
    assert "metrics.`test_map`" not in view["selectedColumns"]


def test_the_runs_view_shows_what_has_a_model(fresh_store):
    with tracking.run("fitted", "train", config.load(PARAMS), {}) as fitted:
        fresh_store.log_param(fitted, "model", "cnn")
    with tracking.run("compared", "train", config.load(PARAMS), {}):  # as `mlflow run` places it
        pass
    assert len(fresh_store.search_runs(["0"])) == 2
    assert [run.info.run_id for run in fresh_store.search_runs(["0"], views.view()["searchFilter"])] == [fitted]


def test_where_clips_have_several_labels_their_figures_have_columns(fresh_store):
    with tracking.run("name", "train", config.load(PARAMS), {}) as run_id:
        fresh_store.log_metric(run_id, "test_map", 0.5)
    views.save("0")
    view = json.loads(fresh_store.get_experiment("0").tags["mlflow.sharedViewState.glance"])
    assert "metrics.`test_map`" in view["selectedColumns"]
    assert view["compareRunCharts"][8]["metricKey"] == "test_map"


def test_a_description_is_a_sentence_a_picture_and_what_it_rests_on(fresh_store):
    with tracking.run("name", "train", config.load(PARAMS), {"dataset": "mine", "task": "genre"}) as run_id:
        tracking.describe("it works", "a.png")
    said = fresh_store.get_run(run_id).data.tags["mlflow.note.content"].split("\n\n")
    assert said[0] == "**it works**"
    assert said[1] == f"![a.png](get-artifact?path=a.png&run_uuid={run_id})"
    assert said[2].startswith("Based on: corpus mine; task genre")


def test_each_home_has_its_own_store_also_in_one_process(workplace, monkeypatch):
    for name in ("one", "two"):
        (workplace / name).mkdir()
        monkeypatch.setenv("GENRELAB_HOME", str(workplace / name))
        store.connect()
        assert store.address() == f"sqlite:///{workplace / name / 'mlflow.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{workplace / 'mlflow.db'}")
    mlflow.set_tracking_uri(f"sqlite:///{workplace / 'mlflow.db'}")
    store.connect()
    assert store.address() == f"sqlite:///{workplace / 'mlflow.db'}"
