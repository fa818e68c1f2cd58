"""Sigtia & Dixon 2014: a net on single frames, and a forest on what its layers make of them over time."""

import numpy as np
import pytest
from keras_tuner import HyperParameters
from sklearn.tree import DecisionTreeClassifier

from genrelab.layers.keras_backend import keras
from genrelab.models import sigtia_dnn_rf
from genrelab.models._windows import WindowScaler, WindowVote
from genrelab.models.sigtia_dnn_rf import LAYER

SHAPE = (12, 40)  # bins, frames


def built(**values):
    keras.utils.set_random_seed(0)
    hp = HyperParameters()
    hp.values.update({"units": 50, "aggregate.frames": 20, **values})
    return sigtia_dnn_rf.build(hp, SHAPE, 3)


def below(staged) -> keras.Model:
    return keras.Model(staged.net.input, staged.net.get_layer(staged.layer).output)


def clips(n: int = 4) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 1, (n, *SHAPE, 1)).astype(np.float32)


def test_the_forest_is_given_mean_and_variance_of_all_hidden_layers_over_windows():
    staged, x = built(), clips()
    found = np.asarray(below(staged)(x))
    assert staged.layer == LAYER
    assert found.shape == (4, 3, 3 * 2 * 50)  # clips, windows 0...20, 10...30, 20...40, layers * moments * units
    frames = x[..., 0].transpose(0, 2, 1)
    for i in range(3):
        weights, bias = staged.net.get_layer(f"hidden{i + 1}").get_weights()
        frames = np.maximum(frames @ weights + bias, 0)
        for w in range(3):
            part, of_layer = frames[:, 10 * w : 10 * w + 20], found[:, w, i * 100 : (i + 1) * 100]
            np.testing.assert_allclose(of_layer[:, :50], part.mean(axis=1), atol=1e-4)
            np.testing.assert_allclose(of_layer[:, 50:], part.var(axis=1), atol=1e-4)


def test_the_order_of_frames_within_a_window_does_not_matter_and_across_windows_does():
    staged, x = built(**{"aggregate.frames": 40}), clips()
    order = np.random.default_rng(1).permutation(40)
    np.testing.assert_allclose(below(staged)(x[:, :, order]), below(staged)(x), atol=1e-4)
    staged = built(**{"aggregate.frames": 20})
    assert np.abs(np.asarray(below(staged)(x[:, :, order])) - np.asarray(below(staged)(x))).max() > 0.01


def test_the_net_judges_each_frame_alone():
    staged, x = built(), clips()
    each = keras.Model(staged.net.input, staged.net.get_layer("genre_of_frames").output)
    changed = x.copy()
    changed[:, :, 7] += 5
    before, after = np.asarray(each(x)), np.asarray(each(changed))
    assert np.abs(before[:, 7] - after[:, 7]).max() > 0.01
    np.testing.assert_allclose(np.delete(before, 7, axis=1), np.delete(after, 7, axis=1), atol=1e-6)
    np.testing.assert_allclose(staged.net(x), before.mean(axis=1), atol=1e-6)


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_the_activation_is_the_one_asked_for(activation):
    staged = built(activation=activation)
    activations = np.asarray(keras.Model(staged.net.input, staged.net.get_layer("hidden1").output)(10 * clips()))
    assert activations.min() >= 0
    assert (activations.max() > 1) == (activation == "relu")


def test_dropout_is_at_work_in_training_alone_and_as_strong_as_asked_for():
    x = clips()
    for rate in (0.0, 0.5):
        net = built(dropout=rate).net
        same = [np.allclose(net(x, training=training), net(x), atol=1e-7) for training in (False, True)]
        assert same == [True, rate == 0]
    hidden = keras.Model(net.input, [net.get_layer("hidden2").output, net.get_layer("dropout2").output])
    before, after = (np.asarray(activations) for activations in hidden(x, training=True))
    assert (after[before > 0] == 0).mean() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(("layers", "size"), [("1", 100), ("3", 100), ("all", 300)])
def test_the_forest_may_be_given_one_layer_alone(layers, size):
    assert below(built(**{"aggregate.layers": layers})).output_shape == (None, 3, size)


def test_windows_vote_by_their_mean():
    x = np.array([[-1.0, -1.0, 1.0], [2.0, 2.0, 2.0]])  # 3 windows of one number
    vote = WindowVote(DecisionTreeClassifier(), 3).fit(x, np.array([4, 9]))
    np.testing.assert_allclose(vote.predict_proba(np.array([[-1.0, 2.0, 1.0]])), [[2 / 3, 1 / 3]])
    assert vote.predict(np.array([[2.0, 2.0, -1.0]])) == [9]


def test_windows_are_standardised_alike():
    x = np.array([[0.0, 5, 2, 5], [4.0, 5, 6, 5]])  # 2 windows of 2 numbers, of which one is constant
    found = WindowScaler(2).fit(x).transform(x)
    np.testing.assert_allclose(found[:, [1, 3]], 0)
    np.testing.assert_allclose(found[:, [0, 2]], (x[:, [0, 2]] - 3) / np.sqrt(5))


def test_padding_after_a_clip_is_no_window():
    x = clips()
    x[:, :, 33:] = x[:, -1:, -1:]  # 33 frames: the windows 0...20 and 10...30 are full, 20...40 is not
    padded, whole = np.asarray(below(built())(x)), np.asarray(below(built())(clips()))
    np.testing.assert_allclose(padded[:, :2], whole[:, :2], atol=1e-4)
    assert (padded[:, 2] == 0).all()


def test_a_window_of_padding_has_no_vote_and_no_share_in_the_scale():
    x = np.random.default_rng(0).normal(3, 1, (8, 4, 5))
    x[:, 2:] = 0
    y, kept = np.arange(8) % 2, x[:, :2].reshape(8, -1)
    scaler, short = WindowScaler(4).fit(x.reshape(8, -1)), WindowScaler(2).fit(kept)
    scaled = scaler.transform(x.reshape(8, -1))
    np.testing.assert_allclose(scaled.reshape(8, 4, 5)[:, :2].reshape(8, -1), short.transform(kept))
    votes = [
        WindowVote(DecisionTreeClassifier(max_depth=2, random_state=0), n).fit(z, y).predict_proba(z)
        for n, z in ((4, scaled), (2, short.transform(kept)))
    ]
    np.testing.assert_allclose(*votes)
