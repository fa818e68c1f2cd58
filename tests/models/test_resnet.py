"""Our residual net: shortcuts, a summary that needs no width, and training that is made hard."""

import numpy as np
import pytest
from untraced import outputs

from genrelab.classifiers import factory, hyperparameters
from genrelab.classifiers.nets import KerasClassifier
from genrelab.layers.keras_backend import keras
from genrelab.models import resnet

SHAPE = (128, 64)


def net(shape=SHAPE, **overrides):
    hp = hyperparameters.choose(resnet, overrides, shape, 3)
    keras.utils.set_random_seed(0)
    return resnet.build(hp, shape, 3)


def noise(n: int, shape=SHAPE) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, *shape, 1)).astype(np.float32)


def test_what_comes_into_a_block_goes_past_its_convolutions():
    model, x = net(), noise(2)
    for layer in model.layers:
        if layer.name.endswith(("conv1", "conv2")):
            layer.set_weights([np.zeros_like(weights) for weights in layer.get_weights()])
    first = keras.Model(model.input, [model.get_layer("stem_pool").output, model.get_layer("block1_relu2").output])
    came, went = outputs(first, x)
    np.testing.assert_array_equal(went, came)
    p = outputs(model, x)  # through all four blocks
    assert np.abs(p[0] - p[1]).max() > 1e-4


def test_a_block_adds_what_its_convolutions_find():
    model = net()
    names = ("stem_pool", "block1_conv2_norm", "block1")
    inner = keras.Model(model.input, [model.get_layer(name).output for name in names])
    before, found, after = outputs(inner, noise(2))
    assert np.abs(found).max() > 0.1
    np.testing.assert_allclose(after, before + found, atol=1e-5)


def test_the_genre_is_told_from_mean_and_maximum_over_bands_and_frames():
    model = net()
    inner = keras.Model(model.input, [model.get_layer("block4_relu2").output, model.get_layer("summary").output])
    last, summary = outputs(inner, noise(2))
    assert last.shape == (2, 4, 4, 128)
    np.testing.assert_allclose(summary, np.hstack([last.mean(axis=(1, 2)), last.max(axis=(1, 2))]), atol=1e-5)


@pytest.mark.parametrize("shape", [(128, 4), (128, 660), (16, 20)])
def test_it_takes_any_size_with_the_same_weights(shape):
    model = net(shape)
    assert [w.shape for w in model.trainable_weights] == [w.shape for w in net().trainable_weights]
    assert outputs(model, noise(1, shape)).shape == (1, 3)


def test_training_is_made_hard_unless_told_otherwise():
    hp = hyperparameters.choose(resnet, {}, SHAPE, 3)
    built = factory.build(resnet, hp, SHAPE, 3, seed=0)
    assert isinstance(built, KerasClassifier)
    assert (built.mixup, built.anneal) == (0.2, True)
    kinds = {layer.kind for layer in built.layers()}
    assert {"PitchShift", "Equaliser", "Masks"} <= kinds
    off = {f"augment.{name}": 0.0 for name in ("pitch", "equaliser", "mask", "mixup")}
    plain = factory.build(resnet, hyperparameters.choose(resnet, {**off, "anneal": False}, SHAPE, 3), SHAPE, 3, seed=0)
    assert isinstance(plain, KerasClassifier)
    assert (plain.mixup, plain.anneal) == (0.0, False)
    assert not {"PitchShift", "Equaliser", "Masks"} & {layer.kind for layer in plain.layers()}


def test_smoothed_labels_cost_even_the_certain():
    sure, target = np.float32([[1, 0, 0]]), np.float32([[1, 0, 0]])
    assert net(label_smoothing=0.0).loss(target, sure) < 1e-5
    assert net(label_smoothing=0.1).loss(target, sure) > 0.1
