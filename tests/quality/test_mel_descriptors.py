"""A clip's descriptors: the same at any level, of any length, and each kind hears what it is named after."""

import numpy as np
import pytest

from genrelab.quality import mel_descriptors
from genrelab.quality.mel_descriptors import BANDS, CEPSTRA, MODULATIONS, SIZE

RATE = 43.0  # frames a second


def noise(frames=1290, bands=128, seed=0):
    return np.random.default_rng(seed).normal(-40, 6, (bands, frames)).astype(np.float32)


@pytest.mark.parametrize("frames", [1, 2, 40, 1290])
def test_a_clip_of_any_length_has_them_all(frames):
    found = mel_descriptors.extract(noise(frames), RATE)
    assert (found.shape, found.dtype) == ((SIZE,), np.float32)
    assert np.isfinite(found).all()


def test_a_gain_changes_nothing():
    np.testing.assert_allclose(
        mel_descriptors.extract(noise(), RATE), mel_descriptors.extract(noise() - 23, RATE), atol=2e-3
    )


def test_digital_silence_is_80_db_below_the_peak():
    quiet, silent = noise(), noise()
    quiet[:, :500], silent[:, :500] = -99, -999
    np.testing.assert_array_equal(*(mel_descriptors.extract(clip, RATE) for clip in (quiet - 20, silent - 20)))


@pytest.mark.parametrize("seconds", [6, 30])
def test_a_swing_of_two_hertz_shows_in_its_band_alone(seconds):
    frames = np.arange(round(seconds * RATE))
    swinging = np.full((128, len(frames)), -40.0)
    swinging[:16] += 6 * np.sin(2 * np.pi * 2 * frames / RATE)  # the lowest of eight wide bands
    modulations = mel_descriptors.extract(swinging, RATE)[-8 * MODULATIONS :].reshape(8, MODULATIONS)
    edges = np.geomspace(mel_descriptors.SLOWEST, mel_descriptors.FASTEST, MODULATIONS + 1)
    band, rate = np.unravel_index(modulations.argmax(), modulations.shape)
    assert band == 0
    assert edges[rate] <= 2 < edges[rate + 1]


def test_steps_tell_a_jumping_band_from_a_still_one():
    clip = np.full((128, 100), -40.0)
    clip[:4, ::2] += 10  # the lowest of BANDS
    steps = mel_descriptors.extract(clip, RATE)[-8 * MODULATIONS - BANDS : -8 * MODULATIONS]
    assert steps[0] == pytest.approx(10, rel=0.02)
    np.testing.assert_allclose(steps[1:], 0, atol=1e-6)


def test_the_first_descriptors_are_mean_cepstra():
    tilted = np.tile(np.linspace(0, -40, 128)[:, None], (1, 50))
    assert mel_descriptors.extract(tilted, RATE)[:CEPSTRA].argmax() == 1  # a falling spectrum: half a cosine


@pytest.mark.parametrize("shape", [(128, 0), (100, 50), (128,)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="a multiple of 32, got"):
        mel_descriptors.extract(np.zeros(shape), RATE)
