"""What is done along time in layers/moments.py."""

import numpy as np
import pytest

from genrelab.layers import First, WindowMoments
from genrelab.layers.keras_backend import keras


def test_means_and_variances_are_those_of_each_window():
    x = np.array([[[1.0, 0], [3, 0], [5, 2], [5, 2], [0, 7]]], np.float32)  # 5 frames of 2 units
    found = np.asarray(WindowMoments(window=2, hop=2)(x))
    np.testing.assert_allclose(found, [[[2, 0, 1, 0], [5, 2, 0, 0]]], atol=1e-6)


@pytest.mark.parametrize(("window", "hop", "windows"), [(20, 10, 4), (215, 107, 1), (50, 1, 1), (7, 3, 15)])
def test_it_agrees_with_numpy_whatever_the_window(window, hop, windows):
    x = np.random.default_rng(0).normal(1000, 1, (3, 50, 4)).astype(np.float32)
    layer = WindowMoments(window, hop)
    found, wide = np.asarray(layer(x)), min(window, 50)
    assert found.shape == (3, windows, 8) == layer.compute_output_shape(x.shape)
    for i in range(windows):
        part = x[:, i * hop : i * hop + wide].astype(np.float64)
        np.testing.assert_allclose(found[:, i, :4], part.mean(axis=1), rtol=1e-5)
        np.testing.assert_allclose(found[:, i, 4:], part.var(axis=1), rtol=1e-2, atol=1e-3)


def test_the_first_input_goes_on_and_the_others_are_there():
    inputs = keras.Input((3,))
    aside = keras.layers.Dense(5, name="aside")(inputs)
    net = keras.Model(inputs, First()([2 * inputs, aside]))
    x = np.ones((2, 3), np.float32)
    np.testing.assert_allclose(np.asarray(net(x)), 2 * x)
    assert keras.Model(net.input, net.get_layer("aside").output).output_shape == (None, 5)
