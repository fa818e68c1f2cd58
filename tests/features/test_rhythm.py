"""Rhythm against click trains and modulated noise."""

import numpy as np
import pytest

from genrelab.features import rhythm
from genrelab.features.rhythm import BEAT_HISTOGRAM, BEAT_SUMMARY, RHYTHM_HISTOGRAM, SLOWEST, SUMMARY, Params

RATE = 22050
NOISE = np.random.default_rng(0).normal(0, 0.1, 20 * RATE)


def clicks(bpm: float, seconds: float = 20) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    return np.where(time % (60 / bpm) < 0.02, 1.0, 0.0) * NOISE[: len(time)]


def extract(y: np.ndarray) -> np.ndarray:
    return rhythm.extract(y.astype(np.float32), Params())


@pytest.mark.parametrize("bpm", [60, 90, 120, 150, 180])
def test_a_click_train_has_its_tempo(bpm):
    found = extract(clicks(bpm))
    histogram, summary = found[list(BEAT_HISTOGRAM)], dict(zip(SUMMARY, found[list(BEAT_SUMMARY)], strict=True))
    assert histogram.argmax() + SLOWEST == pytest.approx(bpm, abs=2)
    assert summary["P1"] == pytest.approx(bpm, abs=2)
    assert summary["A0"] == pytest.approx(histogram.max())
    assert histogram.sum() == pytest.approx(1, abs=1e-5)


def test_a_beat_is_stronger_than_none():
    place = BEAT_SUMMARY[SUMMARY.index("SUM")]
    assert extract(clicks(120))[place] > 2 * extract(NOISE)[place]
    assert (extract(np.zeros(4 * RATE))[: BEAT_SUMMARY.stop] == 0).all()


@pytest.mark.parametrize("hertz", [1.0, 2.0, 5.0])
def test_modulated_noise_stands_out_at_its_modulation(hertz):
    time = np.arange(len(NOISE)) / RATE
    found = extract((1 + np.sin(2 * np.pi * hertz * time)) * NOISE)[list(RHYTHM_HISTOGRAM)]
    assert (found.argmax() + 1) / 6 == pytest.approx(hertz, abs=0.2)


def test_a_shorter_sound_is_one_window():
    assert np.isfinite(extract(clicks(120, 1.5))).all()


@pytest.mark.parametrize("gain", [-80, 20])
def test_a_gain_moves_no_beat(gain):
    y = clicks(120) + 0.01 * NOISE
    plain, other = (extract(y * 10 ** (db / 20))[: BEAT_SUMMARY.stop] for db in (0, gain))
    np.testing.assert_allclose(other, plain, atol=1e-4)
