"""One sound in numbers: signals whose levels are known."""

import warnings

import numpy as np
import pytest
import soundfile

from genrelab.data.audio import AudioError
from genrelab.quality import clip_statistics

RATE = 22050


def sound(tmp_path, samples, rate=RATE, subtype="FLOAT"):
    path = tmp_path / "sound.wav"
    soundfile.write(path, samples, rate, subtype=subtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return clip_statistics.sound(path)


def sine(frequency, seconds=5.0, rate=RATE, amplitude=1.0):
    return amplitude * np.sin(2 * np.pi * frequency * np.arange(int(seconds * rate)) / rate)


def test_a_sine_has_the_loudness_that_the_standard_gives_it(tmp_path):
    levels, spectrum, _, y = sound(tmp_path, sine(997, rate=48000), rate=48000)
    assert levels.loudness == pytest.approx(-3.01, abs=0.1)  # ITU-R BS.1770-4, one channel
    assert (levels.rate, levels.channels, levels.seconds) == (48000, 1, 5.0)
    assert levels.peak_db == pytest.approx(0, abs=0.01)
    assert levels.clipped == 0
    assert y.shape == (5 * RATE,)
    assert spectrum.shape == (2, clip_statistics.BANDS)
    import librosa

    bands = librosa.mel_frequencies(clip_statistics.BANDS + 2, fmin=0, fmax=RATE / 2)[1:-1]
    assert abs(bands[spectrum[0].argmax()] - 997) < 40


def test_stereo_is_louder_by_three_decibels_and_the_worst_channel_tells_the_shift(tmp_path):
    y = sine(997, rate=48000, amplitude=0.5)
    mono = sound(tmp_path, y, rate=48000).levels
    stereo = sound(tmp_path, np.stack([y, y - 0.1], axis=1), rate=48000).levels
    assert stereo.channels == 2
    assert stereo.loudness - mono.loudness == pytest.approx(3.01, abs=0.1)
    assert stereo.dc == pytest.approx(-0.1, abs=1e-3)
    assert mono.dc == pytest.approx(0, abs=1e-3)


def test_cut_off_peaks_are_counted_and_single_ones_are_not(tmp_path):
    y = np.clip(sine(100, amplitude=2.0), -1, 1)  # beyond full scale for two thirds of each period
    assert sound(tmp_path, y).levels.clipped == pytest.approx(2 / 3, abs=0.03)
    assert clip_statistics.clipped(np.array([[0.0, 1, 0, 1, 1, 0, 1, 1, 1, -1]])) == pytest.approx(0.3)
    assert clip_statistics.clipped(np.zeros((1, 50))) == 0


def test_the_longest_silence_is_found(tmp_path):
    y = sine(440)
    y[RATE : 3 * RATE] = 0
    y[: RATE // 2] = 1e-4  # below -60 dB
    assert sound(tmp_path, y).levels.silence == pytest.approx(2, abs=0.01)


def test_clicks_have_their_tempo_and_short_sounds_have_none(tmp_path):
    y = np.zeros(20 * RATE)
    y[:: RATE // 2] = 0.9
    y = np.convolve(y, np.exp(-np.arange(400) / 60), mode="same")
    assert sound(tmp_path, y).levels.tempo == pytest.approx(120, rel=0.03)
    assert np.isnan(sound(tmp_path, y[: 2 * RATE]).levels.tempo)


def test_what_is_too_short_or_silent_has_no_loudness_and_no_warning(tmp_path):
    assert np.isnan(sound(tmp_path, sine(440, 0.2)).levels.loudness)
    levels, spectrum, _, _ = sound(tmp_path, np.zeros(RATE))
    assert levels.loudness == -np.inf
    assert levels.silence == pytest.approx(1)
    assert np.isfinite(spectrum).all()
    assert sound(tmp_path, np.zeros((RATE, 8))).levels.channels == 8


def test_what_is_no_sound_is_an_error(tmp_path):
    (tmp_path / "text.wav").write_text("words")
    with pytest.raises(AudioError, match="cannot be decoded"):
        clip_statistics.sound(tmp_path / "text.wav")
