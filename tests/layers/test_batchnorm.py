"""Batch normalisation by the fused kernel is Keras's own, in all that can be seen of it."""

import numpy as np
import pytest

from genrelab.layers import BatchNormalization
from genrelab.layers.keras_backend import keras

SHAPES = [(4, 6, 5, 3), (2, 1, 1, 4), (1, 1, 1, 2), (3, 7, 1, 1)]


def pair(shape, **options):
    """Return Keras's layer and ours, with the same weights."""
    layers = [kind(momentum=0.9, **options) for kind in (keras.layers.BatchNormalization, BatchNormalization)]
    rng = np.random.default_rng(1)
    for layer in layers:
        layer.build(shape)
    weights = [rng.uniform(0.5, 2, value.shape) for value in layers[0].get_weights()]
    for layer in layers:
        layer.set_weights(weights)
    return layers


def sound(shape):
    return np.random.default_rng(0).normal(-2, 3, shape).astype(np.float32)


def step(layer, x, **call):
    """Return the output in training, the gradients, and the weights after it."""
    if keras.backend.backend() != "tensorflow":
        pytest.skip("gradients are taken with TensorFlow")
    import tensorflow as tf

    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True, **call)
        loss = tf.reduce_sum(tf.sin(tf.cast(y, "float32")))
    gradients = tape.gradient(loss, [x, *[weight.value for weight in layer.trainable_weights]])
    return [y, *gradients, *layer.get_weights()]


def assert_alike(found, expected, **tolerance):
    for ours, keras_own in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.asarray(ours), np.asarray(keras_own), **tolerance)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_step_of_training_gives_the_same_outputs_gradients_and_averages(shape):
    theirs, ours = pair(shape)
    x = sound(shape)
    assert_alike(step(ours, x), step(theirs, x), rtol=1e-4, atol=2e-5)
    assert_alike([ours(x)], [theirs(x)], rtol=1e-5, atol=1e-5)  # in prediction


@pytest.mark.parametrize("options", [{"axis": 1}, {"center": False}, {"scale": False}], ids=str)
def test_what_the_kernel_does_not_know_is_left_to_keras(options):
    shape = SHAPES[0]
    theirs, ours = pair(shape, **options)
    assert_alike(step(ours, sound(shape)), step(theirs, sound(shape)), rtol=1e-5, atol=1e-5)


def test_a_mask_is_heeded():
    shape = SHAPES[0]
    theirs, ours = pair(shape)
    mask = np.random.default_rng(0).random(shape[:3]) < 0.5
    assert_alike(step(ours, sound(shape), mask=mask), step(theirs, sound(shape), mask=mask), rtol=1e-5, atol=1e-5)


def test_sequences_are_taken():
    theirs, ours = pair((4, 9, 3))
    assert_alike(step(ours, sound((4, 9, 3))), step(theirs, sound((4, 9, 3))), rtol=1e-5, atol=1e-5)


def test_in_half_precision_it_computes_in_single():
    theirs, ours = pair(SHAPES[0], dtype="mixed_bfloat16")
    found, expected = step(ours, sound(SHAPES[0])), step(theirs, sound(SHAPES[0]))
    assert found[0].dtype == expected[0].dtype == "bfloat16"
    assert_alike(found[-4:], expected[-4:], rtol=1e-4)


def test_frozen_it_takes_no_step():
    theirs, ours = pair(SHAPES[0])
    ours.trainable = theirs.trainable = False
    before = ours.get_weights()
    assert_alike([ours(sound(SHAPES[0]), training=True)], [theirs(sound(SHAPES[0]), training=True)], rtol=1e-5)
    assert_alike(ours.get_weights(), before)


def test_weights_saved_with_keras_layer_load_into_ours_and_back(tmp_path):
    nets = []
    for kind in (keras.layers.BatchNormalization, BatchNormalization):
        keras.utils.set_random_seed(len(nets))
        nets.append(keras.Sequential([keras.Input((6, 5, 1)), keras.layers.Conv2D(3, 3), kind(name="norm")]))
        nets[-1](sound((4, 6, 5, 1)), training=True)
    for theirs, ours in (nets, nets[::-1]):
        theirs.save_weights(tmp_path / "saved.weights.h5", overwrite=True)
        ours.load_weights(tmp_path / "saved.weights.h5")
        assert_alike(ours.get_weights(), theirs.get_weights())


def test_a_saved_net_loads_with_the_layer(tmp_path):
    net = keras.Sequential([keras.Input((6, 5, 3)), BatchNormalization(momentum=0.8)])
    net.save(tmp_path / "net.keras")
    loaded = keras.saving.load_model(tmp_path / "net.keras", safe_mode=True)
    assert type(loaded.layers[0]) is BatchNormalization
    assert loaded.layers[0].momentum == 0.8
