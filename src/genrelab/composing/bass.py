"""The bass: figures of degrees that follow the chords, and walking from one chord to the next."""

import numpy as np

from genrelab.composing import tab
from genrelab.composing.chance import happens, pick
from genrelab.composing.harmony import Harmony
from genrelab.composing.instruments import reach
from genrelab.composing.score import Note

HOME = 33  # the lowest MIDI pitch of a root: a contrabass's A string
VELOCITY = 92
STACCATO = 0.92  # share of a note's length that sounds


def play(figure: str, instrument: str, harmony: Harmony, tonic: int, rng: np.random.Generator) -> list[Note]:
    """Return the bass line of a section in the key of `tonic` (pitch class)."""
    notes: list[Note] = []
    previous = HOME
    for stroke in tab.repeat(figure, harmony.beats):
        chord = harmony.at(stroke.beat)
        root = HOME + (tonic + chord.root - HOME) % 12
        if stroke.symbol == "R":
            pitch = root
        elif stroke.symbol == "a":
            target = HOME + (tonic + harmony.after(stroke.beat).root - HOME) % 12
            pitch = target + pick(rng, (-1, 1, -1))
        elif stroke.symbol == "w":
            pitch = root if stroke.beat in harmony.starts else _step(previous, root, chord.intervals, rng)
        else:
            pitch = root + chord.degree(int(stroke.symbol))
        previous = reach(instrument, pitch)
        velocity = VELOCITY + (6 if stroke.beat % 2 == 0 else 0)
        notes.append(Note(stroke.beat, stroke.length * STACCATO, previous, velocity))
    return notes


def _step(previous: int, root: int, intervals: tuple[int, ...], rng: np.random.Generator) -> int:
    """Return the next pitch of a walk: a chord note near the last one, or a step of a tone or less."""
    if happens(rng, 0.35):
        return previous + pick(rng, (-2, -1, 1, 2))
    tones = [root + octave + i for octave in (-12, 0, 12) for i in intervals]
    near = sorted((t for t in tones if t != previous), key=lambda t: abs(t - previous))[:3]
    return pick(rng, near)
