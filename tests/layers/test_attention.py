"""Attention over time: weights that sum to one, told from one sequence and laid upon another."""

import numpy as np
import pytest

from genrelab.layers import ConvAttention, LinearAttention
from genrelab.layers.keras_backend import keras

KINDS = {"linear": LinearAttention, "conv": lambda **kwargs: ConvAttention(8, 3, **kwargs)}


@pytest.fixture(params=KINDS)
def layer(request):
    keras.utils.set_random_seed(0)
    return KINDS[request.param](name="attention")


@pytest.fixture
def sequences():
    rng = np.random.default_rng(0)
    return rng.normal(size=(4, 20, 6)).astype(np.float32), rng.normal(size=(4, 20, 5)).astype(np.float32)


def weights(layer, source) -> np.ndarray:
    return np.asarray(layer.weights_over_time(source))[..., 0]


def test_weights_are_shares_of_the_time_and_their_mean_of_the_values_comes_out(layer, sequences):
    values, source = sequences
    found = np.asarray(layer(values, source))
    shares = weights(layer, source)
    assert shares.shape == (4, 20)
    assert (shares > 0).all()
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(found, np.einsum("btu,bt->bu", values, shares), atol=1e-5)


def test_a_source_that_never_changes_gives_every_frame_the_same_weight():
    layer, values = LinearAttention(), np.random.default_rng(0).normal(size=(2, 20, 6)).astype(np.float32)
    found = layer(values, np.full((2, 20, 5), 0.7, np.float32))
    np.testing.assert_allclose(found, values.mean(axis=1), atol=1e-6)


def test_a_frame_that_stands_out_in_the_source_counts_for_more_and_its_value_comes_out(layer, sequences):
    values, source = sequences
    layer(values, source)
    if isinstance(layer, ConvAttention):
        kernel = np.zeros(layer.look.kernel.shape, np.float32)
        kernel[1] = 1  # sees the frame itself alone
        layer.look.kernel.assign(kernel)
    layer.score.kernel.assign(np.ones(layer.score.kernel.shape))
    salient = np.zeros_like(source)
    salient[:, 7] = 4
    shares = weights(layer, salient)
    assert (shares.argmax(axis=1) == 7).all()
    assert (shares[:, 7] > 0.99).all()
    np.testing.assert_allclose(layer(values, salient), values[:, 7], atol=0.05)


def test_a_linear_score_in_numpy(sequences):
    values, source = sequences
    layer = LinearAttention()
    found = np.asarray(layer(values, source))
    score = source @ np.asarray(layer.score.kernel)[:, 0]
    shares = np.exp(score) / np.exp(score).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found, (values * shares[..., None]).sum(axis=1), atol=1e-5)


def test_a_convolutions_score_knows_the_neighbours_and_a_linear_one_does_not(layer, sequences):
    values, source = sequences
    layer(values, source)
    changed = source.copy()
    changed[:, 10] += 1
    moved = np.asarray(layer.scores(changed) - layer.scores(source))[..., 0]
    at = set(np.flatnonzero(np.abs(moved).max(axis=0) > 1e-5))
    assert at == ({9, 10, 11} if isinstance(layer, ConvAttention) else {10})


def test_a_net_with_it_is_saved_and_loaded_safely(layer, sequences, tmp_path):
    inputs = [keras.Input(x.shape[1:]) for x in sequences]
    net = keras.Model(inputs, layer(*inputs))
    net.save(tmp_path / "net.keras")
    again = keras.saving.load_model(tmp_path / "net.keras", safe_mode=True)
    assert type(again.get_layer("attention")) is type(layer)
    np.testing.assert_array_equal(again.predict_on_batch(sequences), net.predict_on_batch(sequences))


def test_a_mask_that_another_layer_attached_ends_here_without_a_warning(layer, recwarn):
    frames, mask = keras.Input((10, 3)), keras.Input((10,), dtype="bool")
    values = keras.layers.GRU(4, return_sequences=True)(frames, mask=mask)
    layer(values, frames, mask)
    assert [str(warning.message) for warning in recwarn if "mask" in str(warning.message)] == []
