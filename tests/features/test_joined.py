"""A feature by itself, and several joined."""

import numpy as np
import pytest

from genrelab import config
from genrelab.errors import ConfigError
from genrelab.features import mel
from genrelab.features._base import Feature, join

ONE = mel.Params(frames=20, n_mels=16)


def test_one_is_what_its_module_says():
    joined = Feature({"mel": ONE})
    y = np.random.default_rng(0).normal(0, 0.1, 9000).astype(np.float32)
    assert joined.name == "mel"
    assert joined.shape == joined.input_shape == (16, 20)
    assert (joined.frame_rate, joined.pad_value) == (mel.frame_rate(ONE), -80)
    assert joined.seconds == mel.seconds(ONE)
    np.testing.assert_array_equal(joined.extract({22050: y}), mel.extract(y, ONE))
    assert Feature.from_params(joined.name, joined.dump()) == joined
    assert joined.non_default() == {"frames": 20, "n_mels": 16}


def test_stretched_sounds_fill_any_width():
    assert Feature({"mel": mel.Params(fit="resize")}).seconds is None


def test_several_are_one_row_each_flattened_in_turn():
    a, b = np.arange(12.0).reshape(2, 2, 3), np.arange(4.0).reshape(2, 2)
    np.testing.assert_array_equal(join([a, b]), [[0, 1, 2, 3, 4, 5, 0, 1], [6, 7, 8, 9, 10, 11, 2, 3]])
    assert join([a]) is a


def test_what_params_yaml_leaves_open_is_as_the_model_has_it():
    class Model:
        FEATURES = ("mel",)
        TRAINING_DEFAULTS = {"training.epochs": 7, "slices.seconds": 3.0}  # noqa: RUF012

    loaded = config.load()
    assert (loaded.feature, loaded.training.epochs, loaded.slices.seconds) == ("mel", 25, 0)
    own = loaded.for_model(Model)
    assert (own.training.epochs, own.slices.seconds, own.training.batch_size) == (7, 3.0, 20)
    said = config.load(overrides={"epochs": "2"}).for_model(Model)
    assert (said.training.epochs, said.slices.seconds) == (2, 3.0)
    assert (
        config.load(overrides={"epochs": "7", "slices.seconds": "3"}).config_hash
        == own.config_hash
        != loaded.config_hash
    )

    class Plain:
        FEATURES = ("mel",)

    assert own.for_model(Plain).config_hash == loaded.config_hash


def test_a_kind_that_there_is_not_is_named():
    with pytest.raises(ConfigError, match="there is no 'mell' among the features"):
        config.load(overrides={"feature": "mel+mell"})
