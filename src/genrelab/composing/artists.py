"""Fictitious artists, each with a narrower idiom than the genre's and its own touch and mix."""

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from genrelab.composing.chance import some
from genrelab.composing.idiom import Bass, Comping, Idiom, Lead, fitting, fitting_grooves

BORROWING = 0.05  # share of the pieces that borrow the sound of a neighbouring genre
TEMPO_SPREAD = 0.1  # how far an artist's pieces stray from its favourite tempo, as a share of it
L = TypeVar("L", Bass, Comping, Lead)


@dataclass(frozen=True, slots=True)
class Artist:
    """Habits that all pieces of an artist share.

    Attributes:
        idiom: The part of the genre's idiom that the artist uses.
        tonics: Preferred keys, pitch classes 0-11.
        looseness: Standard deviation of a note's time, in seconds.
        dynamics: Standard deviation of a note's loudness, as a share of it.
        balance: Gain of drums, bass, comping and lead, in dB.
        tilt: Brightness of the mix, in dB per octave around 1 kHz.
        reverb: Send to the reverb, 0-127.
    """

    idiom: Idiom
    tonics: tuple[int, ...]
    looseness: float
    dynamics: float
    balance: tuple[float, float, float, float]
    tilt: float
    reverb: int


def artist(idiom: Idiom, rng: np.random.Generator) -> Artist:
    """Return an artist of a genre, drawn from `rng`."""
    low, high = idiom.tempo
    tempo = rng.uniform(low, high)
    swing = float(rng.uniform(*idiom.swing))
    grooves = tuple(g for m in dict.fromkeys(idiom.metres) for g in some(rng, fitting_grooves(idiom.grooves, m), 2))
    habits = replace(
        idiom,
        tempo=(max(low, tempo * (1 - TEMPO_SPREAD)), min(high, tempo * (1 + TEMPO_SPREAD))),
        swing=(swing, swing),
        songs=some(rng, idiom.songs, 3),
        grooves=grooves,
        kits=some(rng, idiom.kits, 1),
        bass=_narrow(idiom.bass, idiom.metres, rng),
        comping=tuple(_narrow(layer, idiom.metres, rng) for layer in idiom.comping),
        lead=_narrow(idiom.lead, idiom.metres, rng, instruments=2, figures=4),
    )
    drums, bass, comping, lead = (float(g) for g in rng.normal(0, 2, 4))
    return Artist(
        idiom=habits,
        tonics=some(rng, range(12), 3),
        looseness=float(rng.uniform(0.003, 0.015)),
        dynamics=float(rng.uniform(0.04, 0.14)),
        balance=(drums, bass, comping, lead),
        tilt=float(rng.normal(0, 0.4)),
        reverb=int(rng.integers(10, 100)),
    )


def borrow(idiom: Idiom, neighbour: Idiom) -> Idiom:
    """Return `idiom`, played on the instruments of `neighbour`."""
    comping = tuple(
        replace(own, instruments=other.instruments)
        for own, other in zip(idiom.comping, neighbour.comping, strict=False)
    )
    return replace(
        idiom,
        kits=neighbour.kits,
        bass=replace(idiom.bass, instruments=neighbour.bass.instruments),
        comping=(*comping, *idiom.comping[len(comping) :]),
        lead=replace(idiom.lead, instruments=neighbour.lead.instruments),
    )


def _narrow(layer: L, metres: tuple[int, ...], rng: np.random.Generator, instruments: int = 1, figures: int = 2) -> L:
    """Return a layer with the few instruments and figures that an artist likes."""
    chosen = tuple(f for metre in dict.fromkeys(metres) for f in some(rng, fitting(layer.figures, metre), figures))
    return replace(layer, instruments=some(rng, layer.instruments, instruments), figures=chosen)
