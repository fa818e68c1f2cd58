"""The models of params.yaml in turn."""

import pytest
from training_data import training_data

from genrelab.errors import ConfigError
from genrelab.tracking import runs
from genrelab.training import series, trainer

pytestmark = pytest.mark.usefixtures("workplace")


def test_a_killed_line_goes_on_after_the_models_that_are_trained(monkeypatch, capsys):
    train = trainer.train

    def no_further_than_svm(data, **words):
        if data.model == "cnn":
            raise KeyboardInterrupt
        return train(data, **words)

    each = [training_data(model=model, epochs="1") for model in ("svm", "cnn")]
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(trainer, "train", no_further_than_svm)
        with runs.run("first", "main", each[0].config, {}) as run_id:
            series.train_each(each, run_id)
    assert "already trained" not in capsys.readouterr().out
    with runs.run("second", "main", each[0].config, {}) as run_id:
        series.train_each(each, run_id)
    output = capsys.readouterr().out
    assert "svm: already trained" in output
    assert output.count("already trained") == 1
    board = runs.scored("synthetic")
    assert sorted(run.data.tags["model"] for run in board) == ["cnn", "svm"]
    assert {run.data.tags["mlflow.parentRunId"] for run in board} == {run_id}


def test_what_is_wrong_with_the_last_is_said_before_the_first_is_trained(capsys):
    each = [training_data(model=model, **{"hp.C": "1"}) for model in ("svm", "cnn")]
    with pytest.raises(ConfigError, match=r"unknown hyperparameter 'hp\.C'"):
        series.train_each(each, "none")
    assert capsys.readouterr().out == ""
