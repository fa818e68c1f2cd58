"""Timbral texture against librosa and sounds whose texture is known."""

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab.features import timbre
from genrelab.features.timbre import DESCRIPTORS, STATISTICS, Params

RATE = 22050
NOISE = np.random.default_rng(1).normal(0, 0.1, 5000).astype(np.float32)
TIME = np.arange(4 * RATE) / RATE


def of(y, name: str, statistic: str = "mean", **params) -> float:
    found = timbre.extract(y.astype(np.float32), Params(**params))
    return found[DESCRIPTORS.index(name), STATISTICS.index(statistic)]


def noise(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, 4 * RATE)


def test_a_sine_has_its_frequency_for_a_centroid_and_rolloff_and_no_width():
    y = 0.5 * np.sin(2 * np.pi * 2000 * TIME)
    assert of(y, "centroid") == pytest.approx(2000, rel=0.03)
    assert of(y, "rolloff") == pytest.approx(2000, rel=0.04)
    assert of(y, "bandwidth") < of(noise(), "bandwidth") / 5
    assert of(y, "zero_crossings") == pytest.approx(2 * 2000 / RATE, rel=0.02)
    assert of(y, "flux", "mean") < of(noise(), "flux", "mean") / 5


def test_an_a_is_an_a():
    found = timbre.extract((0.5 * np.sin(2 * np.pi * 440 * TIME)).astype(np.float32), Params(frame_ms=90))
    chroma = [found[DESCRIPTORS.index(f"chroma{i}"), 0] for i in range(1, 13)]
    assert np.argmax(chroma) == 9


def test_the_frames_are_librosas():
    y = noise().astype(np.float32)
    each, rms = timbre.frames(y, RATE, 441, 220)
    magnitude = np.abs(librosa.stft(y, n_fft=1024, win_length=441, hop_length=220)).astype(np.float64)
    np.testing.assert_allclose(each[0], librosa.feature.spectral_centroid(S=magnitude, sr=RATE)[0])
    mel = librosa.feature.melspectrogram(S=magnitude**2, sr=RATE, n_mels=40)
    np.testing.assert_allclose(each[4:17], librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=13), atol=1e-6)
    assert each.shape == (len(DESCRIPTORS) - 1, len(rms))


def test_means_and_variances_are_those_of_texture_windows():
    y = noise().astype(np.float32)
    each, _ = timbre.frames(y, RATE, 441, 220)
    found = timbre.extract(y, Params())
    windows = np.array_split(each, 4, axis=1)
    np.testing.assert_allclose(found[:-1, 0], np.mean([w.mean(axis=1) for w in windows], axis=0), rtol=1e-4)
    np.testing.assert_allclose(found[:-1, 1], np.mean([w.var(axis=1) for w in windows], axis=0), rtol=1e-4)
    np.testing.assert_allclose(found[:-1, 2], np.std([w.mean(axis=1) for w in windows], axis=0), rtol=1e-3, atol=1e-5)


def test_a_texture_that_changes_from_window_to_window_has_a_spread():
    low, high = np.sin(2 * np.pi * 500 * TIME), np.sin(2 * np.pi * 5000 * TIME)
    y = np.where((TIME % 2) < 1, low, high)
    assert of(y, "centroid", "spread_of_mean") == pytest.approx(2250, rel=0.05)
    assert of(low, "centroid", "spread_of_mean") < 20


def test_low_energy_is_high_where_most_is_quiet():
    beats = np.where(TIME % 0.5 < 0.05, 1.0, 0.01) * noise()
    assert of(beats, "low_energy") == pytest.approx(0.88, abs=0.05)
    assert of(noise(), "low_energy") == pytest.approx(0.5, abs=0.1)


def test_longer_frames_hear_otherwise():
    short, long = (of(noise(), "centroid", "variance", frame_ms=ms) for ms in (20, 40))
    assert long < 0.7 * short  # more samples, less chance


@given(st.integers(1, 5000), st.sampled_from([10.0, 20.0, 33.3, 40.0]))
@settings(max_examples=40, deadline=None)
def test_a_sound_of_any_length_has_a_texture(length, frame_ms):
    params = Params(frame_ms=frame_ms)
    found = timbre.extract(NOISE[:length], params)
    assert found.shape == timbre.shape(params)
    assert np.isfinite(found).all()


def test_frames_of_samples_and_of_spectra_are_as_many():
    for length in range(66_000, 66_000 + 450, 37):
        each, rms = timbre.frames(np.resize(NOISE, length), RATE, 441, 220)
        assert each.shape[1] == len(rms) >= length // 220


@pytest.mark.parametrize("gain", [-80, -40, 20])
def test_a_gain_moves_the_mean_of_mfcc1_and_nothing_else(gain):
    y = noise() * (0.1 + np.sin(np.pi * TIME / 4) ** 4) + 0.2 * np.sin(2 * np.pi * 700 * TIME)
    plain, other = (timbre.extract((y * 10 ** (db / 20)).astype(np.float32), Params()) for db in (0, gain))
    expected = plain.copy()
    expected[DESCRIPTORS.index("mfcc1"), 0] += gain * np.sqrt(40)
    np.testing.assert_allclose(other, expected, rtol=1e-3, atol=0.01)


@pytest.mark.parametrize("rate", [16000, 44100])
def test_a_tone_means_the_same_at_any_rate(rate):
    y = 0.5 * np.sin(2 * np.pi * 2000 * np.arange(4 * rate) / rate)
    for name, expected in (("centroid", 2000), ("rolloff", 2000), ("zero_crossings", 4000 / 22050)):
        assert of(y, name, sample_rate=rate) == pytest.approx(expected, rel=0.03)
