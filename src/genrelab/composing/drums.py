"""Drums: a groove, with a crash at the start of a section and a fill at its end."""

import numpy as np

from genrelab.composing import tab
from genrelab.composing.chance import happens, pick
from genrelab.composing.idiom import Groove
from genrelab.composing.instruments import DRUMS
from genrelab.composing.score import Note

VELOCITY = {"X": 112, "x": 90, "o": 46}
CYMBALS = ("hat", "open hat", "ride", "pedal hat", "shaker", "tambourine")
# A fill takes the last beats of a section; FILL_DRUMS explains the letters.
FILLS = ("rrrr", "r.rr hmll", "rrhh mmll", "r.h. m.lk", "rrr mml", "..rr")
FILL_DRUMS = {"r": "snare", "h": "high tom", "m": "mid tom", "l": "low tom", "k": "kick"}
LENGTH = 0.1  # beats; a drum rings out regardless


def play(groove: Groove, beats: float, fills: float, rng: np.random.Generator) -> list[Note]:
    """Return the drums of a section of `beats` beats, which ends in a fill with probability `fills`."""
    fill = pick(rng, FILLS) if happens(rng, fills) else ""
    fill_start = beats - tab.beats(fill)
    notes = [
        Note(stroke.beat, LENGTH, DRUMS[drum], VELOCITY[stroke.symbol] - (14 if drum in CYMBALS else 0))
        for drum, figure in groove.items()
        for stroke in tab.repeat(figure, fill_start)
    ]
    notes += [Note(fill_start + s.beat, LENGTH, DRUMS[FILL_DRUMS[s.symbol]], 100) for s in tab.read(fill)]
    if happens(rng, fills / 2):
        notes.append(Note(0.0, LENGTH, DRUMS["crash"], 96))
    return notes
