"""Pelchat & Gelowitz's CNN: four convolutions, ReLU or ELU, on pictures of three seconds."""

import numpy as np
import pytest
from untraced import outputs

from genrelab.classifiers import hyperparameters
from genrelab.layers.keras_backend import keras
from genrelab.models import pelchat_cnn

SHAPE = (128, 64)
SMALL = {**{f"conv{i}.units": 16 for i in (1, 2, 3, 4)}, "dense.units": 64}


def net(shape=SHAPE, **overrides):
    hp = hyperparameters.choose(pelchat_cnn, overrides, shape, 3)
    keras.utils.set_random_seed(0)
    return pelchat_cnn.build(hp, shape, 3)


def test_it_hears_three_seconds_at_a_time():
    assert pelchat_cnn.TRAINING_DEFAULTS == {"slices.seconds": 3.0}


def test_four_convolutions_bring_128_bands_and_frames_to_8():
    model = net((128, 128), **{"dense.units": 64})
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.filters for layer in convolutions] == [64, 128, 256, 512]
    assert {layer.kernel_size for layer in convolutions} == {(2, 2)}
    assert model.get_layer("pool4").output.shape[1:] == (8, 8, 512)


@pytest.mark.parametrize(("activation", "lowest"), [("relu", 0.0), ("elu", -1.0)])
def test_elu_lets_negative_values_through_and_relu_does_not(activation, lowest):
    model = net(activation=activation, **SMALL)
    x = 5 * np.random.default_rng(0).normal(size=(3, *SHAPE, 1)).astype(np.float32)
    for name in ("conv1", "conv2", "conv3", "conv4", "dense"):
        found = outputs(keras.Model(model.input, model.get_layer(name).output), x)
        assert found.min() >= lowest
        assert (found.min() < -0.1) == (activation == "elu")
        assert found.max() > 1


def test_the_activation_is_what_differs_and_nothing_else():
    relu, elu = net(activation="relu", **SMALL), net(activation="elu", **SMALL)
    for one, other in zip(relu.get_weights(), elu.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    x = np.random.default_rng(0).normal(size=(2, *SHAPE, 1)).astype(np.float32)
    assert not np.allclose(outputs(relu, x), outputs(elu, x), atol=1e-4)


@pytest.mark.parametrize("frames", [4, 129])
def test_it_takes_short_and_wide_pictures(frames):
    assert outputs(net((128, frames), **SMALL), np.zeros((1, 128, frames, 1), np.float32)).shape == (1, 3)
