import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.composing.perform import perform, seconds_at, swing
from genrelab.composing.score import Note, Part, Score


def score(notes=(), tempo=120.0, ratio=0.5, rubato=0.0, beats=64.0):
    return Score([Part("piano", 0.0, list(notes))], tempo, ratio, 0.5, rubato, beats)


@pytest.mark.parametrize(("beat", "moved"), [(0, 0), (0.5, 0.66), (1, 1), (0.25, 0.33), (0.75, 0.83), (3.5, 3.66)])
def test_swing_delays_the_off_beat(beat, moved):
    assert swing(beat, 0.66, 0.5) == pytest.approx(moved)


@pytest.mark.parametrize("beat", [1 / 3, 2 / 3, 4 + 2 / 3])
def test_triplets_swing_already(beat):
    assert swing(beat, 0.66, 0.5) == beat


def test_sixteenths_swing_within_the_eighth():
    assert swing(0.25, 0.6, 0.25) == pytest.approx(0.3)
    assert swing(0.5, 0.6, 0.25) == pytest.approx(0.5)


@given(st.floats(40, 220), st.floats(0, 0.1), st.integers(0, 200))
def test_time_never_runs_backwards(tempo, rubato, sixteenth):
    piece = score(tempo=tempo, ratio=0.67, rubato=rubato)
    assert seconds_at(piece, sixteenth / 4) < seconds_at(piece, (sixteenth + 1) / 4)


def test_a_straight_exact_performance_is_the_score():
    notes = [Note(b / 2, 0.5, 60, 90) for b in range(8)]
    (part,) = perform(score(notes), 0.0, 0.0, np.random.default_rng(0))
    assert [(n.start, n.length, n.velocity) for n in part.notes] == [(b / 4, 0.25, 90) for b in range(8)]


@given(st.integers(0, 2**16), st.integers(1, 127))
def test_a_human_stays_within_midi(seed, velocity):
    notes = [Note(b / 2, 0.01, 60, velocity) for b in range(8)]
    (part,) = perform(score(notes), 0.05, 0.5, np.random.default_rng(seed))
    assert all(n.start >= 0 and n.length >= 0.02 - 1e-9 and 1 <= n.velocity <= 127 for n in part.notes)


def test_a_loose_hand_is_not_exact():
    notes = [Note(b, 0.5, 60, 90) for b in range(64)]
    (part,) = perform(score(notes), 0.01, 0.1, np.random.default_rng(0))
    errors = np.array([n.start - b / 2 for b, n in enumerate(part.notes)][1:])
    assert 0.005 < errors.std() < 0.02
    assert abs(errors.mean()) < 0.005
