"""Who becomes champion: the tests that decide it, and what stays written."""

import json
import os
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import preloaded
import pytest

from genrelab import config
from genrelab.errors import ConfigError, ModelError, StoreError
from genrelab.evaluation import decision_log, paired_comparison, promotion
from genrelab.evaluation.decision import Decision, sentence
from genrelab.metrics.significance import holm
from genrelab.tracking import ledger, registry
from genrelab.tracking import runs as tracking
from genrelab.training import prediction_table

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


def register(settings, f1: float, right: int | dict | None = None, valid_f1: float = 0.5, **tags) -> str:
    """Register a version as a training does, but for its model; return its number."""
    right = round(20 * f1) if right is None else right
    right = right if isinstance(right, dict) else dict.fromkeys(CLASSES, right)
    data = {"data.table": "a", "task": "genre", "split": "random", "data.test": "b", **tags}
    with tracking.run("training", "train", settings, data) as run_id:
        tracking.log_metrics({"test_f1": f1, "test_accuracy": f1, "valid_f1": valid_f1})
        tracking.log_table(predictions(right), "predictions")
    client = mlflow.MlflowClient()
    if NAME not in registry.models():
        client.create_registered_model(NAME)
    return str(client.create_model_version(NAME, f"runs:/{run_id}/model", run_id).version)


def described(version: str) -> str:
    return mlflow.MlflowClient().get_model_version(NAME, version).description or ""


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
    assert sentence(NAME, decision).endswith("; test part scored 2 times before")
    assert ledger.look_up(ledger.Part("a", "genre", "random", "b")) == (2, 0, 1)  # the first was held against none
    assert registry.champion(NAME) == second
    assert described(first).splitlines()[-2].endswith("UTC: champion (promoted): there was no champion")
    assert described(first).endswith(f"UTC: no longer champion; succeeded by version {second}")
    assert f"champion, in place of version {first} (promoted): macro F1 50.0% -> 80.0%" in described(second)
    assert registry.versions_of(NAME)[second].tags == {}  # what a training has tagged it with, which is nothing here


@pytest.mark.parametrize("f1", [0.5, 0.4])
def test_one_that_is_no_better_is_refused_with_the_reason(settings, f1):
    first = register(settings, 0.5)
    challenge(settings)
    worse = register(settings, f1)
    decision = challenge(settings, worse)
    assert decision.decision == "refused"
    assert "its macro F1 is not better: a difference of" in decision.reason
    assert "over 60 clips" in decision.reason
    assert registry.champion(NAME) == first
    assert f"refused against version {first}: its macro F1 is not better" in described(worse)


def test_a_gain_can_be_asked_for(settings):
    register(settings, 0.5)
    challenge(settings)
    register(settings, 0.6)
    strict = settings.derive({"promotion.min_gain": 0.05})
    assert "must lie above 5.0%" in challenge(strict).reason
    assert challenge(settings).decision == "promoted"


def test_one_that_is_significantly_worse_on_a_class_is_refused_unless_forced(settings):
    first = register(settings, 0.5, {"blues": 18, "jazz": 4, "rock": 8})
    challenge(settings)
    second = register(settings, 0.6, {"blues": 6, "jazz": 20, "rock": 20})
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
    for tag, said in (("data.table", "corpus version"), ("data.test", "test clips"), ("split", "split")):
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
    history = promotion.history(NAME)
    order = [history.index(word) for word in ("rolled back", "70.0", "refused", "there was no champion")]
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
    with pytest.raises(ModelError, match="no trained and scored version"):
        challenge(settings)
    with pytest.raises(ModelError, match="not scored"):
        challenge(settings, "2")


def test_two_promotions_at_once_leave_one_champion_and_the_better_one(settings, tmp_path):
    register(settings, 0.5, 10)
    challenge(settings)
    register(settings, 0.6, 12)
    register(settings, 0.8, 16)
    code = (
        "from genrelab import config; from genrelab.evaluation import promotion\n"
        f"promotion.promote(config.load({str(PARAMS)!r}), {NAME!r}, '%s', force=False)"
    )
    env = {**os.environ, "PYTHONPATH": str(PARAMS.parent / "src")}
    for _ in range(2):
        processes = [preloaded.Started(["-c", code % version], tmp_path, env) for version in ("2", "3")]
        for process in processes:
            process.communicate(timeout=120)
            assert process.returncode in (0, 1)
        assert registry.champion(NAME) == "3"
        promotion.rollback(settings, NAME)
        while registry.champion(NAME) != "1":
            promotion.rollback(settings, NAME)


def test_the_comparison_of_a_class_is_mcnemars_one_sided():
    old, new = predictions({"blues": 10, "jazz": 20, "rock": 5}), predictions({"blues": 10, "jazz": 15, "rock": 6})
    found = {row["class"]: row for row in paired_comparison.by_class(old, new)}
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
    assert described(first).count(f"succeeded by version {second}") == 1
    assert "cut off" not in promotion.history(NAME)
    with pytest.raises(ConfigError, match="is already the champion"):
        challenge(settings, second)


def test_one_that_failed_after_the_alias_moved_is_completed_too(settings, monkeypatch):
    first = register(settings, 0.5, 10)
    challenge(settings)
    second = register(settings, 0.8, 16)

    def failing(name: str, version: str, line: str) -> None:
        raise StoreError("the store is away")

    with monkeypatch.context() as patch, pytest.raises(StoreError):
        patch.setattr(registry, "note_decision", failing)
        challenge(settings, second)
    assert registry.champion(NAME) == second
    assert challenge(settings, second).decision == "promoted"
    assert "moved by hand" not in promotion.history(NAME)
    assert described(first).count(f"succeeded by version {second}") == 1


def test_what_was_decided_stands_below_the_card_and_fits_into_the_store(settings):
    version, client = register(settings, 0.5), mlflow.MlflowClient()
    client.update_model_version(NAME, version, "**60% right.** " + "a" * 4800)
    for number in range(9):
        registry.note_decision(NAME, version, f"decision {number} {'b' * 30}")
        registry.note_decision(NAME, version, f"decision {number} {'b' * 30}")  # as after a kill
    text = described(version)
    assert text.startswith("**60% right.** a")
    assert len(text) <= registry.LONGEST_DESCRIPTION
    assert [line.split()[2] for line in text.splitlines() if line.startswith("- ")] == ["6", "7", "8"]
    client.update_model_version(NAME, version, "c" * 5000)
    registry.note_decision(NAME, version, "decision")
    assert described(version) == "c" * 5000


def test_a_gain_that_luck_could_have_made_is_none(settings):
    register(settings, 0.5, 10)
    challenge(settings)
    register(settings, 0.55, 11)  # three clips more of sixty
    decision = challenge(settings)
    assert decision.decision == "refused"
    assert "not significantly better: a difference of +5.0 points, 95% interval +0.0" in decision.reason


def test_words_say_no_more_than_was_tested(settings):
    register(settings, 0.6, {"blues": 20, "jazz": 8, "rock": 8})
    challenge(settings)
    register(settings, 0.8, {"blues": 15, "jazz": 19, "rock": 19})
    decision = challenge(settings)
    assert decision.decision == "promoted"
    assert "no class" not in decision.reason
    assert "fewer right on blues 20 -> 15 of 20, not significantly" in decision.reason
    assert "a loss of fewer than 6 clips in a class would have gone undetected" in decision.reason


def test_intervals_are_by_artist_where_artists_are_known():
    old, new = predictions(dict.fromkeys(CLASSES, 10)), predictions(dict.fromkeys(CLASSES, 14))
    settings = {"resamplings": 500, "seed": 0}
    by_clip = paired_comparison.gain(old, new, {}, **settings)
    # Of each class, the four clips that the new one has won are of one artist.
    artists = {f"clip{i}": f"{i // 20}-{i % 20 // 2 if i % 20 not in range(10, 14) else 'won'}" for i in range(60)}
    by_artist = paired_comparison.gain(old, new, artists, **settings)
    assert (by_clip.by, by_clip.units) == ("clips", 60)
    assert by_artist.by == "artists"
    assert by_artist.gain == by_clip.gain
    assert by_artist.high - by_artist.low > by_clip.high - by_clip.low


def test_the_smallest_loss_that_can_be_seen_is_the_tests():
    for classes in (1, 3, 10):
        least = paired_comparison.least_loss(classes)
        assert classes * 0.5**least < 0.05 <= classes * 0.5 ** (least - 1)


def test_a_move_by_hand_is_noticed_recorded_and_can_be_rolled_back(settings):
    for f1 in (0.5, 0.7):
        challenge(settings, register(settings, f1))
    mlflow.MlflowClient().set_registered_model_alias(NAME, "champion", "1")
    third = register(settings, 0.8)
    decision = challenge(settings, third)
    assert (decision.decision, decision.champion, decision.candidate) == ("promoted", "1", third)
    assert [run.data.tags["decision"] for run in registry.decisions(NAME)][:2] == ["promoted", "moved by hand"]
    assert "untested" in promotion.history(NAME)
    assert promotion.rollback(settings, NAME).candidate == "1"
    assert promotion.rollback(settings, NAME).candidate == "2"  # the champion that the hand had taken away
    challenge(settings, third)
    assert len([run for run in registry.decisions(NAME) if run.data.tags["decision"] == "moved by hand"]) == 1


def test_an_alias_given_or_taken_away_by_hand_is_noticed(settings):
    register(settings, 0.5)
    mlflow.MlflowClient().set_registered_model_alias(NAME, "champion", "1")  # before any decision
    register(settings, 0.7)
    assert challenge(settings).champion == "1"
    mlflow.MlflowClient().delete_registered_model_alias(NAME, "champion")
    assert challenge(settings, register(settings, 0.8)).reason == "there was no champion"
    reasons = [run.data.tags["reason"] for run in registry.decisions(NAME)]
    assert reasons[1::2] == ["moved by hand, 2 -> none, untested", "moved by hand, none -> 1, untested"]


def test_a_decision_that_another_machine_has_overtaken_is_made_anew(settings, monkeypatch):
    register(settings, 0.5)
    challenge(settings)
    register(settings, 0.7)
    register(settings, 0.8)
    weigh, moved = paired_comparison.gain, []
    other = Decision("promoted", "1", "2", "", False, {}, [])

    def meanwhile(*args, **kwargs):
        if not moved:  # another machine promotes version 2 while this one weighs version 3 against version 1
            moved.append(True)
            assert decision_log.carry_out(settings, NAME, registry.versions_of(NAME), other)
        return weigh(*args, **kwargs)

    monkeypatch.setattr(paired_comparison, "gain", meanwhile)
    decision = challenge(settings, "3")
    assert (decision.champion, decision.candidate) == ("2", "3")
    assert registry.champion(NAME) == "3"
    decisions = [(run.data.tags["decision"], run.data.tags["from"]) for run in registry.decisions(NAME)]
    assert decisions[:3] == [("promoted", "2"), ("overtaken", "1"), ("promoted", "1")]


def test_tags_are_held_against_each_other_by_map(settings):
    rng, tags = np.random.default_rng(0), ["calm", "guitar"]
    true = rng.integers(0, 2, (60, 2))

    def table(noise):
        p = true + noise * rng.random(true.shape)
        return prediction_table.make([f"clip{i}" for i in range(60)], 0, true, p, tags, true)

    good, poor = table(1.2), table(30)
    found = paired_comparison.gain_of_tags(poor, good.iloc[::-1], {}, resamplings=200, seed=0)
    assert 0 < found.low < found.gain < found.high < 1
    assert (found.by, found.units) == ("clips", 60)

    def enter(table, area):
        data = {"data.table": "a", "task": "mood", "split": "random", "data.test": "b"}
        with tracking.run("training", "train", settings, data) as run_id:
            tracking.log_metrics({"test_f1": 0.5, "test_map": area, "valid_f1": 0.5, "valid_map": area})
            tracking.log_table(table, "predictions")
        client = mlflow.MlflowClient()
        if NAME not in registry.models():
            client.create_registered_model(NAME)
        return str(client.create_model_version(NAME, f"runs:/{run_id}/model", run_id).version)

    first = enter(poor, 0.5)
    assert challenge(settings, first).reason == "there was no champion"
    second = enter(good, 0.9)
    done = challenge(settings)  # the best other one by validation
    assert (done.decision, done.candidate) == ("promoted", second)
    assert done.reason.startswith("mAP 50.0% -> 90.0%, a difference of +")
    enter(poor.rename(columns={"calm": "quiet"}), 0.9)
    refused = challenge(settings)
    assert (refused.decision, refused.reason.endswith("they differ in the tags")) == ("refused", True)
    back = challenge(settings, first)
    assert back.decision == "refused"
    assert "its mAP is not better" in back.reason
