"""The Fourier transform below the features against librosa's, over sounds of any kind, length and level."""

import warnings

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab.features import _fourier, _mel, mel, stft


def librosas(samples: np.ndarray, **words) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of sounds shorter than a window, and of bands without a bin
        return librosa.feature.melspectrogram(y=samples, **words)


def relative_db(power: np.ndarray, depth: float) -> np.ndarray:
    return librosa.power_to_db(power / power.max(), amin=1e-30, top_db=depth)


@st.composite
def sounds(draw) -> np.ndarray:
    """Tones, noise, clicks and silence, one after another or together, at any level."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(1, 30_000))
    y = np.zeros(n)
    for kind in draw(st.lists(st.sampled_from(["tone", "noise", "click", "offset"]), max_size=3)):
        start, end = sorted(rng.integers(0, n + 1, 2))
        if kind == "tone":
            y[start:end] += np.sin(rng.uniform(0, np.pi) * np.arange(end - start))
        elif kind == "noise":
            y[start:end] += rng.normal(0, 1, end - start)
        elif kind == "click":
            y[rng.integers(n)] += 1
        else:
            y[start:end] += 0.5
    return (y * 10 ** draw(st.floats(-6, 3))).astype(np.float32)


TRANSFORMS = {
    "n_fft": st.integers(16, 4096),
    "hop": st.integers(1, 3000),
    "rate": st.sampled_from([8000, 22050, 48000]),
}


@settings(deadline=None, max_examples=60)
@given(y=sounds(), n_mels=st.integers(1, 128), **TRANSFORMS)
def test_mel_bands_are_librosas_to_a_thousandth_of_a_decibel(y, n_mels, n_fft, hop, rate):
    hop = max(hop, len(y) // 300)  # librosa takes its time for more frames
    expected = librosas(y, sr=rate, n_fft=n_fft, hop_length=hop, n_mels=n_mels)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = _fourier.mel_power(y, rate, n_fft=n_fft, hop=hop, n_mels=n_mels)
    assert (found.shape, found.dtype) == (expected.shape, np.float32)
    silent = not expected.max()
    assert bool(_fourier.below_peak(found, 80)) != silent
    expected = np.full_like(found, -80) if silent else relative_db(expected, 80)
    # The last decibels above the floor are where the rounding of float32 would show beside a tone.
    np.testing.assert_allclose(np.maximum(found, -70), np.maximum(expected, -70), atol=1e-3)
    np.testing.assert_allclose(found, expected, atol=5e-3)


def test_short_frames_of_a_tone_are_librosas_too():
    y = np.sin(0.9 * np.arange(400)).astype(np.float32)
    y[200] += 1
    how = {"n_fft": 21, "hop": 1, "n_mels": 7}
    expected = librosas(y, sr=22050, n_fft=21, hop_length=1, n_mels=7)
    found = _fourier.mel_power(y, 22050, **how)
    _fourier.below_peak(found, 80)
    np.testing.assert_allclose(found, relative_db(expected, 80), atol=1e-4)


@settings(deadline=None, max_examples=40)
@given(y=sounds(), window=st.sampled_from(["hann", "boxcar", "parzen"]), share=st.floats(0.3, 1), **TRANSFORMS)
def test_bins_are_librosas_to_a_thousandth_of_a_decibel(y, window, share, n_fft, hop, rate):
    hop, length = max(hop, len(y) // 300), max(1, int(share * n_fft))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        spectrum = librosa.stft(y, n_fft=n_fft, hop_length=hop, window=window, win_length=length)
    found = _fourier.power(y, n_fft=n_fft, hop=hop, window=window, window_length=length)
    expected = np.abs(spectrum) ** 2
    assert found.shape == expected.shape
    if expected.max():
        _fourier.below_peak(found, 80)
        np.testing.assert_allclose(found, relative_db(expected, 80), atol=1e-3)


@pytest.mark.parametrize(
    ("rate", "n_fft", "bands", "f_min", "f_max"),
    [(22050, 2048, 128, 0, None), (16000, 512, 96, 0, None), (44100, 1024, 40, 300, 6000), (8000, 255, 3, 50, 900)],
)
def test_filters_are_librosas(rate, n_fft, bands, f_min, f_max):
    expected = librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=bands, fmin=f_min, fmax=f_max)
    np.testing.assert_allclose(_mel.bank(rate, n_fft, bands, f_min, f_max).toarray(), expected, atol=1e-8)
    top = f_max or rate / 2
    np.testing.assert_allclose(
        _mel.centres(bands, f_min, top), librosa.mel_frequencies(n_mels=bands + 2, fmin=f_min, fmax=top)[1:-1]
    )


def test_thirty_seconds_are_the_thesis_picture():
    y = np.random.default_rng(0).normal(0, 0.1, 30 * 22050).astype(np.float32)
    expected = librosa.power_to_db(librosas(y, sr=22050, n_fft=2048, hop_length=1024, n_mels=128), ref=np.max)
    np.testing.assert_allclose(mel.extract(y, mel.Params())[:, :646], expected, atol=1e-3)


def test_only_the_lowest_bins_are_what_they_are_among_all():
    y = np.random.default_rng(0).normal(0, 0.1, 22050).astype(np.float32)
    some, every = (stft.extract(y, stft.Params(bands=bands, top_db=200)) for bands in (40, None))
    peak = every[:40].max()  # each is relative to the loudest bin that it keeps
    np.testing.assert_allclose(some[:, :43], every[:40, :43] - peak, atol=1e-3)


@pytest.mark.parametrize("silence", [-100.0, -120.0])
def test_decibels_keep_the_level_and_know_silence(silence):
    power = np.array([[1e-3, 1e-9, 0.0, 1e-14]], dtype=np.float32)
    np.testing.assert_allclose(_fourier.decibels(power, 80, silence), [[-30, -90, -110, -110]], atol=1e-4)
    assert (_fourier.decibels(np.zeros((2, 2), np.float32), 80, silence) == silence).all()
