"""Which chord sounds when, and how its notes are laid out."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from genrelab.composing import theory
from genrelab.composing.theory import Chord


@dataclass(frozen=True, slots=True)
class Harmony:
    """The chords of a section: `starts` (beats, ascending from 0), one for each of `chords`, up to `beats`."""

    starts: tuple[float, ...]
    chords: tuple[Chord, ...]
    beats: float

    def at(self, beat: float) -> Chord:
        """Return the chord that sounds at `beat`."""
        return self.chords[bisect_right(self.starts, beat + 1e-6) - 1]

    def after(self, beat: float) -> Chord:
        """Return the chord that follows the one at `beat`; after the last comes the first."""
        return self.chords[bisect_right(self.starts, beat + 1e-6) % len(self.chords)]

    def cut(self, beat: float, length: float) -> list[tuple[float, float, Chord]]:
        """Return (beat, length, chord) of each chord that sounds within `length` beats from `beat`."""
        ends = (*self.starts[1:], self.beats)
        return [
            (max(beat, start), min(beat + length, end) - max(beat, start), chord)
            for start, end, chord in zip(self.starts, ends, self.chords, strict=True)
            if start < beat + length - 1e-6 and end > beat + 1e-6
        ]


def read(changes: str, metre: int, bars: int) -> Harmony:
    """Return changes as a harmony of `bars` bars: a word is a bar, commas divide it ("ii7,V7 Imaj7"); they repeat."""
    words = changes.split()
    starts: list[float] = []
    chords: list[Chord] = []
    for bar in range(bars):
        numerals = words[bar % len(words)].split(",")
        for i, numeral in enumerate(numerals):
            starts.append(metre * (bar + i / len(numerals)))
            chords.append(theory.chord(numeral))
    return Harmony(tuple(starts), tuple(chords), metre * bars)


def voice(chord: Chord, tonic: int, voicing: str, register: int, previous: Sequence[int] = ()) -> list[int]:
    """Return a chord's MIDI pitches, ascending.

    Args:
        chord: The chord.
        tonic: Pitch class of the key, 0-11.
        voicing: `close` (the inversion that moves least from `previous`), `rootless` (the same without the root),
            `spread` (root at the bottom, the rest an octave higher) or `power` (root, fifth, octave).
        register: MIDI pitch around which the chord lies; the lowest pitch of `spread` and `power`.
        previous: The previous chord's pitches, for smooth voice leading.
    """
    bottom = register + (tonic + chord.root - register) % 12
    if voicing == "power":
        return [bottom, bottom + 7, bottom + 12]
    if voicing == "spread":
        return [bottom, *sorted(bottom + 12 + i % 12 for i in chord.intervals[1:])]
    classes = [(tonic + chord.root + i) % 12 for i in chord.intervals]
    if voicing == "rootless" and len(classes) > 3:
        classes = classes[1:]
    target = sum(previous) / len(previous) if previous else float(register)
    inversions = [
        sorted(lowest + (c - lowest) % 12 for c in classes)
        for lowest in range(register - 12, register + 7)
        if lowest % 12 in classes
    ]
    # The register pulls half as much, so that voice leading does not drift out of it.
    return min(inversions, key=lambda p: abs(sum(p) / len(p) - target) + abs(sum(p) / len(p) - register) / 2)
