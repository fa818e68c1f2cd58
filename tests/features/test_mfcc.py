"""MFCC against librosa's own, the choice of frames that sound, and the edges."""

import librosa
import numpy as np
import pytest
from scipy.fft import dct

from genrelab.features import mel, mfcc
from genrelab.features.mfcc import Params

RATE = 22050
TONES = (440.0, 1760.0)


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, int(seconds * RATE)).astype(np.float32)


def sine(seconds: float, hz: float = 440.0) -> np.ndarray:
    """A tone over faint noise, without which what lies below the tone by more than 80 dB would be cut off."""
    tone = 0.5 * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)
    return tone.astype(np.float32) + 0.05 * noise(seconds)


def are_of(columns: np.ndarray, hz: float) -> bool:
    """Whether coefficients (39, frames) are in every frame like those of this tone rather than of the other."""
    far = {tone: np.abs(columns[:13] - mfcc.extract(sine(1, tone), Params())[:13, 10:11]).sum(axis=0) for tone in TONES}
    return all((far[hz] < far[other] / 2).all() for other in TONES if other != hz)


def own(y: np.ndarray) -> np.ndarray:
    values = librosa.feature.mfcc(y=y, sr=RATE, n_mfcc=13, n_fft=2048, hop_length=1024)
    return np.concatenate([values, librosa.feature.delta(values), librosa.feature.delta(values, order=2)])


def test_thirty_seconds_are_646_frames_equal_to_librosas_and_then_the_floor():
    y = noise(30)
    found = mfcc.extract(y, Params())
    assert found.shape == (39, 660)
    np.testing.assert_allclose(found[:, :646], own(y), atol=1e-3)
    assert (found[:, 646:] == mfcc.pad_value(Params())).all()
    assert mfcc.seconds(Params()) == pytest.approx(660 * 1024 / 22050)


def test_they_are_the_cosine_transform_of_the_mel_bands_in_decibels():
    y = noise(2)
    bands = mel.extract(y, mel.Params(frames=44))
    found = mfcc.extract(y, Params(frames=44, deltas=False))
    wanted = dct(bands, axis=0, norm="ortho")[:13]
    np.testing.assert_allclose(found[1:], wanted[1:], atol=0.02)  # the first alone depends on the level


def test_of_a_longer_sound_the_middle_is_taken():
    y = np.concatenate([sine(20, 440), sine(5, 1760), sine(20, 440)])
    assert are_of(mfcc.extract(y, Params(frames=100))[:, 1:-1], 1760)  # the outermost hear the cut


@pytest.mark.parametrize("only_sounding", [False, True])
def test_no_frame_of_a_sound_looks_like_padding(only_sounding):
    for y in (noise(1), sine(1), np.eye(1, RATE, 100)[0].astype(np.float32), 1e-5 * noise(1)):
        found = mfcc.extract(y, Params(only_sounding=only_sounding))
        there = (found != mfcc.FLOOR).any(axis=0)
        count = int(there.sum())
        assert count > 0
        assert there[:count].all()
        assert only_sounding or count == 1 + len(y) // 1024


def test_only_sounding_leaves_silence_out_and_moves_the_rest_together():
    pause = np.zeros(2 * RATE, np.float32)
    y = np.concatenate([pause, sine(3, 440), pause, sine(3, 1760), pause])
    whole, found = mfcc.extract(y, Params()), mfcc.extract(y, Params(only_sounding=True))
    count = int((found != mfcc.FLOOR).any(axis=0).sum())
    assert abs(count - 6 * RATE / 1024) <= 5  # a frame on each edge is half of sound
    assert (whole != mfcc.FLOOR).any(axis=0).sum() == 1 + len(y) // 1024
    columns = {column.tobytes() for column in whole.T}
    assert all(column.tobytes() in columns for column in found.T[:count])  # derivatives are of the time before the cut
    assert are_of(found[:, 4 : count // 2 - 4], 440)
    assert are_of(found[:, count // 2 + 4 : count - 4], 1760)


def test_silence_db_says_how_soft_silence_is():
    y = np.concatenate([sine(2), 0.03 * sine(2)])  # 30 dB softer
    counts = [
        int((mfcc.extract(y, Params(only_sounding=True, silence_db=db)) != mfcc.FLOOR).any(axis=0).sum())
        for db in (20, 40)
    ]
    assert abs(counts[0] - 2 * RATE / 1024) <= 3
    assert counts[1] == 1 + len(y) // 1024


def test_of_too_many_sounding_frames_the_middle_ones_are_taken():
    y = np.concatenate([np.zeros(10 * RATE, np.float32), sine(1, 440), sine(4, 1760), sine(1, 440)])
    assert are_of(mfcc.extract(y, Params(only_sounding=True, frames=60))[:, 1:-1], 1760)


def test_nothing_of_digital_silence_sounds():
    assert (mfcc.extract(np.zeros(RATE, np.float32), Params(only_sounding=True)) == mfcc.FLOOR).all()


@pytest.mark.parametrize("frames", [1, 2, 8, 9])
def test_derivatives_of_few_frames(frames):
    found = mfcc.extract(noise((frames - 1) * 1024 / RATE + 0.001), Params())
    assert ((found != mfcc.FLOOR).any(axis=0)).sum() == frames
    assert np.isfinite(found).all()


@pytest.mark.parametrize("wrong", [{"n_mfcc": 129}, {"n_mfcc": 0}, {"silence_db": 0}, {"hop": 0}])
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Params(**wrong)


@pytest.mark.parametrize("gain", [-80, -40, 20])
def test_a_gain_moves_the_first_coefficient_and_nothing_else(gain):
    y = noise(3) * np.linspace(0, 1, 3 * RATE, dtype=np.float32) ** 2
    plain, other = (mfcc.extract(y * np.float32(10 ** (db / 20)), Params(frames=60)) for db in (0, gain))
    expected = plain.copy()
    expected[0] += gain * np.sqrt(Params().n_mels)
    np.testing.assert_allclose(other, expected, atol=0.01)
