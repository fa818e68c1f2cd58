"""Scales and chords, in semitones above the tonic."""

import re
from dataclasses import dataclass
from functools import cache

SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "bebop": (0, 2, 4, 5, 7, 8, 9, 11),
    "blues": (0, 3, 5, 6, 7, 10),
    "major pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
}

_MAJOR, _MINOR = (0, 4, 7), (0, 3, 7)
_DEGREES = dict(zip(("I", "II", "III", "IV", "V", "VI", "VII"), SCALES["major"], strict=True))
_ACCIDENTALS = {"": 0, "b": -1, "#": 1}
# Suffix -> (intervals above an upper-case numeral, above a lower-case one).
_QUALITIES = {
    "": (_MAJOR, _MINOR),
    "5": ((0, 7), (0, 7)),
    "6": ((*_MAJOR, 9), (*_MINOR, 9)),
    "7": ((*_MAJOR, 10), (*_MINOR, 10)),
    "9": ((*_MAJOR, 10, 14), (*_MINOR, 10, 14)),
    "maj7": ((*_MAJOR, 11), (*_MINOR, 11)),
    "add9": ((*_MAJOR, 14), (*_MINOR, 14)),
    "sus4": ((0, 5, 7), (0, 5, 7)),
    "alt": ((0, 4, 10, 13), (0, 3, 10, 13)),
    "ø": ((0, 3, 6, 10), (0, 3, 6, 10)),
    "o": ((0, 3, 6, 9), (0, 3, 6, 9)),
}
_NUMERAL = re.compile(r"(?P<accidental>[b#]?)(?P<degree>[IViv]+)(?P<suffix>.*)")


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord: its root in semitones above the tonic (0-11), its notes in semitones above the root (0 first)."""

    root: int
    intervals: tuple[int, ...]

    def degree(self, number: int) -> int:
        """Return the interval above the root of the chord's own third (3), fifth (5), seventh (7); else the scale's."""
        third = next((i for i in self.intervals if i in (3, 4)), 4)
        own = {
            3: third,
            5: next((i for i in self.intervals if i in (6, 7)), 7),
            7: next((i for i in self.intervals if i in (9, 10, 11)), 10),
            6: 9,
        }
        return own.get(number, SCALES["major" if third == 4 else "minor"][(number - 1) % 7] + 12 * ((number - 1) // 7))


@cache
def chord(numeral: str) -> Chord:
    """Return the chord of a Roman numeral; degrees are the major scale's, lower case is minor.

    >>> chord("bVII"), chord("ii7")
    (Chord(root=10, intervals=(0, 4, 7)), Chord(root=2, intervals=(0, 3, 7, 10)))
    """
    match = _NUMERAL.fullmatch(numeral)
    if not match or match["degree"].upper() not in _DEGREES or match["suffix"] not in _QUALITIES:
        raise ValueError(f"'{numeral}' is no Roman numeral such as I, bVII, ii7 or Vsus4")
    root = _DEGREES[match["degree"].upper()] + _ACCIDENTALS[match["accidental"]]
    return Chord(root % 12, _QUALITIES[match["suffix"]][match["degree"].islower()])
