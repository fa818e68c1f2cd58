import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.composing import harmony, theory

NUMERALS = ["I", "ii7", "V7", "Imaj7", "iiø", "bVII", "#ivo", "I6", "V9", "Vsus4", "i5"]
VOICINGS = ["close", "rootless", "spread", "power"]


@pytest.mark.parametrize(
    ("numeral", "root", "intervals"),
    [
        ("I", 0, (0, 4, 7)),
        ("ii7", 2, (0, 3, 7, 10)),
        ("bVI", 8, (0, 4, 7)),
        ("#ivo", 6, (0, 3, 6, 9)),
        ("Imaj7", 0, (0, 4, 7, 11)),
        ("VII", 11, (0, 4, 7)),
    ],
)
def test_roman_numerals(numeral, root, intervals):
    assert theory.chord(numeral) == theory.Chord(root, intervals)


@pytest.mark.parametrize("numeral", ["", "H", "IIII", "V13", "iI7x"])
def test_what_is_no_numeral_is_refused(numeral):
    with pytest.raises(ValueError, match="Roman numeral"):
        theory.chord(numeral)


def test_degrees_follow_the_chord():
    assert [theory.chord("i").degree(n) for n in (2, 3, 5, 8)] == [2, 3, 7, 12]
    assert [theory.chord("I").degree(n) for n in (2, 3, 5, 8)] == [2, 4, 7, 12]
    assert theory.chord("iiø").degree(5) == 6
    assert (theory.chord("I7").degree(7), theory.chord("Imaj7").degree(7)) == (10, 11)


def test_commas_divide_a_bar_and_changes_repeat():
    found = harmony.read("ii7,V7 I", metre=4, bars=3)
    assert found.starts == (0.0, 2.0, 4.0, 8.0, 10.0)
    assert [c.root for c in found.chords] == [2, 7, 0, 2, 7]
    assert (found.at(3.9).root, found.at(4.0).root, found.after(1.0).root, found.after(11.0).root) == (7, 0, 7, 2)


def test_a_long_stroke_is_cut_at_the_chords():
    found = harmony.read("I,IV V", metre=4, bars=2)
    assert [(beat, length, c.root) for beat, length, c in found.cut(1.0, 5.0)] == [(1, 1, 0), (2, 2, 5), (4, 2, 7)]


@given(st.sampled_from(NUMERALS), st.integers(0, 11), st.sampled_from(VOICINGS), st.integers(40, 72))
def test_a_voicing_is_the_chord_near_its_register(numeral, tonic, voicing, register):
    chord = theory.chord(numeral)
    pitches = harmony.voice(chord, tonic, voicing, register)
    classes = {(tonic + chord.root + i) % 12 for i in chord.intervals}
    fifth = {(tonic + chord.root + 7) % 12}
    assert pitches == sorted(pitches)
    assert {p % 12 for p in pitches} <= classes | (fifth if voicing == "power" else set())
    assert all(register - 12 <= p <= register + 36 for p in pitches)


@pytest.mark.parametrize("changes", ["I IV V vi", "ii7 V7 Imaj7", "I IV bVII bIII bVI bII"])
def test_close_voicings_move_little_and_do_not_drift(changes):
    pitches: list[int] = []
    for numeral in changes.split() * 16:
        before, pitches = pitches, harmony.voice(theory.chord(numeral), 0, "close", 60, pitches)
        assert not before or abs(sum(before) / len(before) - sum(pitches) / len(pitches)) <= 4
        assert abs(sum(pitches) / len(pitches) - 60) <= 4
