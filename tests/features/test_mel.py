"""The mel-spectrogram against librosa's own, and at its edges."""

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab.features import mel
from genrelab.features.mel import Params

RATE = 22050


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, int(seconds * RATE)).astype(np.float32)


def own(y: np.ndarray) -> np.ndarray:
    power = librosa.feature.melspectrogram(y=y, sr=RATE, n_fft=2048, hop_length=1024, n_mels=128)
    return librosa.power_to_db(power, ref=np.max, top_db=80)


def test_thirty_seconds_are_646_frames_equal_to_librosas_and_then_the_floor():
    y = noise(30)
    found = mel.extract(y, Params())
    assert found.shape == (128, 660)
    assert found.dtype == np.float32
    assert np.abs(found[:, :646] - own(y)).max() < 1e-3
    assert (found[:, 646:] == -80).all()


def test_gtzans_longest_clip_fills_the_width_uncut():
    y = noise(675_808 / RATE)
    found = mel.extract(y, Params())
    assert np.abs(found - own(y)).max() < 1e-3


def test_of_a_longer_sound_the_middle_is_taken():
    y = np.concatenate([noise(20), 0.5 * np.sin(2 * np.pi * 1000 * np.arange(31 * RATE) / RATE), noise(20)])
    found = mel.extract(y.astype(np.float32), Params())
    assert found.shape == (128, 660)
    band = np.abs(librosa.mel_frequencies(128, fmin=0, fmax=RATE / 2) - 1000).argmin()
    assert (np.abs(found[:, 5:-5].argmax(axis=0) - band) <= 1).all()


def test_resize_stretches_the_time_axis():
    y = noise(10)
    found = mel.extract(y, Params(fit="resize"))
    wanted = own(y)
    assert found.shape == (128, 660)
    np.testing.assert_allclose(found[:, [0, -1]], wanted[:, [0, -1]], atol=1e-3)
    assert abs(found.mean() - wanted.mean()) < 0.2


@given(st.floats(1e-4, 1.0))
@settings(max_examples=10, deadline=None)
def test_level_does_not_matter(gain):
    y = noise(2)
    np.testing.assert_allclose(mel.extract(y * np.float32(gain), Params()), mel.extract(y, Params()), atol=0.01)


def test_a_sine_lies_in_its_band_and_silence_is_the_floor():
    y = np.sin(2 * np.pi * 440 * np.arange(5 * RATE) / RATE).astype(np.float32)
    loudest = mel.extract(y, Params())[:, :50].mean(axis=1).argmax()
    assert abs(librosa.mel_frequencies(130, fmin=0, fmax=RATE / 2)[loudest + 1] - 440) < 30
    assert (mel.extract(np.zeros(RATE, np.float32), Params()) == -80).all()


@pytest.mark.parametrize("wrong", [{"f_min": 5000, "f_max": 4000}, {"f_max": 12000}, {"hop": 0}, {"fit": "crop"}])
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Params(**wrong)
