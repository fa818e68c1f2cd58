"""Who becomes champion: the tests that decide it, and what stays written."""

import json
import os
import subprocess
import sys
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest

from genrelab import config
from genrelab.errors import ConfigError, ModelError
from genrelab.evaluation import promotion
from genrelab.metrics.significance import holm
from genrelab.tracking import registry
from genrelab.tracking import runs as tracking

PARAMS = Path("params.yaml").resolve()
CLASSES = ["blues", "jazz", "rock"]
TRUE = np.repeat(CLASSES, 20)
NAME = "corpus-genre"


def predictions(right: dict[str, int]) -> pd.DataFrame:
    """Predictions of a model that has so many of the 20 clips of each class right, the first ones."""
    answers = [name if i % 20 < right[name] else CLASSES[(CLASSES.index(name) + 1) % 3] for i, name in enumerate(TRUE)]
    return pd.DataFrame({"clip": [f"clip{i}" for i in range(60)], "fold": "0", "true": TRUE, "predicted": answers})


@pytest.fixture
def settings(workplace):
    """The config; runs go to a store of this test alone."""
    return config.load(PARAMS)


def register(settings, f1: float, right: int | dict = 10, valid_f1: float = 0.5, **tags) -> str:
    """Register a version as a training does, but for its model; return its number."""
    right = right if isinstance(right, dict) else dict.fromkeys(CLASSES, right)
    data = {"data.table": "a", "task": "genre", "split": "random", "data.test": "b", **tags}
    with tracking.run("training", "train", settings, data) as run_id:
        tracking.log_metrics({"test_f1": f1, "test_accuracy": f1, "valid_f1": valid_f1})
        tracking.log_table(predictions(right), "predictions")
    client = mlflow.MlflowClient()
    if NAME not in registry.models():
        client.create_registered_model(NAME)
    return str(client.create_model_version(NAME, f"runs:/{run_id}/model", run_id).version)


def challenge(settings, version: str = "", force: bool = False):
    return promotion.promote(settings, NAME, version, force=force)


def test_the_first_becomes_champion_and_a_better_one_follows(settings):
    first = register(settings, 0.5, 10)
    assert challenge(settings).decision == "promoted"
    assert registry.champion(NAME) == first
    second = register(settings, 0.8, 16)
    decision = challenge(settings)
    assert (decision.decision, decision.champion, decision.candidate) == ("promoted", first, second)
    assert "50.0% -> 80.0%" in decision.reason
    assert registry.champion(NAME) == second
    versions = registry.versions_of(NAME)
    assert versions[second].tags["champion_before"] == first
    assert versions[first].tags["succeeded_by"] == second
    assert versions[first].tags["champion_until"] == versions[second].tags["champion_since"]


@pytest.mark.parametrize("f1", [0.5, 0.4])
def test_one_that_is_no_better_is_refused_with_the_reason(settings, f1):
    first = register(settings, 0.5)
    challenge(settings)
    worse = register(settings, f1)
    decision = challenge(settings, worse)
    assert decision.decision == "refused"
    assert "not better than 50.0%" in decision.reason
    assert registry.champion(NAME) == first
    assert "not better" in registry.versions_of(NAME)[worse].tags["refused"]


def test_a_gain_can_be_asked_for(settings):
    register(settings, 0.5)
    challenge(settings)
    register(settings, 0.54)
    strict = settings.model_copy(update={"promotion": settings.promotion.model_copy(update={"min_gain": 0.05})})
    assert "by more than 5.0%" in challenge(strict).reason
    assert challenge(settings).decision == "promoted"


def test_one_that_is_significantly_worse_on_a_class_is_refused_unless_forced(settings):
    first = register(settings, 0.5, {"blues": 18, "jazz": 4, "rock": 8})
    challenge(settings)
    second = register(settings, 0.6, {"blues": 6, "jazz": 14, "rock": 16})
    decision = challenge(settings, second)
    assert decision.decision == "refused"
    assert "significantly worse on blues (" in decision.reason
    assert registry.champion(NAME) == first
    decision = challenge(settings, second, force=True)
    assert (decision.decision, decision.forced) == ("promoted", True)
    assert decision.reason.startswith("although it is significantly worse on blues")
    assert registry.champion(NAME) == second


def test_other_data_are_no_comparison(settings):
    register(settings, 0.5)
    challenge(settings)
    for tag, said in (("data.table", "version of the corpus"), ("data.test", "test clips"), ("split", "split")):
        other = register(settings, 0.9, **{tag: "x"})
        decision = challenge(settings, other)
        assert decision.decision == "refused"
        assert said in decision.reason
    assert registry.champion(NAME) == "1"


def test_the_challenger_is_chosen_by_validation_among_those_on_the_same_data(settings):
    register(settings, 0.5)
    challenge(settings, "1")
    chosen = register(settings, 0.6, valid_f1=0.7)
    register(settings, 0.9, valid_f1=0.6)
    register(settings, 0.9, valid_f1=0.9, task="style")
    assert challenge(settings).candidate == chosen


def test_rollback_goes_back_step_by_step(settings):
    for f1 in (0.5, 0.6, 0.7):
        challenge(settings, register(settings, f1))
    for expected in ("2", "1"):
        assert promotion.rollback(settings, NAME).candidate == expected
        assert registry.champion(NAME) == expected
    with pytest.raises(ModelError, match="first champion"):
        promotion.rollback(settings, NAME)


def test_rollback_without_a_way_is_one_line(settings):
    register(settings, 0.5)
    with pytest.raises(ModelError, match="no champion"):
        promotion.rollback(settings, NAME)
    challenge(settings)
    challenge(settings, register(settings, 0.6))
    mlflow.MlflowClient().delete_model_version(NAME, "1")
    with pytest.raises(ModelError, match="has been deleted"):
        promotion.rollback(settings, NAME)


def test_every_decision_is_kept(settings):
    for f1 in (0.5, 0.4, 0.7):
        challenge(settings, register(settings, f1))
    promotion.rollback(settings, NAME)
    told = promotion.history(NAME)
    order = [told.index(word) for word in ("rolled back", "70.0", "refused", "there was no champion")]
    assert order == sorted(order)
    runs = registry.decisions(NAME)
    assert [run.data.tags["decision"] for run in runs] == ["rolled back", "promoted", "refused", "promoted"]
    assert {run.info.status for run in runs} == {"FINISHED"}
    kept = json.loads(tracking.read_text(runs[1].info.run_id, "decision.json"))
    assert (kept["champion"], kept["candidate"]) == ("1", "3")
    assert [row["class"] for row in kept["classes"]] == CLASSES
    assert "| class" in runs[1].data.tags["mlflow.note.content"]
    assert runs[1].data.tags["who"]


@pytest.mark.parametrize(
    ("name", "version", "said"),
    [
        ("nobody", "", "no registered model 'nobody'. Known: corpus-genre"),
        (NAME, "7", "no version '7'"),
        (NAME, "1", "already"),
    ],
)
def test_what_is_not_there_is_one_line(settings, name, version, said):
    register(settings, 0.5)
    challenge(settings)
    with pytest.raises(ConfigError, match=said):
        promotion.promote(settings, name, version, force=False)


def test_a_version_that_was_never_scored_is_no_candidate(settings):
    register(settings, 0.5)
    challenge(settings)
    mlflow.MlflowClient().create_model_version(NAME, "runs:/none/model")
    with pytest.raises(ModelError, match="no version that was trained and scored"):
        challenge(settings)
    with pytest.raises(ModelError, match="not scored"):
        challenge(settings, "2")


def test_two_promotions_at_once_leave_one_champion_and_the_better_one(settings, tmp_path):
    register(settings, 0.5, 10)
    challenge(settings)
    register(settings, 0.6, 12)
    register(settings, 0.8, 16)
    code = (
        "import sys; from genrelab import config; from genrelab.evaluation import promotion\n"
        f"promotion.promote(config.load({str(PARAMS)!r}), {NAME!r}, sys.argv[1], force=False)"
    )
    env = {**os.environ, "PYTHONPATH": str(PARAMS.parent / "src")}
    for _ in range(2):
        processes = [subprocess.Popen([sys.executable, "-c", code, v], cwd=tmp_path, env=env) for v in ("2", "3")]
        assert all(process.wait(timeout=120) in (0, 1) for process in processes)
        assert registry.champion(NAME) == "3"
        promotion.rollback(settings, NAME)
        while registry.champion(NAME) != "1":
            promotion.rollback(settings, NAME)


def test_the_comparison_of_a_class_is_mcnemars_one_sided():
    old, new = predictions({"blues": 10, "jazz": 20, "rock": 5}), predictions({"blues": 10, "jazz": 15, "rock": 6})
    found = {row["class"]: row for row in promotion.by_class(old, new)}
    assert (found["jazz"]["champion"], found["jazz"]["candidate"], found["jazz"]["clips"]) == (20, 15, 20)
    assert found["jazz"]["p"] == pytest.approx(3 * 0.5**5)  # five lost, none won; the smallest of three
    assert found["blues"]["p"] == found["rock"]["p"] == 1


def test_holms_correction():
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03])), [0.03, 0.06, 0.06])
    np.testing.assert_allclose(holm(np.array([0.5, 0.9])), [1, 1])
    assert len(holm(np.array([]))) == 0


def test_a_promotion_cut_off_after_the_alias_moved_is_completed_by_the_same_command(settings, monkeypatch):
    first = register(settings, 0.5, 10)
    challenge(settings)
    second = register(settings, 0.8, 16)
    move = registry.set_champion

    def killed(name: str, version: str) -> None:
        move(name, version)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(registry, "set_champion", killed)
        challenge(settings, second)
    decision = challenge(settings, second)
    assert (decision.decision, decision.champion, decision.candidate) == ("promoted", first, second)
    assert registry.champion(NAME) == second
    assert registry.versions_of(NAME)[first].tags["succeeded_by"] == second
    assert "cut off" not in promotion.history(NAME)
    with pytest.raises(ConfigError, match="is the champion already"):
        challenge(settings, second)
