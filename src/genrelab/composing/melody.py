"""Melody: recurring motifs of rhythm and contour, on a scale, attracted to the notes of the chords."""

from dataclasses import dataclass

import numpy as np

from genrelab.composing import tab, theory
from genrelab.composing.chance import happens, pick
from genrelab.composing.harmony import Harmony
from genrelab.composing.idiom import Lead
from genrelab.composing.instruments import INSTRUMENTS
from genrelab.composing.score import Note

PHRASES = ("ABAC", "ABAB", "AABC", "AAAB")  # a letter is a bar's motif
COMPASS = 11  # semitones by which a melody may leave its middle
PULL = 0.65  # share of the notes on the beat that move to a chord note
VELOCITY = 90
LEGATO = 0.95
GRACE = 0.12  # beats


@dataclass(frozen=True, slots=True)
class Motif:
    """A bar of melody: a figure, and for each of its notes the steps of the scale from the previous note."""

    figure: str
    steps: tuple[int, ...]


def play(
    lead: Lead,
    figures: tuple[str, ...],
    instrument: str,
    harmony: Harmony,
    scale: str,
    tonic: int,
    metre: int,
    rng: np.random.Generator,
) -> list[Note]:
    """Return the melody of a section; `figures` fit `metre` beats per bar, `tonic` is a pitch class."""
    ladder = _ladder(instrument, scale, tonic, rng)
    motifs = {letter: _motif(lead, figures, rng) for letter in "ABC"}
    phrase = pick(rng, PHRASES)
    silent = [happens(rng, lead.rests) for _ in phrase]
    position = len(ladder) // 2
    notes: list[Note] = []
    for bar in range(int(harmony.beats // metre)):
        motif = motifs[phrase[bar % len(phrase)]]
        if silent[bar % len(phrase)]:
            continue
        for stroke, step in zip(tab.read(motif.figure), motif.steps, strict=True):
            position = _reflect(position + step, len(ladder))
            beat = bar * metre + stroke.beat
            pitch = ladder[position]
            if stroke.beat % 1 == 0 and happens(rng, PULL):
                pitch = _nearest(pitch, tonic, harmony.at(beat))
            if happens(rng, lead.graces):
                notes.append(Note(max(0.0, beat - GRACE), GRACE, pitch - 1, VELOCITY - 15))
            velocity = VELOCITY + (8 if stroke.beat == 0 else 0)
            notes.append(Note(beat, stroke.length * LEGATO, pitch, velocity))
    return notes


def _ladder(instrument: str, scale: str, tonic: int, rng: np.random.Generator) -> list[int]:
    """Return the pitches of a scale that lie in a comfortable part of the instrument's range."""
    player = INSTRUMENTS[instrument]
    middle = (player.low + player.high) / 2 + rng.uniform(-3, 6)
    low, high = max(player.low + 1, middle - COMPASS), min(player.high, middle + COMPASS)
    return [
        p for p in range(player.low, player.high + 1) if low <= p <= high and (p - tonic) % 12 in theory.SCALES[scale]
    ]


def _motif(lead: Lead, figures: tuple[str, ...], rng: np.random.Generator) -> Motif:
    figure = pick(rng, figures)
    steps = (
        pick(rng, (-4, -3, 3, 4)) if happens(rng, lead.leaps) else pick(rng, (-2, -1, -1, 0, 1, 1, 2))
        for _ in tab.read(figure)
    )
    return Motif(figure, tuple(steps))


def _reflect(position: int, size: int) -> int:
    """Return a position that bounces off the ends of a ladder."""
    last = size - 1
    position %= 2 * last
    return min(position, 2 * last - position)


def _nearest(pitch: int, tonic: int, chord: theory.Chord) -> int:
    """Return the note of the chord nearest to a pitch."""
    classes = {(tonic + chord.root + i) % 12 for i in chord.intervals}
    return min((p for p in range(pitch - 6, pitch + 7) if p % 12 in classes), key=lambda p: abs(p - pitch))
