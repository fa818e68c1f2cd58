"""Rhythms as text: each word is a beat, each character an equal part of it.

`.` rests, `-` holds what sounds, and anything else strikes. "R--- 5---" is a root and a fifth of a beat each,
"x.x xxx" two beats of triplets. A figure may last several bars; it then repeats as a whole.
"""

from dataclasses import dataclass
from functools import cache

REST, HOLD = ".", "-"


@dataclass(frozen=True, slots=True)
class Stroke:
    """A symbol struck at `beat` (from the figure's start) and held for `length` beats."""

    beat: float
    length: float
    symbol: str


def beats(figure: str) -> int:
    """Return the length of a figure in beats."""
    return len(figure.split())


@cache
def read(figure: str) -> tuple[Stroke, ...]:
    """Return the strokes of a figure.

    >>> read("x-- .x.")
    (Stroke(beat=0.0, length=1.0, symbol='x'), Stroke(beat=1.3333333333333333, length=0.3333333333333333, symbol='x'))
    """
    strokes: list[Stroke] = []
    sounding = False
    for beat, word in enumerate(figure.split()):
        step = 1 / len(word)
        for i, symbol in enumerate(word):
            if symbol == HOLD:
                if not sounding:
                    raise ValueError(f"the figure '{figure}' holds a note in beat {beat + 1}, but none sounds")
                last = strokes[-1]
                strokes[-1] = Stroke(last.beat, last.length + step, last.symbol)
                continue
            sounding = symbol != REST
            if sounding:
                strokes.append(Stroke(beat + i / len(word), step, symbol))
    return tuple(strokes)


def repeat(figure: str, until: float) -> list[Stroke]:
    """Return the strokes of a figure played over and over until beat `until`; the last is cut there."""
    period = beats(figure)
    repeats = range(int(-(-until // period)))
    return [
        Stroke(start + s.beat, min(s.length, until - start - s.beat), s.symbol)
        for start in (period * r for r in repeats)
        for s in read(figure)
        if start + s.beat < until
    ]
