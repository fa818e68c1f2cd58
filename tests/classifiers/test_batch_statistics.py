"""Averages of batch normalisation over given clips, exact from the lowest layer upwards."""

import numpy as np
import pytest

from genrelab.classifiers.batch_statistics import BatchStatistics
from genrelab.layers.keras_backend import keras

layers = keras.layers


def test_each_layers_averages_are_those_of_its_input_in_a_judging_net():
    keras.utils.set_random_seed(0)
    net = keras.Sequential(
        [
            keras.Input((4, 6, 1)),
            layers.Conv2D(3, 3, name="conv"),
            layers.BatchNormalization(name="norm1"),
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Dense(5, activation="relu", name="dense"),
            layers.BatchNormalization(name="norm2"),
        ]
    )
    x = np.random.default_rng(0).normal(3, 2, (10, 4, 6, 1)).astype(np.float32)
    BatchStatistics(net).recompute([x[:7], x[7:]])  # batches of unequal size
    for name, below, axes in (("norm1", "conv", (0, 1, 2)), ("norm2", "dense", 0)):
        norm = net.get_layer(name)
        values = np.asarray(keras.Model(net.inputs[0], net.get_layer(below).output)(x))
        np.testing.assert_allclose(norm.moving_mean, values.mean(axis=axes), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(norm.moving_variance, values.var(axis=axes), rtol=1e-3, atol=1e-5)


def test_a_net_without_such_layers_is_left_alone():
    net = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    before = net.get_weights()
    BatchStatistics(net).recompute([np.ones((3, 4), np.float32)])
    for old, new in zip(before, net.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_an_estimate_is_near_the_exact_averages_and_touches_nothing_else():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4, 6, 1))
    x = layers.Conv2D(3, 3, name="conv")(inputs)
    x = layers.BatchNormalization(name="norm1")(x)
    x = layers.Concatenate()([layers.ReLU()(x), layers.Dropout(0.5)(x)])  # not a chain of layers
    x = layers.Conv2D(4, 2, activation="relu")(x)
    net = keras.Model(inputs, layers.Flatten()(layers.BatchNormalization(name="norm2")(x)))
    clips = np.random.default_rng(0).normal(3, 2, (400, 4, 6, 1)).astype(np.float32)
    statistics, batches = BatchStatistics(net), np.split(clips, 2)
    weights = [keras.ops.convert_to_numpy(weight) for weight in net.trainable_variables]
    statistics.recompute(batches)
    exact = [keras.ops.convert_to_numpy(weight) for weight in net.non_trainable_variables]
    for weight in net.non_trainable_variables:
        if "moving" in weight.path:
            weight.assign(np.full(weight.shape, 7.0))
    statistics.estimate(batches)
    for old, new in zip(exact, net.non_trainable_variables, strict=True):
        np.testing.assert_allclose(new, old, rtol=0.02, atol=0.02)
    for old, new in zip(weights, net.trainable_variables, strict=True):
        np.testing.assert_array_equal(new, old)


def test_an_estimate_follows_the_weights():
    """A compiled function that had taken the weights for constants would not."""
    net = keras.Sequential([keras.Input((3, 1)), layers.BatchNormalization(), layers.BatchNormalization(name="second")])
    first, second = net.layers
    statistics, x = BatchStatistics(net), [np.random.default_rng(0).normal(size=(50, 3, 1)).astype(np.float32)]
    statistics.estimate(x)
    first.gamma.assign([3.0])
    first.beta.assign([5.0])
    statistics.estimate(x)
    np.testing.assert_allclose(second.moving_mean, 5, rtol=1e-3)
    np.testing.assert_allclose(second.moving_variance, 9, rtol=1e-2)


@pytest.mark.filterwarnings("error::UserWarning")  # Keras's, where a mask is lost
def test_a_net_with_masks_has_averages_too():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((6, 2))
    x = layers.BatchNormalization()(layers.Masking()(inputs))
    norm = layers.BatchNormalization()
    statistics = BatchStatistics(keras.Model(inputs, norm(layers.GRU(3)(x))))
    sequences = np.random.default_rng(0).normal(size=(40, 6, 2)).astype(np.float32)
    sequences[:20, 3:] = 0  # which is padding
    statistics.recompute([sequences])
    exact = keras.ops.convert_to_numpy(norm.moving_mean)
    statistics.estimate([sequences])  # a single batch is all that there is, so that both are the same
    np.testing.assert_allclose(norm.moving_mean, exact, atol=1e-5)
