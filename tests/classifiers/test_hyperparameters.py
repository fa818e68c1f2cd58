"""Spaces and presets of the thesis's nets, and what a wrong name says."""

import pytest

from genrelab.classifiers import hyperparameters
from genrelab.errors import ConfigError
from genrelab.models import cnn, crnn, svm

SHAPE = (128, 160)


def names(module, space, fixed=()):
    return [hp.name for hp in hyperparameters.searched(module, space, dict.fromkeys(fixed), SHAPE, 10).space]


def test_the_thesiss_spaces():
    units = ["conv1.units", "conv2.units", "dense.units"]
    activations = ["conv1.activation", "conv2.activation", "dense.activation"]
    assert set(names(cnn, "units")) == {*units, "learning_rate"}
    assert set(names(cnn, "activations")) == {*activations, "learning_rate"}
    assert set(names(cnn, "both")) == {*units, *activations, "learning_rate"}
    assert len(names(crnn, "both")) == 13


def test_a_space_of_ones_own():
    assert names(cnn, "conv*.units, learning_rate") == ["conv1.units", "conv2.units", "learning_rate"]
    assert set(names(cnn, "units,dense.*")) == {*names(cnn, "units"), "dense.activation"}
    assert names(svm, "C", fixed=["kernel"]) == ["C"]


@pytest.mark.parametrize(
    ("space", "said"),
    [
        ("unit", "did you mean 'units'"),
        ("conv*.units,conv9.*", "'conv9.\\*' is not a space"),
        ("units,", "'' is not a space"),
    ],
)
def test_a_pattern_that_matches_nothing_is_an_error(space, said):
    with pytest.raises(ConfigError, match=said):
        names(cnn, space)


def test_the_ranges_are_the_thesiss():
    space = {hp.name: hp for hp in hyperparameters.searched(cnn, "both", {}, SHAPE, 10).space}
    units = space["conv1.units"]
    assert (units.min_value, units.max_value, units.step) == (32, 128, 16)
    assert space["dense.activation"].values == ["relu", "elu", "tanh", "sigmoid"]
    rate = space["learning_rate"]
    assert (rate.min_value, rate.max_value, rate.sampling) == (1e-4, 1e-2, "log")


def test_the_thesiss_winners_are_presets():
    both = hyperparameters.preset(cnn, "thesis-both")
    assert (both["conv1.units"], both["conv1.activation"]) == (128, "tanh")
    assert (both["conv2.units"], both["conv2.activation"]) == (48, "elu")
    assert (both["dense.units"], both["dense.activation"], both["learning_rate"]) == (112, "elu", 2.84e-4)
    units = hyperparameters.preset(crnn, "thesis-units")
    assert [units[f"conv{i}.units"] for i in (1, 2, 3, 4)] == [128, 48, 48, 80]
    assert (units["gru1.units"], units["gru2.units"], units["learning_rate"]) == (112, 48, 2.8e-4)
    with pytest.raises(ConfigError, match="did you mean 'thesis-both'"):
        hyperparameters.preset(crnn, "thesis-bth")


@pytest.mark.parametrize("module", [cnn, crnn])
def test_the_thesiss_nets_learn_as_the_thesis_says_unless_a_recipe_is_asked_for(module):
    plain = module.build(hyperparameters.choose(module, {}, SHAPE, 10), SHAPE, 10)
    assert (type(plain.optimizer).__name__, plain.loss.label_smoothing) == ("Adam", 0.0)
    recipe = hyperparameters.preset(module, "recipe")
    assert recipe["slices.seconds"] < 30
    hp = hyperparameters.choose(module, {name: recipe[name] for name in ("label_smoothing", "anneal")}, SHAPE, 10)
    assert module.build(hp, SHAPE, 10).loss.label_smoothing == recipe["label_smoothing"]
