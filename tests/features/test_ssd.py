"""Statistical spectrum descriptors against scipy's moments and sounds whose loudness is known."""

import numpy as np
import pytest
from scipy import stats

from genrelab.features import _loudness, ssd
from genrelab.features.ssd import Params

RATE = 22050


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, int(seconds * RATE)).astype(np.float32)


def sine(hz: float, seconds: float = 3, amplitude: float = 1.0) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def column(found: np.ndarray, moment: str) -> np.ndarray:
    return found[:, ssd.MOMENTS.index(moment)]


def test_the_moments_are_scipys():
    rows = np.random.default_rng(0).gamma(2, 3, (5, 400))
    found = ssd.moments(rows)
    assert found.shape == (5, len(ssd.MOMENTS))
    for name, wanted in {
        "mean": np.mean(rows, axis=1),
        "median": np.median(rows, axis=1),
        "variance": np.var(rows, axis=1),
        "skewness": stats.skew(rows, axis=1),
        "kurtosis": stats.kurtosis(rows, axis=1),
        "min": np.min(rows, axis=1),
        "max": np.max(rows, axis=1),
    }.items():
        np.testing.assert_allclose(column(found, name), wanted, err_msg=name)


def test_what_does_not_change_has_no_skewness_and_no_kurtosis():
    np.testing.assert_allclose(ssd.moments(np.full((1, 50), 0.1)), [[0.1, 0.1, 0, 0, 0, 0.1, 0.1]], atol=1e-15)


def test_a_clips_moments_are_those_of_its_loudness_and_the_mean_of_its_windows():
    y = noise(5)
    loudness = _loudness.sensation(y, RATE, 512, 256)
    np.testing.assert_allclose(ssd.extract(y, Params()), ssd.moments(loudness), rtol=1e-5)
    halves = np.array_split(loudness, 2, axis=1)
    wanted = (ssd.moments(halves[0]) + ssd.moments(halves[1])) / 2
    np.testing.assert_allclose(ssd.extract(y, Params(window=2.5)), wanted, rtol=1e-5)


@pytest.mark.parametrize("band", range(3, 23))
def test_a_sine_lies_in_its_bark_band(band):
    mean = column(ssd.extract(sine(_loudness.CENTRES[band], amplitude=0.1), Params()), "mean")
    power = _loudness.bands(sine(_loudness.CENTRES[band]), RATE, 512, 256)[:, 10:-10].mean(axis=1)
    assert power.argmax() == band
    assert power[band] == pytest.approx(0.5, rel=0.05)  # the mean square of a sine, nearly all of it in this band
    assert abs(int(mean.argmax()) - band) <= 1  # the ear may favour a neighbour, to which a band spills


def test_the_power_in_all_bands_is_the_sounds():
    y = noise(3)
    assert _loudness.bands(y, RATE, 512, 256)[:, 5:-5].sum(axis=0).mean() == pytest.approx((y**2).mean(), rel=0.02)


def test_at_one_kilohertz_phon_are_decibels_and_bass_is_heard_less():
    levels = np.array([20.0, 40, 60, 80])
    np.testing.assert_allclose(_loudness.phon(levels, np.full(4, 1000.0)), levels, atol=0.1)
    assert _loudness.phon(np.array([60.0]), np.array([63.0]))[0] < 35
    # The standard's table: 40 phon at 100 Hz are 64.4 dB.
    assert _loudness.phon(np.array([64.4]), np.array([100.0]))[0] == pytest.approx(40, abs=0.1)


def test_ten_phon_more_are_twice_as_loud_and_there_is_no_jump_at_forty():
    np.testing.assert_allclose(_loudness.sone(np.array([0.0, 40, 50, 80])), [0, 1, 2, 16])
    below, above = _loudness.sone(np.array([40 - 1e-9, 40 + 1e-9]))
    assert below == pytest.approx(above)


def test_masking_spills_more_upwards_than_downwards():
    power = np.zeros((24, 1))
    power[10] = 1
    spilt = _loudness.spread(power)[:, 0]
    assert spilt[10] == pytest.approx(1, abs=0.02)
    assert spilt[13] > 100 * spilt[7]


def test_louder_is_more_and_beats_have_more_variance():
    soft, loud = (ssd.extract(noise(3) * gain, Params()) for gain in (0.1, 1))
    assert (column(loud, "mean") > column(soft, "mean")).all()
    beats = noise(3) * (np.arange(3 * RATE) % RATE < RATE / 4)
    assert (column(ssd.extract(beats, Params()), "variance")[1:] > 2 * column(loud, "variance")[1:]).all()


def test_a_band_above_half_the_sample_rate_has_no_power_of_its_own():
    power = _loudness.bands(noise(1), RATE, 512, 256)
    assert (power[:23] > 0).all()
    assert (power[23] == 0).all()


def test_silence_is_nothing():
    assert (ssd.extract(np.zeros(RATE, np.float32), Params()) == 0).all()


@pytest.mark.parametrize("wrong", [{"n_fft": 128}, {"window": 0}, {"sample_rate": 0}])
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Params(**wrong)
