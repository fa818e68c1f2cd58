"""Deepak & Prasad's LSTM: what is silent is not heard, the order of what is heard matters, an SVM reads its state."""

import numpy as np
import pytest

from genrelab.classifiers import factory
from genrelab.classifiers.base import FitSettings
from genrelab.classifiers.factory import Examples
from genrelab.config import Training
from genrelab.features import mfcc
from genrelab.layers import SoundingFrames
from genrelab.layers.keras_backend import keras, keras_tuner
from genrelab.models import deepak_lstm, deepak_lstm_svm

ROWS, FRAMES, CLASSES = 39, 80, 3


def built(module, **values):
    hp = keras_tuner.HyperParameters()
    hp.values.update(values)
    return factory.build(module, hp, (ROWS, FRAMES), CLASSES, seed=0)


def clips(n: int = 6, sounding: int = 50, seed: int = 0) -> np.ndarray:
    """Coefficients of clips that sound in their first frames and are padded after them."""
    x = np.full((n, ROWS, FRAMES), mfcc.FLOOR, np.float32)
    x[:, :, :sounding] = np.random.default_rng(seed).normal(0, 20, (n, ROWS, sounding))
    x[:, 0, :sounding] -= 100  # the level
    return x


def with_gap(x: np.ndarray, level: float) -> np.ndarray:
    """The same clips with ten frames of another level between the twentieth frame and the next."""
    gap = np.random.default_rng(9).normal(0, 1, (*x.shape[:2], 10)).astype(np.float32)
    gap[:, 0] = level
    return np.concatenate([x[:, :, :20], gap, x[:, :, 20:-10]], axis=2)


@pytest.fixture(scope="module")
def net():
    return built(deepak_lstm)


def test_padding_changes_nothing(net):
    x = clips()
    cut = factory.build(deepak_lstm, keras_tuner.HyperParameters(), (ROWS, 50), CLASSES, seed=0)
    np.testing.assert_allclose(net.predict_proba(x), cut.predict_proba(x[:, :, :50]), atol=1e-6)
    # and so is padding that stands before and between
    moved = np.concatenate([x[:, :, 60:70], x[:, :, :20], x[:, :, 70:], x[:, :, 20:60]], axis=2)
    np.testing.assert_allclose(net.predict_proba(moved), net.predict_proba(x), atol=1e-6)


def test_silent_frames_change_nothing_and_loud_ones_do(net):
    x = clips()
    np.testing.assert_allclose(net.predict_proba(with_gap(x, -900)), net.predict_proba(x), atol=1e-6)
    assert np.abs(net.predict_proba(with_gap(x, -100)) - net.predict_proba(x)).max() > 1e-4
    hears_all = built(deepak_lstm, silence=0.0)
    assert np.abs(hears_all.predict_proba(with_gap(x, -900)) - hears_all.predict_proba(x)).max() > 1e-4


def test_the_order_of_frames_matters(net):
    x = clips()
    turned = x.copy()
    turned[:, :, :50] = x[:, :, :50][:, :, ::-1]
    assert np.abs(net.predict_proba(turned) - net.predict_proba(x)).max() > 1e-3


def test_silence_is_so_many_decibels_of_the_mel_bands_mean():
    rate = 22050
    noise = np.random.default_rng(0).normal(0, 0.1, 2 * rate).astype(np.float32)
    y = np.concatenate([noise, noise * 10 ** (-35 / 20)])
    params = mfcc.Params(frames=100)
    x = mfcc.extract(y, params)[np.newaxis, ..., np.newaxis]
    there = 1 + len(y) // params.hop
    counts = []
    for decibels in (30, 40):
        mask = np.asarray(SoundingFrames(mfcc.FLOOR, decibels * np.sqrt(deepak_lstm.BANDS))(x))
        counts.append(mask.sum())
        assert not mask[0, there:].any()
    assert abs(counts[0] - there / 2) <= 3
    assert counts[1] == there


def test_a_clip_of_nothing_but_padding_has_no_frame_that_sounds():
    x = np.full((1, ROWS, FRAMES, 1), mfcc.FLOOR, np.float32)
    assert not np.asarray(SoundingFrames(mfcc.FLOOR, 100.0)(x)).any()


def test_the_mask_is_saved_and_loaded(tmp_path):
    inputs = keras.Input((ROWS, FRAMES, 1))
    keras.Model(inputs, SoundingFrames(-3.0, 7.0, name="mask")(inputs)).save(tmp_path / "net.keras")
    layer = keras.saving.load_model(tmp_path / "net.keras", safe_mode=True).get_layer("mask")
    assert (layer.floor, layer.below) == (-3.0, 7.0)


def test_the_svm_reads_the_trained_lstms_last_state(tmp_path):
    y = np.arange(24) % CLASSES
    x = clips(24)
    x[:, 1, :50] += 40 * y[:, np.newaxis]
    training = Training(epochs=2, batch_size=8, early_stopping=0, restore_best=False)
    found = {}
    for module in (deepak_lstm, deepak_lstm_svm):
        found[module] = built(module)
        found[module].fit(
            Examples(x, y), Examples(x, y), FitSettings(training, seed=0, state=tmp_path / module.__name__)
        )
    lstm, svm = found[deepak_lstm], found[deepak_lstm_svm]
    states = lstm.embed(x)
    assert states.shape == (24, 64)
    read = svm.embed(x)  # standardised
    np.testing.assert_allclose(read, (states - states.mean(axis=0)) / states.std(axis=0), atol=1e-3)
    assert (svm.predict_proba(x).argmax(axis=1) == y).all()
    assert [layer.kind for layer in svm.layers()][-2:] == ["StandardScaler", "PairwiseSVC"]
