"""The scattering transform: sounds whose paths are known, and kymatio's own on one long block."""

import sys

import numpy as np
import pytest

from genrelab.errors import ConfigError
from genrelab.features import scattering
from genrelab.features.scattering import Params

RATE = 11025


def sine(hertz: float, seconds: float = 6) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE).astype(np.float32)


def beating(hertz: float, rate: float) -> np.ndarray:
    time = np.arange(6 * RATE) / RATE
    return (sine(hertz) * (1 + np.cos(2 * np.pi * rate * time)) / 2).astype(np.float32)


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, int(seconds * RATE)).astype(np.float32)


@pytest.mark.parametrize("hertz", [110, 440, 2500])
def test_a_sines_energy_is_in_the_first_order_path_of_its_frequency(hertz):
    found = scattering._scattered(sine(hertz), Params())[:, 5:25].mean(axis=1)
    carrier, rate = scattering.paths(Params())[found.argmax()]
    assert rate == 0
    own = scattering.extract(sine(hertz), Params())[:, 5:25]
    assert (own[found.argmax()] > -0.5).all()
    assert abs(np.log2(carrier / hertz)) < 1 / 8


@pytest.mark.parametrize("rate", [8, 30])
def test_a_modulations_rate_is_told_by_the_second_order_of_its_band(rate):
    paths, found = scattering.paths(Params()), scattering.extract(beating(1000, rate), Params())[:, 5:25].mean(axis=1)
    band = paths[paths[:, 1] == 0][found[paths[:, 1] == 0].argmax(), 0]
    assert abs(np.log2(band / 1000)) < 1 / 8
    second = np.flatnonzero((paths[:, 0] == band) & (paths[:, 1] > 0))
    strongest = second[found[second].argmax()]
    assert abs(np.log2(paths[strongest, 1] / rate)) < 1
    still = scattering.extract(sine(1000), Params())[:, 5:25].mean(axis=1)
    assert found[strongest] > still[strongest] + 15


def test_a_small_shift_changes_it_little():
    y = beating(1000, 8) + 0.3 * beating(300, 3)
    here, there = (scattering.extract(part, Params())[:, 3:25] for part in (y[200:], y[:-200]))
    assert np.abs(here - there)[here > -40].mean() < 2  # dB
    assert np.corrcoef(here.ravel(), there.ravel())[0, 1] > 0.95
    assert abs(np.corrcoef(y[200:], y[:-200])[0, 1]) < 0.9  # as which samples are not


def test_blocks_leave_no_seams():
    from kymatio.scattering1d.frontend.numpy_frontend import ScatteringNumPy1D

    y = noise(3)[: 64 * 512]
    own = ScatteringNumPy1D(9, len(y), (8, 1)).scattering(y.astype(np.float64))[1:]
    found = scattering._scattered(y, Params(j=9))
    inner = slice(8, 56)  # kymatio mirrors the sound at its ends, where silence is expected here
    assert np.abs(found[:, inner] - own[:, inner]).max() < 0.01 * own.max()
    np.testing.assert_allclose(found[:, inner].mean(axis=1), own[:, inner].mean(axis=1), rtol=0.03)


def test_the_loudest_path_is_at_zero_and_after_the_sound_is_the_floor():
    found = scattering.extract(noise(6), Params())
    assert found.shape == scattering.shape(Params())
    first = scattering.paths(Params())[:, 1] == 0
    assert found[first].max() == 0
    there = 1 + 6 * RATE // 2048
    assert (found[:, :there] > -120).any(axis=0).all()
    assert (found[:, there:] == -120).all()


def test_a_modulation_is_told_alike_in_a_loud_and_in_a_soft_band():
    y = beating(1000, 8) + beating(3000, 8) / 30
    found, paths = scattering.extract(y, Params())[:, 5:25].mean(axis=1), scattering.paths(Params())
    first = paths[:, 1] == 0
    depths = []
    for hertz in (1000, 3000):
        band = paths[first][np.abs(paths[first, 0] - hertz).argmin(), 0]
        of_band = np.flatnonzero((paths[:, 0] == band) & ~first)
        depths.append(found[of_band[np.abs(paths[of_band, 1] - 8).argmin()]])
    assert depths[0] == pytest.approx(depths[1], abs=1)


def test_silence_within_a_sound_is_low_in_both_orders():
    y = noise(25)
    y[5 * RATE : 20 * RATE] = 0
    found = scattering.extract(y, Params())
    assert found[:, 60:74].max() < -60
    assert found[:, 5:20].mean() > -60


def test_level_does_not_matter():
    y = noise(3)
    soft, loud = (scattering.extract(y * np.float32(gain), Params()) for gain in (1e-5, 100))
    np.testing.assert_allclose(soft, loud, atol=0.05)


def test_of_a_longer_sound_the_middle_is_taken():
    y = np.concatenate([sine(300, 10), sine(2000, 6), sine(300, 10)])
    found, paths = scattering.extract(y, Params(frames=20)), scattering.paths(Params())
    first = paths[:, 1] == 0
    assert (np.abs(np.log2(paths[found[first].argmax(axis=0), 0] / 2000)) < 1 / 8).all()


def test_a_narrower_grid_has_other_rows():
    few, many = Params(q=4, j=9, frames=40), Params(q=12, j=9, frames=40)
    assert scattering.shape(few)[0] < scattering.shape(many)[0]
    assert scattering.extract(noise(1), few).shape == scattering.shape(few)
    assert scattering.frame_rate(few) == RATE / 512


def test_without_its_package_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "kymatio.scattering1d.frontend.numpy_frontend", None)
    scattering._meta.cache_clear()
    with pytest.raises(ConfigError, match="pip install kymatio") as caught:
        scattering.shape(Params())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("wrong", [{"j": 5}, {"j": 14}, {"q": 0}, {"frames": 0}, {"top_db": 0}])
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Params(**wrong)
