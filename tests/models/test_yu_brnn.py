"""Yu et al.'s net: two directions of time, and attention in the ways of the paper."""

import numpy as np
import pytest
from untraced import outputs

from genrelab.classifiers import hyperparameters
from genrelab.layers import ConvAttention, LinearAttention
from genrelab.layers.keras_backend import keras
from genrelab.models import yu_brnn

SHAPE = (12, 20)
ATTENTIONS = ["none", "serial", "parallel", "cnn"]


def net(attention: str, shape=SHAPE):
    hp = hyperparameters.choose(yu_brnn, {"attention": attention, "gru.units": 32}, shape, 3)
    keras.utils.set_random_seed(0)
    return yu_brnn.build(hp, shape, 3)


def clips(seed: int = 0, shape=SHAPE) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(3, *shape, 1)).astype(np.float32)


def at(model, name: str, x: np.ndarray) -> np.ndarray:
    return outputs(keras.Model(model.input, model.get_layer(name).output), x)


def alike(model) -> None:
    """Give the GRU of either direction the weights of the forward one."""
    both = model.get_layer("both_ways")
    both.backward_layer.set_weights(both.forward_layer.get_weights())


def softmax(scores: np.ndarray) -> np.ndarray:
    return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("attention", "kind"),
    [("none", None), ("serial", LinearAttention), ("parallel", LinearAttention), ("cnn", ConvAttention)],
)
def test_each_kind_has_its_layer_and_none_has_no_such_layer(attention, kind):
    found = [layer for layer in net(attention).layers if isinstance(layer, (LinearAttention, ConvAttention))]
    assert [type(layer) for layer in found] == ([kind] if kind else [])


def test_serial_attention_reads_the_recurrent_output_and_parallel_attention_the_input():
    x = clips()
    for attention, width in (("serial", 64), ("parallel", SHAPE[0])):
        model = net(attention)
        kernel = np.asarray(model.get_layer("attention").score.kernel)[:, 0]
        assert kernel.shape == (width,)
        recurrent = at(model, "both_ways", x)
        source = recurrent if attention == "serial" else x[..., 0].transpose(0, 2, 1)
        expected = np.einsum("btu,bt->bu", recurrent, softmax(source @ kernel))
        np.testing.assert_allclose(at(model, "attention", x), expected, atol=1e-5)


@pytest.mark.parametrize(("attention", "moved"), [("serial", True), ("parallel", False), ("cnn", False)])
def test_parallel_attention_does_not_care_what_the_recurrent_layer_makes(attention, moved):
    model, x = net(attention), clips()
    layer = model.get_layer("attention")
    recurrent = model.get_layer("both_ways").output
    source = recurrent if attention == "serial" else model.get_layer("time_first").output
    weights = keras.Model(model.input, layer.weights_over_time(source))
    before, after = outputs(weights, x), at(model, "attention", x)
    both = model.get_layer("both_ways")
    both.set_weights([3 * values for values in both.get_weights()])
    assert np.allclose(outputs(weights, x), before, atol=1e-6) != moved
    assert not np.allclose(at(model, "attention", x), after, atol=1e-3)


@pytest.mark.parametrize("attention", ["parallel", "cnn"])
def test_a_loud_frame_draws_the_attention_from_the_input(attention):
    model, x = net(attention), np.zeros((1, *SHAPE, 1), np.float32)
    layer = model.get_layer("attention")
    layer.score.kernel.assign(np.abs(layer.score.kernel))
    if attention == "cnn":
        layer.look.kernel.assign(np.abs(layer.look.kernel))
    x[:, :, 8] = 6
    shares = np.asarray(layer.weights_over_time(x[..., 0].transpose(0, 2, 1)))[0, :, 0]
    assert shares.sum() == pytest.approx(1, abs=1e-6)
    assert shares[6:11].sum() > 0.9  # five frames wide is what the convolution sees
    assert abs(int(shares.argmax()) - 8) <= 2


def test_time_reversed_the_directions_swap_roles():
    model, x = net("none"), clips()
    alike(model)
    forwards, backwards = at(model, "both_ways", x), at(model, "both_ways", x[:, :, ::-1])
    np.testing.assert_allclose(forwards[:, :32], backwards[:, 32:], atol=1e-5)
    np.testing.assert_allclose(forwards[:, 32:], backwards[:, :32], atol=1e-5)
    assert not np.allclose(forwards, backwards, atol=1e-2)


def test_the_last_frame_is_known_at_the_first_one_and_the_other_way_round():
    model, x = net("serial"), clips()
    changed = x.copy()
    changed[:, :, -1] += 3
    moved = np.abs(at(model, "both_ways", changed) - at(model, "both_ways", x)).max(axis=0)
    assert (moved[:-1, :32] == 0).all()  # forwards
    assert (moved[-5:, 32:].max(axis=1) > 1e-3).all()  # backwards


@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize("frames", [4, 130])
def test_it_takes_the_shortest_slice_and_longer_ones(attention, frames):
    p = net(attention, (12, frames)).predict_on_batch(np.zeros((1, 12, frames, 1), np.float32))
    np.testing.assert_allclose(p.sum(), 1, atol=1e-6)


def test_it_hears_three_seconds_at_a_time():
    assert yu_brnn.TRAINING_DEFAULTS == {"slices.seconds": 3.0}
