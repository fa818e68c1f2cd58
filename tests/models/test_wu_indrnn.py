"""Wu 2018: five independently recurrent layers, the last of which is asked at the end of the sequence."""

import numpy as np
import pytest
from keras_tuner import HyperParameters

from genrelab.backend import keras
from genrelab.layers import IndRNN
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
    backwards = np.asarray(net(x[:, :, ::-1]))
    assert np.abs(backwards - np.asarray(net(x))).max() > 0.01


def test_it_learns_what_only_the_order_tells():
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    x = rng.normal(0, 0.3, (60, PATHS, FRAMES, 1)).astype(np.float32)
    for clip, label in zip(x, y, strict=True):  # the same ten loud frames, at the beginning, in the middle or the end
        clip[:, 10 * label : 10 * label + 10] += 2
    net = built(learning_rate=2e-3)
    net.fit(x, np.eye(3)[y], epochs=15, batch_size=12, verbose=0)
    net.evaluate(x, np.eye(3)[y], verbose=0)
    assert (np.asarray(net(x)).argmax(axis=1) == y).mean() > 0.9


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_dropout_is_as_strong_as_asked_for(rate):
    net = built(dropout=rate)
    assert [net.get_layer(f"dropout{i}").rate for i in range(1, 6)] == [rate] * 5


def test_the_learning_rate_is_the_reported_one_unless_told_otherwise():
    assert float(built().optimizer.learning_rate) == pytest.approx(2e-4)
