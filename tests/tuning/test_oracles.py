"""Oracles that survive: kills, dead workers, failures in a row, more trials."""

import json

import pytest

from genrelab.config import Tuning
from genrelab.errors import DataError
from genrelab.layers.keras_backend import keras_tuner
from genrelab.tuning import oracles

STATUS = oracles.TrialStatus


def space():
    hp = keras_tuner.HyperParameters()
    hp.Int("units", 32, 128, step=16)
    hp.Choice("activation", ["relu", "tanh"])
    hp.Float("rate", 1e-4, 1e-2, sampling="log")
    return hp


def new_oracle(folder, kind="random", trials=4, objective="valid_accuracy", seed=0):
    tuning = Tuning(space="all", oracle=kind, trials=trials, objective=objective, repeats=1, refit=False)
    oracle = oracles.make(tuning, space(), epochs=9, seed=seed)
    oracle._set_project_dir(str(folder), "oracle")
    if oracle.saved:
        oracle.reload()
    return oracle


def end(oracle, trial, value=None):
    """Report a trial as a local tuner does: the trial is the oracle's own object."""
    if value is None:
        trial.status = STATUS.FAILED
    else:
        oracle.update_trial(trial.trial_id, {oracle.objective.name: value})
        trial.status = STATUS.COMPLETED
    oracle.end_trial(trial)


def run(oracle, n=100, value=0.5):
    """Run up to n trials; return the values that were tried."""
    tried = []
    for _ in range(n):
        trial = oracle.create_trial("tuner0")
        if trial.status == STATUS.STOPPED:
            break
        tried.append(dict(trial.hyperparameters.values))
        end(oracle, trial, value)
    return tried


@pytest.mark.parametrize("kind", ["random", "bayesian", "hyperband"])
def test_it_gives_as_many_trials_as_asked_within_their_ranges(tmp_path, kind):
    tried = run(new_oracle(tmp_path, kind, trials=7))
    assert len(tried) == 7
    assert all(32 <= values["units"] <= 128 and values["units"] % 16 == 0 for values in tried)
    assert all(values["activation"] in ("relu", "tanh") for values in tried)
    assert all(1e-4 <= values["rate"] <= 1e-2 for values in tried)


@pytest.mark.parametrize("kind", ["random", "bayesian"])
def test_the_same_seed_gives_the_same_trials_and_another_seed_others(tmp_path, kind):
    first, second = run(new_oracle(tmp_path / "a", kind)), run(new_oracle(tmp_path / "b", kind))
    assert first == second
    assert run(new_oracle(tmp_path / "c", kind, seed=1)) != first


@pytest.mark.parametrize("kind", ["random", "hyperband"])
def test_one_that_was_killed_goes_on_as_if_it_had_not_been(tmp_path, kind):
    whole = run(new_oracle(tmp_path / "whole", kind, trials=6))
    cut = new_oracle(tmp_path / "cut", kind, trials=6)
    before = run(cut, 2)
    third = dict(cut.create_trial("tuner0").hyperparameters.values)
    again = new_oracle(tmp_path / "cut", kind, trials=6)
    after = run(again)
    assert before + after == whole
    assert after[0] == third
    assert sorted(again.trials) == [str(i) for i in range(6)] or kind == "hyperband"


def test_a_larger_number_extends_a_finished_search(tmp_path):
    assert len(run(new_oracle(tmp_path, trials=4))) == 4
    assert run(new_oracle(tmp_path, trials=4)) == []
    longer = new_oracle(tmp_path, trials=12)
    assert len(run(longer)) == 8
    assert sorted(int(number) for number in longer.trials) == list(range(12))


def test_a_kill_between_a_trials_file_and_the_oracles_costs_no_number(tmp_path):
    oracle = new_oracle(tmp_path)
    run(oracle, 1)
    known = (tmp_path / "oracle/oracle.json").read_text()
    lost = dict(oracle.create_trial("tuner0").hyperparameters.values)
    (tmp_path / "oracle/oracle.json").write_text(known)  # as if the second write had not happened
    again = new_oracle(tmp_path)
    assert run(again)[0] == lost
    assert sorted(again.trials) == ["0", "1", "2", "3"]


def test_what_it_saves_is_whole_at_every_moment(tmp_path, monkeypatch):
    oracle = new_oracle(tmp_path)
    run(oracle, 1)
    before = (tmp_path / "oracle/oracle.json").read_text()
    monkeypatch.setattr(json, "dumps", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        oracle.save()
    assert (tmp_path / "oracle/oracle.json").read_text() == before


def test_failures_in_a_row_end_it_and_a_success_between_them_does_not(tmp_path):
    oracle = new_oracle(tmp_path / "a", trials=20)
    assert len(run(oracle, value=None)) == oracles.MAX_FAILURES_IN_A_ROW
    assert oracle.too_many_failures
    oracle = new_oracle(tmp_path / "b", trials=12)
    for i in range(12):
        end(oracle, oracle.create_trial("tuner0"), 0.5 if i % oracles.MAX_FAILURES_IN_A_ROW == 1 else None)
    assert not oracle.too_many_failures
    assert oracle.create_trial("tuner0").status == STATUS.STOPPED


def test_if_all_have_failed_they_are_tried_again_and_else_not(tmp_path):
    oracle = new_oracle(tmp_path, trials=3)
    tried = run(oracle, value=None)
    again = new_oracle(tmp_path, trials=3)
    assert run(again, 1, value=0.5) == tried[:1]
    run(again, value=None)
    assert run(new_oracle(tmp_path, trials=3)) == []


def buried(oracle):
    """Bury workers silent for an hour; return who they are, told while nobody can be given their trials."""
    reported = []

    def on_death(worker, trial):
        reported.append((worker, trial))
        assert trial not in oracle._retry_queue

    oracle.requeue_lost(3600, on_death)
    assert {trial for _, trial in reported if trial} <= {*oracle._retry_queue}
    return reported


def test_another_waits_while_a_trial_may_come_back(tmp_path):
    oracle = new_oracle(tmp_path, trials=2)
    first, _ = oracle.create_trial("a"), oracle.create_trial("b")
    end(oracle, first, 0.5)
    assert oracle.create_trial("a").status == STATUS.IDLE
    assert buried(oracle) == []
    oracle.signs["b"] -= 7200
    assert buried(oracle) == [("b", "1")]
    taken = oracle.create_trial("a")
    assert (taken.trial_id, taken.status) == ("1", STATUS.RUNNING)
    assert not oracle.finished
    end(oracle, taken, 0.25)
    assert oracle.create_trial("a").status == STATUS.STOPPED
    assert oracle.finished


def test_a_sign_of_life_keeps_a_worker(tmp_path):
    oracle = new_oracle(tmp_path)
    trial = oracle.create_trial("a")
    oracle.signs["a"] -= 7200
    oracle.get_trial(trial.trial_id)
    assert buried(oracle) == []


def test_the_first_result_of_a_trial_counts_and_no_other(tmp_path):
    oracle = new_oracle(tmp_path, trials=1)
    slow = oracle.create_trial("slow")
    copy = keras_tuner.engine.trial.Trial(slow.hyperparameters.copy(), slow.trial_id)  # as it comes over the wire
    oracle.signs["slow"] -= 7200
    assert buried(oracle) == [("slow", "0")]
    taken = oracle.create_trial("quick")
    end(oracle, taken, 0.75)
    copy.status = STATUS.FAILED
    oracle.end_trial(copy)
    assert oracle.trials["0"].status == STATUS.COMPLETED
    assert oracle.trials["0"].score == 0.75
    assert oracle.end_order == ["0"]


@pytest.mark.parametrize("name", ["oracle/oracle.json", "oracle/trial_1/trial.json"])
def test_a_damaged_file_of_a_search_is_named_with_the_cure(tmp_path, name):
    run(new_oracle(tmp_path, trials=4), 3)
    (tmp_path / name).write_text("")
    with pytest.raises(DataError) as caught:
        new_oracle(tmp_path)
    cure = f"remove the folder {tmp_path} to start the search over"
    assert str(caught.value) == f"{tmp_path / name} is damaged: it holds no JSON object; {cure}"
