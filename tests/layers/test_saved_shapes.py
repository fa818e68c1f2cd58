"""Nets that were saved when a mask's shape had another name are built as before."""

import json

import numpy as np
import pytest

from genrelab.layers import ConvAttention, IndRNN, LinearAttention
from genrelab.layers.keras_backend import keras

LAYERS = {
    "linear attention": (LinearAttention(name="layer"), 2),
    "convolutional attention": (ConvAttention(4, 3, name="layer"), 2),
    "indrnn": (IndRNN(5, sequences=False, name="layer"), 1),
}


@pytest.mark.parametrize("kind", LAYERS)
def test_a_net_saved_with_the_old_name_is_loaded(kind, tmp_path):
    layer, takes = LAYERS[kind]
    frames, mask = keras.Input((10, 3)), keras.Input((10,), dtype="bool")
    net = keras.Model([frames, mask], layer(*[frames] * takes, mask))
    net.save_weights(tmp_path / "net.weights.h5")
    saved = json.dumps(net.get_config())
    old = saved.replace("sounding_shape", "heard_shape")
    assert old != saved
    again = keras.Model.from_config(json.loads(old))
    again.load_weights(tmp_path / "net.weights.h5")
    x = [np.random.default_rng(0).normal(size=(2, 10, 3)).astype(np.float32), np.arange(20).reshape(2, 10) % 10 < 7]
    np.testing.assert_array_equal(net(x), again(x))
