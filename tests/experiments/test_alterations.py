"""What is done to sounds: each alteration does what its name says, and leaves a sound a sound."""

import numpy as np
import pytest
from sounds import RATE, chords

from genrelab.data import codecs
from genrelab.experiments.alterations import ALTERATIONS

MUSIC = chords(4.0, seed=0, rate=RATE)
SLOW = {"a semitone higher", "a semitone lower"}  # a second for librosa's first call


def altered(name, samples=MUSIC, rate=RATE):
    return ALTERATIONS[name].alter(samples, rate, np.random.default_rng(0))


def level(samples):
    return 10 * np.log10(np.mean(np.square(samples, dtype=np.float64)))


def peak_hz(samples, rate=RATE):
    return np.abs(np.fft.rfft(samples * np.hanning(len(samples)))).argmax() * rate / len(samples)


def sine(hz, rate=RATE, seconds=2.0):
    return (0.1 * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


@pytest.mark.parametrize("name", [name for name in ALTERATIONS if name not in SLOW])
@pytest.mark.parametrize("rate", [8000, 44100])
def test_every_alteration_leaves_a_sound_of_any_rate_as_it_was(name, rate):
    samples = chords(1.5, seed=0, rate=rate)
    before = samples.copy()
    found = altered(name, samples, rate)
    assert (found.dtype, found.ndim) == (np.float32, 1)
    assert np.isfinite(found).all()
    assert 0.9 * len(samples) < len(found) < 1.1 * len(samples)
    np.testing.assert_array_equal(samples, before)


def test_gains_are_of_so_many_decibels_and_clip_at_full_scale():
    assert level(altered("20 dB softer")) - level(MUSIC) == pytest.approx(-20, abs=0.01)
    assert np.abs(altered("6 dB louder, clipped", MUSIC * np.float32(5))).max() == 1


@pytest.mark.parametrize(
    ("name", "hz", "decibels"),
    [
        ("bass +6 dB below 200 Hz", 40, 6),
        ("bass +6 dB below 200 Hz", 200, 3),
        ("bass +6 dB below 200 Hz", 4000, 0),
        ("treble +6 dB above 3 kHz", 9000, 6),
        ("treble +6 dB above 3 kHz", 3000, 3),
        ("treble +6 dB above 3 kHz", 100, 0),
        ("treble -6 dB above 3 kHz", 9000, -6),
        ("telephone, 300 to 3,400 Hz", 1000, 0),
        ("telephone, 300 to 3,400 Hz", 60, -59),
    ],
)
def test_filters_raise_and_lower_what_they_name(name, hz, decibels):
    tone = sine(hz)
    late = len(tone) // 2  # once the filter has settled
    assert level(altered(name, tone)[late:]) - level(tone[late:]) == pytest.approx(decibels, abs=0.5)


def test_noise_lies_so_far_below_the_sound():
    assert level(altered("white noise, 20 dB below") - MUSIC) - level(MUSIC) == pytest.approx(-20, abs=0.1)


@pytest.mark.parametrize(("name", "ratio"), [("0.5% faster", 1.005), ("1% slower", 0.99), ("2% slower", 0.98)])
def test_speed_changes_length_and_pitch_alike(name, ratio):
    found = altered(name, sine(1000))
    assert len(found) == pytest.approx(2 * RATE / ratio, rel=1e-3)
    assert peak_hz(found) == pytest.approx(1000 * ratio, abs=1)


@pytest.mark.parametrize(("name", "semitones"), [("a semitone higher", 1), ("a semitone lower", -1)])
def test_pitch_alone_changes(name, semitones):
    found = altered(name, sine(1000))
    assert len(found) == 2 * RATE
    assert peak_hz(found) == pytest.approx(1000 * 2 ** (semitones / 12), rel=0.005)


def test_an_excerpt_is_a_stretch_of_the_sound():
    found = altered("excerpt of 5 s", np.arange(12 * RATE, dtype=np.float32))
    np.testing.assert_array_equal(np.diff(found), 1)
    assert len(found) == 5 * RATE


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 32000, 44100, 48000])
def test_mp3_keeps_the_length_at_every_bit_rate(rate):
    samples = chords(1.0, seed=0, rate=rate)
    for kbits in (8, 32, 128, 999):
        assert len(codecs.mp3(samples, rate, kbits)) == pytest.approx(len(samples), abs=0.1 * rate)


def test_vorbis_takes_long_sounds_and_follows_its_quality():
    long = np.tile(MUSIC, 20)
    errors = [level(codecs.vorbis(long, RATE, quality) - long) for quality in (0, 10)]
    assert errors[0] > errors[1] + 6
