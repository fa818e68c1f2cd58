"""Vishnupriya & Meenakshi's CNN: the same net whatever the feature, and each feature on its own scale."""

import numpy as np
import pytest
from untraced import outputs

from genrelab.classifiers import hyperparameters
from genrelab.layers.keras_backend import keras
from genrelab.models import vishnupriya_cnn

MEL, MFCC = (128, 160), (39, 160)


def net(shape, **overrides):
    hp = hyperparameters.choose(vishnupriya_cnn, overrides, shape, 3)
    keras.utils.set_random_seed(0)
    return vishnupriya_cnn.build(hp, shape, 3)


def architecture(model):
    """Return each layer's kind and settings; names and numbers that Keras makes up, and the input's shape, left out."""
    described = ("filters", "kernel_size", "padding", "activation", "pool_size", "units", "rate", "axis")
    configs = [(type(layer).__name__, layer.get_config()) for layer in model.layers]
    return [(kind, {key: config[key] for key in described if key in config}) for kind, config in configs]


@pytest.mark.parametrize("blocks", [1, 2, 3])
def test_it_is_the_same_net_on_either_feature(blocks):
    mel, mfcc = net(MEL, blocks=blocks), net(MFCC, blocks=blocks)
    assert architecture(mel) == architecture(mfcc)
    kernels = [[m.get_layer(f"conv{i}").kernel.shape for i in range(1, blocks + 1)] for m in (mel, mfcc)]
    assert kernels[0] == kernels[1]
    assert vishnupriya_cnn.FEATURES == ("mel", "mfcc")


def test_hyperparameters_do_not_depend_on_the_feature():
    spaces = [hyperparameters.choose(vishnupriya_cnn, {}, shape, 3) for shape in (MEL, MFCC)]
    for space, shape in zip(spaces, (MEL, MFCC), strict=True):
        vishnupriya_cnn.build(space, shape, 3)
    assert spaces[0].values == spaces[1].values


def test_the_scale_of_a_feature_makes_no_difference():
    x = np.random.default_rng(0).normal(size=(6, *MFCC, 1)).astype(np.float32)
    scaled = 50 * x - 300  # as of another unit
    answers = []
    for values in (x, scaled):
        model = net(MFCC)
        model.get_layer("standardise_rows").adapt(values)
        answers.append(outputs(model, values))
    np.testing.assert_allclose(answers[0], answers[1], atol=1e-3)
    assert np.ptp(answers[0], axis=0).max() > 1e-2


@pytest.mark.parametrize("blocks", [1, 2, 3])
def test_it_has_as_many_convolutions_as_it_is_asked_for(blocks):
    assert sum(isinstance(layer, keras.layers.Conv2D) for layer in net(MFCC, blocks=blocks).layers) == blocks


def test_it_takes_few_rows_and_frames():
    assert outputs(net((3, 4), blocks=3), np.zeros((1, 3, 4, 1), np.float32)).shape == (1, 3)
