"""What the verbs make of their options."""

import pytest

from genrelab import config
from genrelab.errors import ConfigError
from genrelab.verbs import inference, training


@pytest.mark.parametrize(
    ("split", "taken"), [("random", "kfold"), ("artist", "kfold"), ("kfold", "kfold"), ("artist_kfold", "artist_kfold")]
)
def test_folds_are_of_the_split_that_is_asked_for_if_it_has_any(split, taken):
    found = training.in_folds(config.load(overrides={"split": split, f"splits.{taken}.seed": "7"}), 3)
    assert found.split == taken
    assert found.split_params(taken)[1].model_dump() == {"folds": 3, "valid": 0.125, "seed": 7}


def test_a_wrong_number_of_folds_is_one_line():
    with pytest.raises(ConfigError, match=r"splits\.artist_kfold\.folds"):
        training.in_folds(config.load(overrides={"split": "artist_kfold"}), 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": "cnn", "preset": "thesis-both", "from_tune": "1a2b"}, "leave out one of the two"),
        ({"model": "cnn", "seeds": 1}, "seeds must be a whole number of 2 or more, got 1"),
    ],
)
def test_options_that_make_no_training_are_one_line(options, message):
    with pytest.raises(ConfigError, match=message):
        training.train(**options)


def test_what_no_search_can_be_is_one_line():
    with pytest.raises(ConfigError, match="role must be chief or worker"):
        training.tune("cnn", role="boss")
    with pytest.raises(ConfigError, match="chief is the address"):
        training.tune("cnn", chief="host:1")
    with pytest.raises(ConfigError, match=r"parameter 'tuning\.trials' is wrong"):
        training.tune("cnn", trials=0)


def test_a_search_has_an_objective_of_its_kind_of_task():
    tags = {"task": "mood", "tasks.mood": "{kind: multilabel}", "tuning.objective": "valid_accuracy_low"}
    assert training._with_objective(config.load(overrides=tags)).tuning.objective == "valid_map_low"
    usual = config.load()
    assert training._with_objective(usual) is usual
    with pytest.raises(ConfigError, match=r"valid_map is for multilabel tasks, but 'genre' is not one"):
        training._with_objective(config.load(overrides={"tuning.objective": "valid_map"}))


def test_a_search_for_which_nothing_is_named_is_small():
    settings = config.load()
    assert training._small(settings, None) == {"tuning.trials": 3, "training.epochs": 4}
    assert training._small(settings, 9) == {"training.epochs": 4}
    assert training._small(config.load(overrides={"training.epochs": 7}), None) == {"tuning.trials": 3}


def test_predict_without_a_sound_is_one_line():
    with pytest.raises(ConfigError, match="predict needs sound files"):
        inference.predict()
