"""Pitch histograms of tones that are known."""

import numpy as np
import pytest

from genrelab.features import pitch
from genrelab.features._peaks import periods
from genrelab.features.pitch import FOLDED, METRICS, SUMMARY, UNFOLDED, Params

RATE = 22050
TIME = np.arange(2 * RATE) / RATE


def tone(midi: int, harmonics: int = 1, time: np.ndarray = TIME) -> np.ndarray:
    hertz = 440 * 2 ** ((midi - 69) / 12)
    return sum(np.sin(2 * np.pi * k * hertz * time) / k for k in range(1, harmonics + 1)) * 0.2


def extract(y: np.ndarray) -> np.ndarray:
    return pitch.extract(y.astype(np.float32), Params())


@pytest.mark.parametrize("harmonics", [1, 6])
@pytest.mark.parametrize("midi", [45, 57, 64, 69])
def test_a_tone_is_its_fundamental(midi, harmonics):
    found = extract(tone(midi, harmonics))
    assert found[list(UNFOLDED)].argmax() == midi
    assert found[list(FOLDED)].argmax() == 7 * midi % 12
    assert found[list(UNFOLDED)].sum() == pytest.approx(1, abs=1e-5)
    summary = dict(zip(METRICS, found[list(SUMMARY)], strict=True))
    assert (summary["UP0"], summary["FP0"]) == (midi, 7 * midi % 12)


CHORDS = [(57, 61, 64), (60, 63, 67), (53, 57, 60), (64, 67, 72), (48, 52, 55), (60, 63, 66), (57, 64), (55, 59, 62)]


@pytest.mark.parametrize("rate", [RATE, 16000, 44100])
@pytest.mark.parametrize("harmonics", [1, 4, 8])
@pytest.mark.parametrize("chord", CHORDS)
def test_a_chord_is_its_notes_and_nothing_else(chord, harmonics, rate):
    time = np.arange(rate) / rate
    y = sum(tone(midi, harmonics, time) for midi in chord)
    found = pitch.extract(y.astype(np.float32), Params(sample_rate=rate))
    shares = found[list(UNFOLDED)]
    assert all(shares[midi] > 0.15 for midi in chord)
    assert shares[list(chord)].sum() > 0.85


def test_of_an_octave_the_lower_note_stands_for_both():
    found = extract(tone(57, 4) + tone(69, 4))[list(UNFOLDED)]
    assert found[57] > 0.8


def test_two_tones_in_turn_a_fifth_apart_are_neighbours_when_folded():
    found = extract(np.concatenate([tone(57, 4), tone(57, 4), tone(64, 4)]))
    summary = dict(zip(METRICS, found[list(SUMMARY)], strict=True))
    assert summary["FP0"] == 7 * 57 % 12
    assert summary["IPO1"] == 1


def test_an_octave_folds_into_one_class():
    low, high = extract(tone(57, 4)), extract(tone(69, 4))
    assert low[list(UNFOLDED)].argmax() != high[list(UNFOLDED)].argmax()
    assert low[list(FOLDED)].argmax() == high[list(FOLDED)].argmax()


def test_silence_has_no_pitch_and_a_tone_more_than_noise():
    assert (extract(np.zeros(RATE)) == 0).all()
    noise = np.random.default_rng(0).normal(0, 0.1, RATE)
    assert extract(tone(57, 6))[SUMMARY[-1]] > 2 * extract(noise)[SUMMARY[-1]]


def test_multiples_of_a_period_are_taken_away():
    lags = np.arange(400)
    places, heights = periods(np.cos(2 * np.pi * lags / 50) * np.exp(-lags / 500), 20, 380, 3)
    assert places[0] == pytest.approx(50, abs=0.2)
    assert heights[0] > 3 * max(heights[1:], default=0)
