import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.composing import bass, comping, drums, harmony, melody
from genrelab.composing.idiom import Comping, Lead
from genrelab.composing.instruments import DRUMS, INSTRUMENTS
from genrelab.composing.theory import SCALES


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_boom_chick_is_root_and_fifth(rng):
    found = bass.play("R- .. 5- ..", "finger bass", harmony.read("I V", 4, 2), 9, rng)
    assert [(n.start, n.pitch) for n in found] == [(0, 33), (2, 40), (4, 40), (6, 35 + 12)]


def test_a_walk_states_each_root_and_an_approach_leads_to_the_next(rng):
    changes = harmony.read("ii7 V7 Imaj7 Imaj7", 4, 4)
    found = bass.play("w- w- w- wa", "upright bass", changes, 0, rng)
    by_beat = {n.start: n.pitch for n in found}
    assert [by_beat[4.0 * bar] % 12 for bar in range(4)] == [2, 7, 0, 0]
    assert all((by_beat[3.5 + 4 * bar] - root) % 12 in (1, 11) for bar, root in enumerate([7, 0, 0, 2]))


@given(st.integers(0, 11), st.integers(0, 2**16), st.sampled_from(["sub bass", "cello", "piano"]))
def test_the_bass_stays_within_its_instrument(tonic, seed, instrument):
    found = bass.play("w- w- w- wa", instrument, harmony.read("I bVI V7 iv", 4, 8), tonic, np.random.default_rng(seed))
    assert all(INSTRUMENTS[instrument].low <= n.pitch <= INSTRUMENTS[instrument].high for n in found)


def test_broken_chords_climb_and_go_on_an_octave_higher():
    layer = Comping(instruments=("piano",), figures=("1234 ....",), register=60)
    found = comping.play(layer, "1234 .... .... ....", "piano", harmony.read("I", 4, 1), 0)
    first, second, third, fourth = (n.pitch for n in found)
    assert first < second < third < fourth == first + 12


def test_a_held_chord_is_struck_anew_when_the_harmony_moves():
    layer = Comping(instruments=("strings",), figures=("x- -- -- --",))
    found = comping.play(layer, "x- -- -- --", "strings", harmony.read("I,V", 4, 1), 0)
    assert sorted({n.start for n in found}) == [0, 2]


def test_a_palm_mute_is_short_and_softer():
    layer = Comping(instruments=("distorted guitar",), figures=("xo xo xo xo",), voicing="power", register=40)
    found = comping.play(layer, "xo xo xo xo", "distorted guitar", harmony.read("i5", 4, 1), 4)
    open_, muted = ([n for n in found if n.start % 1 == phase] for phase in (0, 0.5))
    assert max(n.length for n in muted) < min(n.length for n in open_)
    assert max(n.velocity for n in muted) < min(n.velocity for n in open_)
    assert sorted({n.pitch for n in found}) == [40, 47, 52]


@given(st.sampled_from(sorted(SCALES)), st.integers(0, 11), st.integers(0, 2**16), st.sampled_from(["violin", "cello"]))
def test_a_melody_is_of_the_scale_or_of_the_chord_and_within_its_instrument(scale, tonic, seed, instrument):
    lead = Lead(instruments=(instrument,), figures=("x- xx x- --",))
    changes = harmony.read("I IV V7 I", 4, 8)
    rng = np.random.default_rng(seed)
    found = melody.play(lead, lead.figures, instrument, changes, scale, tonic, 4, rng)
    for note in found:
        chord = changes.at(note.start)
        allowed = {*SCALES[scale], *(chord.root + i for i in chord.intervals)}
        assert (note.pitch - tonic) % 12 in {a % 12 for a in allowed}
        assert INSTRUMENTS[instrument].low - 6 <= note.pitch <= INSTRUMENTS[instrument].high + 6


def test_a_melody_returns_to_its_motif(rng):
    lead = Lead(instruments=("flute",), figures=("x- xx x- --", "xx xx x- --", "x- -- xx x-"), rests=0.0)
    found = melody.play(lead, lead.figures, "flute", harmony.read("I", 4, 8), "major", 0, 4, rng)
    rhythm = [tuple(n.start - 4 * bar for n in found if n.start // 4 == bar) for bar in range(8)]
    assert rhythm[:4] == rhythm[4:]


def test_a_melody_rests_as_often_as_it_is_told(rng):
    lead = Lead(instruments=("flute",), figures=("x- x- x- x-",), rests=0.5)
    changes = harmony.read("I", 4, 4)
    bars = [melody.play(lead, lead.figures, "flute", changes, "major", 0, 4, rng) for _ in range(100)]
    assert 0.4 < sum(len(notes) for notes in bars) / (100 * 4 * 4) < 0.6


def test_drums_play_the_groove(rng):
    groove = {"kick": "X. .. x. ..", "snare": ".. X. .. X."}
    found = drums.play(groove, 8, 0.0, rng)
    assert sorted(n.start for n in found if n.pitch == DRUMS["kick"]) == [0, 2, 4, 6]
    assert sorted(n.start for n in found if n.pitch == DRUMS["snare"]) == [1, 3, 5, 7]


def test_a_fill_replaces_the_end_of_the_groove(rng):
    found = drums.play({"ride": "xx xx xx xx"}, 16, 1.0, rng)
    ride = [n.start for n in found if n.pitch == DRUMS["ride"]]
    rest = [n.start for n in found if n.pitch not in (DRUMS["ride"], DRUMS["crash"])]
    assert rest
    assert max(ride) < min(rest)
    assert min(rest) >= 13
    assert max(rest) < 16
