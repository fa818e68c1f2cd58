import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.composing import tab
from genrelab.composing.tab import Stroke

words = st.text("Rx.5", min_size=1, max_size=6)
figures = st.lists(words, min_size=1, max_size=8).map(" ".join)


def test_a_word_is_a_beat_and_a_hold_lengthens():
    assert tab.read("R--- 5.x.") == (Stroke(0.0, 1.0, "R"), Stroke(1.0, 0.25, "5"), Stroke(1.5, 0.25, "x"))


def test_a_hold_crosses_beats():
    assert tab.read("x- -- .x") == (Stroke(0.0, 2.0, "x"), Stroke(2.5, 0.5, "x"))


@pytest.mark.parametrize("figure", ["-x", "x. -x"])
def test_a_hold_needs_a_note(figure):
    with pytest.raises(ValueError, match="holds a note"):
        tab.read(figure)


@given(figures)
def test_every_symbol_but_a_rest_is_struck_in_order(figure):
    strokes = tab.read(figure)
    assert [s.symbol for s in strokes] == [c for c in figure if c not in ". "]
    assert all(a.beat + a.length <= b.beat + 1e-9 for a, b in itertools.pairwise(strokes))


@given(figures, st.floats(0.5, 40))
def test_repeats_stay_within_their_end(figure, until):
    strokes = tab.repeat(figure, until)
    assert all(0 <= s.beat < until and s.beat + s.length <= until + 1e-9 for s in strokes)
    assert [s.symbol for s in strokes[: len(tab.read(figure))]] == [
        s.symbol for s in tab.read(figure) if s.beat < until
    ]
