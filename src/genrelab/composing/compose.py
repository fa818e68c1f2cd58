"""A piece: an artist's choice of key, tempo, songs and players, arranged in sections."""

from dataclasses import dataclass, replace

import numpy as np

from genrelab.composing import bass, comping, drums, harmony, melody
from genrelab.composing.artists import Artist
from genrelab.composing.chance import happens, pick
from genrelab.composing.idiom import Idiom, fitting, fitting_grooves
from genrelab.composing.score import Note, Part, Score

FORMS = ("AABA", "ABAB", "AABC", "ABAC")  # a letter is a section
SECTION_BARS = 8  # approximate length of a section, in whole rounds of its song
BREAK = 0.12  # share of the sections in which the drums fall silent
INTENSITY = (0.8, 1.0)  # loudness of a section, as a share of full velocity


@dataclass(frozen=True, slots=True)
class Section:
    """The notes of a section, one list per part of its piece, and its length in beats."""

    notes: list[list[Note]]
    beats: float


def compose(artist: Artist, idiom: Idiom, seconds: float, rng: np.random.Generator) -> Score:
    """Return a piece of at least `seconds` seconds.

    Args:
        artist: The artist whose keys and balance the piece has.
        idiom: The artist's idiom, or that in a neighbour's sound.
        seconds: Minimum duration.
        rng: Random stream.
    """
    metre = pick(rng, idiom.metres)
    tonic = pick(rng, artist.tonics)
    tempo = float(rng.uniform(*idiom.tempo))
    parts = _band(artist, idiom, rng)
    form = pick(rng, FORMS)
    sections = {letter: _section(idiom, parts, metre, tonic, rng) for letter in sorted(set(form))}
    beats = 0.0
    while beats * 60 / tempo < seconds:
        for letter in form:
            for part, notes in zip(parts, sections[letter].notes, strict=True):
                part.notes.extend(replace(note, start=note.start + beats) for note in notes)
            beats += sections[letter].beats
    return Score(parts, tempo, idiom.swing[0], idiom.swung, idiom.rubato, beats)


def _band(artist: Artist, idiom: Idiom, rng: np.random.Generator) -> list[Part]:
    """Return the empty parts of a piece: bass, layers of comping, lead and, if it has them, drums."""
    drum_gain, bass_gain, comping_gain, lead_gain = artist.balance
    band = [
        Part(pick(rng, idiom.bass.instruments), idiom.bass.gain + bass_gain),
        *(Part(pick(rng, layer.instruments), layer.gain + comping_gain) for layer in idiom.comping),
        Part(pick(rng, idiom.lead.instruments), idiom.lead.gain + lead_gain),
    ]
    if happens(rng, idiom.drumming):
        band.append(Part(pick(rng, idiom.kits), drum_gain, drums=True))
    return band


def _section(idiom: Idiom, parts: list[Part], metre: int, tonic: int, rng: np.random.Generator) -> Section:
    """Return a section for the parts of `_band`; without a bass line, the first layer of comping always plays."""
    song = pick(rng, idiom.songs)
    changes = harmony.read(song.changes, metre, song.bars * max(1, round(SECTION_BARS / song.bars)))
    low, *middle, top = (part.instrument for part in parts if not part.drums)

    line = pick(rng, fitting(idiom.bass.figures, metre))
    bassline = bass.play(line, low, changes, tonic, rng) if happens(rng, idiom.bass.presence) else []
    chords: list[list[Note]] = []
    for layer, instrument in zip(idiom.comping, middle, strict=True):
        figure = pick(rng, fitting(layer.figures, metre))
        needed = not bassline and not chords
        plays = happens(rng, layer.presence) or needed
        chords.append(comping.play(layer, figure, instrument, changes, tonic) if plays else [])
    figures = fitting(idiom.lead.figures, metre)
    tune = melody.play(idiom.lead, figures, top, changes, pick(rng, song.scales), tonic, metre, rng)
    notes = [bassline, *chords, tune if happens(rng, idiom.lead.presence) else []]
    if parts[-1].drums:
        groove = pick(rng, fitting_grooves(idiom.grooves, metre))
        beating = drums.play(groove, changes.beats, idiom.fills, rng)
        notes.append([] if happens(rng, BREAK) else beating)
    intensity = rng.uniform(*INTENSITY)
    return Section([[replace(n, velocity=round(n.velocity * intensity)) for n in ns] for ns in notes], changes.beats)
