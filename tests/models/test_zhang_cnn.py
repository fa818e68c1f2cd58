"""Zhang et al.'s CNN: maxima and means side by side, and a shortcut past the block."""

import numpy as np
import pytest
from untraced import outputs

from genrelab.classifiers import hyperparameters
from genrelab.layers.keras_backend import keras
from genrelab.models import zhang_cnn

SHAPE = (33, 40)
SMALL = {"conv.units": 32, "dense1.units": 50, "dense2.units": 50}


def net(shape=SHAPE, **overrides):
    hp = hyperparameters.choose(zhang_cnn, {**SMALL, **overrides}, shape, 3)
    keras.utils.set_random_seed(0)
    return zhang_cnn.build(hp, shape, 3)


def between(model, first: str, last: str):
    """Return the part of a net from the input of one layer to the output of another."""
    return keras.Model(model.get_layer(first).input, model.get_layer(last).output)


def sounding(course, frames=SHAPE[1]):
    """Return the inputs of a pooling over time: a course of features, and how many frames of the clip sound."""
    return [course, np.full(len(course), frames, np.int32)]


def test_the_maximum_and_the_mean_of_each_feature_stand_side_by_side():
    course = np.random.default_rng(0).normal(size=(2, 10, 32)).astype(np.float32)
    found = outputs(between(net(), "maxima", "maxima_and_means"), sounding(course))
    np.testing.assert_allclose(found, np.concatenate([course.max(axis=1), course.mean(axis=1)], axis=1), atol=1e-6)


def test_of_a_clip_with_padding_the_sounding_frames_alone_are_pooled():
    course = np.random.default_rng(0).normal(size=(2, 10, 32)).astype(np.float32)
    found = outputs(between(net(), "maxima", "maxima_and_means"), sounding(course, SHAPE[1] // 2))
    half = course[:, :5]
    np.testing.assert_allclose(found, np.concatenate([half.max(axis=1), half.mean(axis=1)], axis=1), atol=1e-6)


def test_the_dense_layers_read_both():
    assert net().get_layer("dense1").kernel.shape[0] == 64
    for pooling in ("max", "average"):
        assert net(pooling=pooling).get_layer("dense1").kernel.shape[0] == 32


@pytest.mark.parametrize(("pooling", "heard"), [("max", False), ("average", True)])
def test_a_single_pooling_hears_but_its_own_statistic(pooling, heard):
    model = net(pooling=pooling)
    tail = between(model, "maxima" if pooling == "max" else "means", "genre")
    soft = np.zeros((1, 10, 32), np.float32)
    soft[:, 0] = 3
    longer = soft.copy()
    longer[:, :6] = 3  # the same maxima, other means
    one, other = (outputs(tail, sounding(course)) for course in (soft, longer))
    assert np.allclose(one, other, atol=1e-6) != heard


def test_a_block_that_has_learnt_nothing_lets_its_input_through():
    model = net()
    for i in (1, 2, 3):
        kernel = model.get_layer(f"block{i}").kernel
        kernel.assign(np.zeros(kernel.shape))
    x = np.random.default_rng(0).normal(size=(3, *SHAPE, 1)).astype(np.float32)
    before, after = (keras.Model(model.input, model.get_layer(name).output) for name in ("pool1", "block"))
    assert np.ptp(outputs(before, x)) > 0.1
    np.testing.assert_allclose(outputs(after, x), outputs(before, x), atol=1e-6)


def test_a_block_that_has_learnt_something_adds_to_its_input():
    model = net()
    x = np.random.default_rng(0).normal(size=(3, *SHAPE, 1)).astype(np.float32)
    before, last, after = (
        outputs(keras.Model(model.input, model.get_layer(name).output), x) for name in ("pool1", "block3_norm", "block")
    )
    np.testing.assert_allclose(after, np.maximum(before + last, 0), atol=1e-5)
    assert not np.allclose(after, before)


def test_the_first_net_has_three_convolutions_and_no_shortcut():
    names = [layer.name for layer in net(shortcut=False).layers]
    assert [name for name in names if name in ("conv1", "conv2", "conv3")] == ["conv1", "conv2", "conv3"]
    assert "shortcut" not in names
    assert "maxima_and_means" in names


def test_at_its_defaults_it_has_the_papers_sizes_and_slices_of_three_seconds():
    model = zhang_cnn.build(hyperparameters.choose(zhang_cnn, {}, (513, 128), 10), (513, 128), 10)
    assert model.get_layer("conv1").kernel.shape == (4, 513, 256)
    assert [model.get_layer(f"dense{i}").units for i in (1, 2)] == [300, 150]
    assert zhang_cnn.TRAINING_DEFAULTS == {"slices.seconds": 3.0}


@pytest.mark.parametrize("shortcut", [True, False])
@pytest.mark.parametrize("frames", [4, 1292])
def test_it_takes_the_shortest_slice_and_a_whole_clip(shortcut, frames):
    shape = (33, frames)
    p = outputs(net(shape, shortcut=shortcut), np.zeros((1, *shape, 1), np.float32))
    assert p.shape == (1, 3)
    assert np.isfinite(p).all()
