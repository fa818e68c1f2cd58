"""The independently recurrent layer against its recurrence, written out."""

import numpy as np
import pytest

from genrelab.layers import IndRNN
from genrelab.layers.keras_backend import keras

FRAMES, FEATURES, UNITS = 30, 4, 6


@pytest.fixture
def layer() -> IndRNN:
    keras.utils.set_random_seed(0)
    layer = IndRNN(UNITS)
    layer.build((None, FRAMES, FEATURES))
    rng = np.random.default_rng(0)
    kernel, recurrent, bias = layer.get_weights()
    layer.set_weights([kernel, rng.uniform(-1, 1, recurrent.shape), rng.normal(0, 1, bias.shape)])
    return layer


def some(frames: int = FRAMES) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 1, (3, frames, FEATURES)).astype(np.float32)


def test_its_states_are_those_of_the_recurrence(layer):
    x, (kernel, recurrent, bias) = some(), layer.get_weights()
    state, states = np.zeros((3, UNITS)), []
    for t in range(FRAMES):
        state = np.maximum(x[:, t] @ kernel + recurrent * state + bias, 0)
        states.append(state)
    found = np.asarray(layer(x))
    np.testing.assert_allclose(found, np.stack(states, axis=1), rtol=1e-4, atol=1e-5)
    layer.sequences = False
    np.testing.assert_allclose(np.asarray(layer(x)), found[:, -1], rtol=1e-6)


def test_a_units_state_depends_on_no_other_units(layer):
    x, (kernel, recurrent, bias) = some(), layer.get_weights()
    before = np.asarray(layer(x))
    bias[2] += 3
    recurrent[2] *= -0.5
    layer.set_weights([kernel, recurrent, bias])
    after = np.asarray(layer(x))
    np.testing.assert_array_equal(np.delete(after, 2, axis=2), np.delete(before, 2, axis=2))
    assert np.abs(after[:, :, 2] - before[:, :, 2]).min(axis=0).max() > 0.1


def test_it_remembers(layer):
    kernel, _, bias = layer.get_weights()
    layer.set_weights([np.abs(kernel), np.ones(UNITS), np.zeros_like(bias)])
    x = np.zeros((1, FRAMES, FEATURES), np.float32)
    x[0, 0] = 1
    found = np.asarray(layer(x))
    np.testing.assert_allclose(found[0, -1], found[0, 0])
    assert found[0, 0].min() > 0


@pytest.mark.parametrize("frames", [2, 30])
def test_its_recurrent_weights_stay_where_states_at_most_double_in_a_sequence(frames):
    keras.utils.set_random_seed(0)
    layer = IndRNN(UNITS, sequences=False)
    net = keras.Sequential([keras.Input((frames, FEATURES)), layer])
    bound = 2 ** (1 / frames)
    begun = np.asarray(layer.recurrent)
    assert (begun >= 0).all()
    assert begun.max() <= bound
    net.compile(keras.optimizers.SGD(1.0), "mse")
    net.train_on_batch(some(frames), np.full((3, UNITS), 100.0))  # steps that would carry them far beyond
    after = np.asarray(layer.recurrent)
    assert np.abs(after).max() == pytest.approx(bound)
    assert (after != begun).any()


def test_it_is_saved_and_loaded_with_its_constraint(layer, tmp_path):
    net = keras.Sequential([keras.Input((FRAMES, FEATURES)), IndRNN(UNITS, growth=3.0)])
    net.save(tmp_path / "net.keras")
    again = keras.saving.load_model(tmp_path / "net.keras", safe_mode=True)
    np.testing.assert_array_equal(np.asarray(again(some())), np.asarray(net(some())))
    assert again.layers[-1].recurrent.constraint.bound == pytest.approx(3 ** (1 / FRAMES))
