"""Cross-validation in this process: what it pools, and that it goes on after the fold that is done."""

import io

import pandas as pd
import pytest
from training_data import CLIPS, FOLD, training_data

from genrelab.corpus import Fold
from genrelab.tracking import registry, runs
from genrelab.training import cross_validation, trainer

pytestmark = pytest.mark.usefixtures("workplace")
IDS = [clip.id for clip in CLIPS]
FOLDS = [
    Fold(tuple(IDS[:12]), tuple(IDS[12:18]), tuple(IDS[18:])),
    Fold(tuple(IDS[12:]), tuple(IDS[8:12]), tuple(IDS[:8])),
]


def test_one_that_was_interrupted_goes_on_after_the_folds_that_are_done(monkeypatch, capsys):
    train = trainer.train

    def until_the_second(*args, fold, **kwargs):
        if fold == 1:
            raise KeyboardInterrupt
        return train(*args, fold=fold, **kwargs)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(trainer, "train", until_the_second)
        cross_validation.crossvalidate(training_data(*FOLDS))
    capsys.readouterr()
    data = training_data(*FOLDS)
    found = cross_validation.crossvalidate(data)
    assert "resuming: 1 of 2 folds are done" in capsys.readouterr().out
    assert not {*FOLDS[0].test} - data.read  # they are trained on in the second fold
    table = pd.read_csv(io.StringIO(runs.read_text(found.run_id, "predictions.csv")))
    assert list(table["clip"]) == [*FOLDS[0].test, *FOLDS[1].test]
    assert list(table.fold) == [0] * 6 + [1] * 8
    assert found.metrics["test_clips"] == 14
    again = cross_validation.crossvalidate(training_data(*FOLDS))  # complete: a new one starts
    assert "resuming" not in capsys.readouterr().out
    assert again.metrics == found.metrics


def test_seeds_are_trainings_like_any_other_and_their_spread_is_told():
    data = training_data(seed="3")
    found = cross_validation.repeat(data, 2)
    table = pd.read_csv(io.StringIO(runs.read_text(found.run_id, "predictions.csv")))
    assert list(table["clip"]) == [*FOLD.test] * 2
    assert list(table.fold) == [0] * 6 + [1] * 6
    assert found.metrics["test_clips"] == 6
    board = runs.scored("synthetic")
    assert sorted(run.data.params["seed"] for run in board) == ["3", "4"]
    metrics = runs.metrics_of(found.run_id)
    assert metrics["test_accuracy_std"] >= 0
    assert metrics["test_accuracy_mean"] == pytest.approx(found.metrics["test_accuracy"])
    assert len(registry.versions_of("synthetic-genre")) == 2


@pytest.mark.parametrize(("model", "epochs"), [("cnn", True), ("cnn+svm", False)])
def test_an_ensemble_is_not_said_to_have_epochs_that_its_members_may_not_have(model, epochs):
    data = training_data(model=model, **({"members.cnn.training.epochs": "2"} if "+" in model else {}))
    settings = trainer.tags_of(data, {})["settings"]
    assert settings.startswith("epochs 25") is epochs
    assert ("cnn.training.epochs 2" in settings) is not epochs
