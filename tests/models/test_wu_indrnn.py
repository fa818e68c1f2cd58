"""Wu 2018: five independently recurrent layers, the last of which is asked at the end of the sequence."""

import numpy as np
import pytest
from keras_tuner import HyperParameters

from genrelab.layers import IndRNN
from genrelab.layers.keras_backend import keras
from genrelab.models import wu_indrnn

PATHS, FRAMES = 20, 30


def built(**values) -> keras.Model:
    keras.utils.set_random_seed(0)
    hp = HyperParameters()
    hp.values.update({"units": 64, **values})
    return wu_indrnn.build(hp, (PATHS, FRAMES), 3)


def clips(n: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 1, (n, PATHS, FRAMES, 1)).astype(np.float32)


def test_its_recurrence_is_five_independent_layers_with_normalisation_after_each():
    net = built()
    order = [layer.name for layer in net.layers]
    recurrent = [layer for layer in net.layers if isinstance(layer, IndRNN)]
    assert [layer.recurrent.shape for layer in recurrent] == [(64,)] * 5
    assert not any(isinstance(layer, keras.layers.RNN) for layer in net.layers)
    for i in range(1, 6):
        assert order.index(f"norm{i}") == order.index(f"indrnn{i}") + 1
    assert recurrent[-1].output.shape == (None, 64)


def test_the_order_of_frames_matters():
    net, x = built(), clips(4)
    last = keras.Model(net.input, net.get_layer("norm5").output)
    there, back = np.asarray(last(x)), np.asarray(last(x[:, :, ::-1]))
    assert np.abs(there - back).max() > 0.1 * np.abs(there).max()


def test_training_reaches_the_memory_of_every_layer_and_keeps_it_in_bounds():
    net = built(learning_rate=1e-2)
    net.run_eagerly = True  # one step, for which a graph is not worth its while
    recurrent = [layer.recurrent for layer in net.layers if isinstance(layer, IndRNN)]
    before = [keras.ops.convert_to_numpy(weights) for weights in recurrent]
    net.train_on_batch(clips(12), np.eye(3)[np.arange(12) % 3])
    for old, new in zip(before, map(keras.ops.convert_to_numpy, recurrent), strict=True):
        assert (old != new).mean() > 0.5
        assert np.abs(new).max() <= np.float32(2 ** (1 / FRAMES))


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_dropout_is_as_strong_as_asked_for(rate):
    net = built(dropout=rate)
    assert [net.get_layer(f"dropout{i}").rate for i in range(1, 6)] == [rate] * 5


def test_the_learning_rate_is_the_reported_one_unless_told_otherwise():
    assert float(built().optimizer.learning_rate) == pytest.approx(2e-4)
