"""The linear spectrogram against librosa's own, and at its edges."""

import librosa
import numpy as np
import pytest

from genrelab.features import stft
from genrelab.features.stft import Params

RATE = 22050
WINDOWS = ["hann", "hamming", "blackman", "boxcar", "bartlett", "parzen"]


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, int(seconds * RATE)).astype(np.float32)


def sine(hertz: float, seconds: float) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE).astype(np.float32)


@pytest.mark.parametrize("window", WINDOWS)
def test_it_is_librosas_for_every_window(window):
    y = noise(3)
    found = stft.extract(y, Params(window=window, n_fft=512, hop=256, frames=260))
    own = np.abs(librosa.stft(y, n_fft=512, hop_length=256, window=window))
    wanted = librosa.amplitude_to_db(own, ref=np.max, top_db=80)
    assert found.shape == (257, 260)
    np.testing.assert_allclose(found[:, : wanted.shape[1]], wanted, atol=1e-2)
    assert (found[:, wanted.shape[1] :] == -80).all()


def test_thirty_seconds_fill_the_default_width():
    found = stft.extract(noise(30), Params())
    assert found.shape == (513, 1292)
    assert (found[:, -1] > -80).any()


def test_a_sine_lies_in_its_bin_and_the_box_window_leaks_most():
    y = sine(1000, 3)
    away = {}
    for window in WINDOWS:
        found = stft.extract(y, Params(window=window, frames=100))
        assert found[:, 50].argmax() == round(1000 * 1024 / RATE)
        away[window] = found[200, 50]
    assert max(away, key=away.get) == "boxcar"


def test_of_the_bins_the_lowest_are_kept():
    y = sine(100, 3) + 0.1 * sine(9000, 3)
    low, all_of_them = stft.extract(y, Params(bands=40, frames=100)), stft.extract(y, Params(frames=100))
    assert low.shape == (40, 100)
    np.testing.assert_array_equal(low, all_of_them[:40])


def test_of_a_longer_sound_the_middle_is_taken():
    y = np.concatenate([noise(10), sine(1000, 5), noise(10)])
    found = stft.extract(y, Params(frames=200))
    assert (found[:, 2:-2].argmax(axis=0) == round(1000 * 1024 / RATE)).all()


def test_level_does_not_matter_and_silence_is_the_floor():
    y = noise(2)
    np.testing.assert_allclose(stft.extract(y * np.float32(1e-5), Params()), stft.extract(y, Params()), atol=0.01)
    assert (stft.extract(np.zeros(RATE, np.float32), Params(top_db=60)) == -60).all()


@pytest.mark.parametrize("wrong", [{"bands": 514}, {"bands": 0}, {"window": "kaiser"}, {"hop": 0}, {"top_db": 0}])
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Params(**wrong)
