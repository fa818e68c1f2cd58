"""Nested cross-validation in this process: a search a fold, each winner scored on the fold that it has not read."""

import io

import pandas as pd
import pytest
from training_data import CLIPS, training_data

from genrelab.corpus import Fold
from genrelab.errors import ConfigError
from genrelab.tracking import ledger, registry, runs, trials
from genrelab.tuning import nested, search
from genrelab.tuning.search import Search

pytestmark = pytest.mark.usefixtures("workplace")
IDS = [clip.id for clip in CLIPS]
FOLDS = [
    Fold(tuple(IDS[:6]), tuple(IDS[6:12]), tuple(IDS[12:])),
    Fold(tuple(IDS[12:18]), tuple(IDS[18:]), tuple(IDS[:12])),
]


def data(**overrides):
    return training_data(*FOLDS, **{"tuning.refit": "true", "tuning.trials": "1", **overrides})


def table_of(run_id, name):
    return pd.read_csv(io.StringIO(runs.read_text(run_id, f"{name}.csv")))


def test_every_clip_is_tested_once_by_the_winner_of_a_search_that_has_not_read_it(monkeypatch):
    made, lead = data(), Search.lead
    seen = []

    def watched(self, address, *, nested):
        self.data.read.clear()
        found = lead(self, address, nested=nested)
        seen.append(found)
        return found

    def read_before_the_winner(whole, best, folder, origin, fold, fitted):
        assert whole.read == {*FOLDS[fold].train, *FOLDS[fold].valid}  # a search reads nothing else
        return refit(whole, best, folder, origin, fold, fitted)

    refit = search.refit
    monkeypatch.setattr(Search, "lead", watched)
    monkeypatch.setattr(search, "refit", read_before_the_winner)
    found = nested.tune_nested(made)
    predictions = table_of(found.run_id, "predictions")
    assert list(predictions["clip"]) == [*FOLDS[0].test, *FOLDS[1].test]
    assert list(predictions["fold"]) == [0] * 12 + [1] * 12
    assert found.metrics["test_accuracy"] == pytest.approx((predictions.true == predictions.predicted).mean())
    assert found.metrics["test_accuracy_low"] <= found.metrics["test_accuracy"] <= found.metrics["test_accuracy_high"]
    winners = table_of(found.run_id, "winners")
    assert list(winners["run"]) == [one.winner.run_id for one in seen]
    assert list(winners["test_accuracy"]) == [one.winner.metrics["test_accuracy"] for one in seen]
    assert {"objective", "hp.C", "hp.kernel"} <= set(winners)
    assert registry.versions_of("synthetic-genre") == {}
    assert ledger.look_up(made.test_part).scored == 1


def test_one_that_was_interrupted_goes_on_with_its_fold_and_ends_the_same(monkeypatch, capsys):
    lead = Search.lead

    def until_the_second(self, address, *, nested):
        if self.fold == 1:
            raise KeyboardInterrupt
        return lead(self, address, nested=nested)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Search, "lead", until_the_second)
        nested.tune_nested(data())
    found = nested.tune_nested(data())
    said = capsys.readouterr().out
    assert "resuming: 1 of 2 folds are done" in said
    assert "changed since" not in said
    predictions = runs.read_text(found.run_id, "predictions.csv")
    assert len(trials.trial_runs(Search(data(), 0).key)) == 1
    again = nested.tune_nested(data())  # complete: the searches and their winners are known
    assert capsys.readouterr().out.count("resuming this search: 1 of 1 trials are done") == 2
    assert runs.read_text(again.run_id, "predictions.csv") == predictions
    assert ledger.look_up(data().test_part).scored == 1
    alone = search.tune(training_data(FOLDS[0], **{"tuning.refit": "true", "tuning.trials": "1"}))
    assert alone.winner.version == "1"  # which is the same search, and registers its winner all the same


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: training_data(**{"tuning.refit": "true"}), "'random' has one; use -P split=kfold"),
        (lambda: data(**{"tuning.refit": "false"}), "tuning.refit must be true"),
    ],
)
def test_what_cannot_be_nested_is_one_line(made, said):
    with pytest.raises(ConfigError, match=said):
        nested.tune_nested(made())
