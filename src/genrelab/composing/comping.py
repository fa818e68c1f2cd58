"""Comping: a chord instrument plays a figure over the changes, whole chords or broken ones."""

from genrelab.composing import tab
from genrelab.composing.harmony import Harmony, voice
from genrelab.composing.idiom import Comping
from genrelab.composing.instruments import reach
from genrelab.composing.score import Note

VELOCITY = {"X": 104, "x": 84, "o": 66}
BROKEN = 80  # velocity of a broken chord's notes
MUTED = 0.09  # length of a muted stroke in beats
STACCATO = 0.92


def play(layer: Comping, figure: str, instrument: str, harmony: Harmony, tonic: int) -> list[Note]:
    """Return the chords of a section in the key of `tonic` (pitch class)."""
    notes: list[Note] = []
    voiced: list[int] = []
    for stroke in tab.repeat(figure, harmony.beats):
        # A chord that is held across a change of harmony is struck again at the change.
        for beat, length, chord in harmony.cut(stroke.beat, stroke.length):
            voiced = voice(chord, tonic, layer.voicing, layer.register, voiced)
            if stroke.symbol in VELOCITY:
                pitches, velocity = voiced, VELOCITY[stroke.symbol]
            else:
                number = int(stroke.symbol) - 1
                # After the last note of the chord comes the first, an octave higher.
                pitches = [voiced[number % len(voiced)] + 12 * (number // len(voiced))]
                velocity = BROKEN
            sounds = MUTED if stroke.symbol == "o" else length * STACCATO
            notes += [Note(beat, sounds, p, velocity) for p in sorted({reach(instrument, p) for p in pitches})]
    return notes
