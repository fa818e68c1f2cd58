"""Nets in bfloat16: what stays in float32, and that nothing of it stays behind."""

import numpy as np
import pytest

from genrelab.layers import (
    Gain,
    IndRNN,
    LinearAttention,
    PatchMean,
    SoundingFrames,
    SoundingLength,
    SoundingMean,
    WindowMoments,
    precision,
)
from genrelab.layers.keras_backend import keras

layers = keras.layers
HALF = "mixed_bfloat16"


def net():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 6, 1))
    x = layers.Normalization(axis=1, name="normalization")(Gain(3.0, name="gain")(inputs))
    x = layers.Reshape((8, 6))(x)
    x = layers.Bidirectional(layers.GRU(4, name="gru"), name="rnn")(x)
    outputs = layers.Activation("linear", name="last")(layers.Dense(3, activation="softmax", name="genre")(x))
    return keras.Model(inputs, outputs)


def test_layers_compute_in_bfloat16_but_for_those_that_see_levels_or_give_probabilities():
    half = net()
    precision.apply(half, "bfloat16")
    kinds = {layer.name: (layer.compute_dtype, layer.variable_dtype) for layer in half._flatten_layers()}
    computes = {name: compute for name, (compute, _) in kinds.items()}
    assert {name for name in computes if computes[name] == "bfloat16"} >= {"rnn", "forward_gru", "backward_gru"}
    assert {name for name in computes if computes[name] == "float32"} >= {"gain", "normalization", "genre", "last"}
    assert {variable for _, variable in kinds.values()} == {"float32"}
    x = np.random.default_rng(0).normal(0, 1, (5, 8, 6, 1)).astype(np.float32)
    found = half(x)
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    np.testing.assert_allclose(found, net()(x), atol=0.02)
    assert not np.array_equal(found, net()(x))


def test_the_next_net_is_in_float32():
    precision.apply(net(), "bfloat16")
    assert keras.config.dtype_policy().name == "float32"
    assert {layer.compute_dtype for layer in net()._flatten_layers()} == {"float32"}


def test_float32_changes_nothing():
    single = net()
    before = [layer.dtype_policy for layer in single._flatten_layers()]
    precision.apply(single, "float32")
    assert [layer.dtype_policy for layer in single._flatten_layers()] == before


def of_a_second(level):
    """Return a clip of 700 frames: sound a quarter of a dB above the padding, which begins after frame 600."""
    x = np.full((1, 2, 700, 1), -80.0, np.float32)
    x[:, :, :600] = level
    return x


@pytest.mark.parametrize("kind", [SoundingLength(), SoundingFrames(-80.0)], ids=lambda layer: type(layer).__name__)
def test_quiet_sound_is_told_from_padding(kind):
    inputs = keras.Input((2, 700, 1))
    half = keras.Model(inputs, layers.Activation("linear")(kind(inputs)))
    precision.apply(half, "bfloat16")
    assert np.sum(half(of_a_second(-79.9))) == 600


def test_means_over_many_frames_are_exact():
    x = np.random.default_rng(0).uniform(0.9, 1.1, (2, 700, 3)).astype(np.float32)
    length = np.array([600, 700], np.int32)
    found = SoundingMean(dtype=HALF)(x, length)
    np.testing.assert_allclose(np.asarray(found, np.float32), SoundingMean()(x, length), rtol=0.005)
    attention = LinearAttention(dtype=HALF)
    attention.build(x.shape, x.shape)
    attention.score.set_weights([np.zeros((3, 1))])
    np.testing.assert_allclose(np.asarray(attention(x, x), np.float32), x.mean(axis=1), rtol=0.005)


def test_variances_of_large_numbers_are_kept():
    x = (100 + np.random.default_rng(0).normal(0, 1, (2, 300, 3))).astype("bfloat16").astype(np.float32)
    found = np.asarray(WindowMoments(300, 300, dtype=HALF)(x), np.float32)
    np.testing.assert_allclose(found, WindowMoments(300, 300)(x), rtol=0.01)


def test_units_remember_over_a_thousand_frames():
    x = np.random.default_rng(0).normal(0, 0.1, (2, 1000, 3)).astype(np.float32)
    half, single = IndRNN(4, dtype=HALF), IndRNN(4)
    single.build(x.shape)
    half.build(x.shape)
    weights = single.get_weights()
    weights[1] = np.full(4, 0.999)
    for layer in (half, single):
        layer.set_weights(weights)
    np.testing.assert_allclose(np.asarray(half(x), np.float32), single(x), rtol=0.05, atol=0.02)


def test_patches_are_averaged_in_float32():
    assert PatchMean.always_float32
