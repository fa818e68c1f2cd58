"""A performance: beats become seconds, with swing, rubato and human inaccuracy."""

from dataclasses import replace
from math import isclose, pi, sin

import numpy as np

from genrelab.composing.score import Note, Part, Score

SWAY = 16.0  # beats from one slowdown of a rubato to the next
GRID = 4  # divisions of the swung note pair that swing; triplets lie between them and are left alone
SHORTEST = 0.02  # minimum length of a note in seconds


def perform(score: Score, looseness: float, dynamics: float, rng: np.random.Generator) -> list[Part]:
    """Return the parts of a score with notes in seconds; see `Artist` for `looseness` and `dynamics`."""
    return [replace(part, notes=_play(part.notes, score, looseness, dynamics, rng)) for part in score.parts]


def seconds_at(score: Score, beat: float) -> float:
    """Return the time in seconds at which a straight beat of the score sounds; it increases with `beat`."""
    swung = swing(beat, score.swing, score.swung)
    return 60 / score.tempo * (swung + score.rubato * SWAY / (2 * pi) * sin(2 * pi * swung / SWAY))


def swing(beat: float, ratio: float, unit: float) -> float:
    """Return where a straight beat falls if the second of each pair of notes of `unit` beats starts at `ratio`.

    >>> swing(1.5, 0.66, 0.5)
    1.66
    """
    pair, phase = divmod(beat / (2 * unit), 1)
    if not isclose(phase * GRID, round(phase * GRID), abs_tol=1e-6):
        return beat
    moved = phase * 2 * ratio if phase <= 0.5 else ratio + (phase - 0.5) * 2 * (1 - ratio)
    return (pair + moved) * 2 * unit


def _play(notes: list[Note], score: Score, looseness: float, dynamics: float, rng: np.random.Generator) -> list[Note]:
    played = []
    for note, (error, loudness) in zip(notes, rng.standard_normal((len(notes), 2)).tolist(), strict=True):
        start = max(0.0, seconds_at(score, note.start) + looseness * error)
        end = max(start + SHORTEST, seconds_at(score, note.start + note.length) + looseness * error)
        velocity = round(note.velocity * (1 + dynamics * loudness))
        played.append(Note(start, end - start, note.pitch, min(127, max(1, velocity))))
    return played
