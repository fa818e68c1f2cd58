"""What defines a genre: an idiom is pure data, which the players of `composing` read.

Options are tuples to draw from; an option that is listed twice is drawn twice as often.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from genrelab.composing import tab
from genrelab.composing.harmony import read as read_changes
from genrelab.composing.instruments import DRUMS, INSTRUMENTS, KITS
from genrelab.composing.theory import SCALES

Groove = Mapping[str, str]  # drum -> figure of x (struck), X (accent) and o (ghost)


@dataclass(frozen=True, slots=True)
class Song:
    """Chord changes (see `harmony.read`) and the scales, of the tonic, that melodies over them use."""

    changes: str
    scales: tuple[str, ...]

    @property
    def bars(self) -> int:
        """Number of bars before the changes repeat."""
        return len(self.changes.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Bass:
    """The bass: figures of R (root), 2-8 (degrees of the chord), w (walks on) and a (leads to the next chord)."""

    instruments: tuple[str, ...]
    figures: tuple[str, ...]
    presence: float = 1.0  # share of the sections in which it plays
    gain: float = 0.0  # dB


@dataclass(frozen=True, slots=True, kw_only=True)
class Comping:
    """Chords: figures of x, X, o (the whole chord; plain, accented, muted) and 1-4 (that note of it, from below)."""

    instruments: tuple[str, ...]
    figures: tuple[str, ...]
    voicing: str = "close"  # see `harmony.voice`
    register: int = 60  # MIDI pitch
    presence: float = 1.0
    gain: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """The melody: figures of x (a note), each of a bar, that motifs are made of."""

    instruments: tuple[str, ...]
    figures: tuple[str, ...]
    leaps: float = 0.15  # share of the notes that leap rather than step
    rests: float = 0.25  # share of the bars that stay silent
    graces: float = 0.0  # share of the notes approached by a grace note a semitone below
    presence: float = 0.7
    gain: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Idiom:
    """A genre. `neighbours` are the genres whose sound it sometimes borrows."""

    tempo: tuple[float, float]  # beats per minute
    metres: tuple[int, ...] = (4,)  # beats per bar
    swing: tuple[float, float] = (0.5, 0.5)  # where the off-beat falls: 0.5 straight, 0.67 as in triplets
    swung: float = 0.5  # the note value that swings, in beats: 0.5 eighths, 0.25 sixteenths
    rubato: float = 0.0  # how far the tempo sways, as a share of it
    songs: tuple[Song, ...]
    grooves: tuple[Groove, ...] = ()
    kits: tuple[str, ...] = ("standard",)
    drumming: float = 1.0  # share of the pieces that have drums
    fills: float = 0.5  # share of the sections that end in a fill
    bass: Bass
    comping: tuple[Comping, ...]
    lead: Lead
    neighbours: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        """Reject errors in the data: an unknown name, or a metre that a player has no figure for."""
        for metre in self.metres:
            for what, figures in self._figures():
                if not fitting(figures, metre):
                    raise ValueError(f"{what} has no figure for {metre} beats a bar")
            if self.grooves and not fitting_grooves(self.grooves, metre):
                raise ValueError(f"no groove fits {metre} beats a bar")
        for song in self.songs:
            read_changes(song.changes, 4, song.bars)
            _known(song.scales, SCALES)
        for groove in self.grooves:
            _known(groove, DRUMS)
        _known(self.kits, KITS)
        layers: tuple[Bass | Comping | Lead, ...] = (self.bass, *self.comping, self.lead)
        for layer in layers:
            _known(layer.instruments, INSTRUMENTS)

    def _figures(self) -> list[tuple[str, tuple[str, ...]]]:
        chords = [(f"comping {i + 1}", layer.figures) for i, layer in enumerate(self.comping)]
        return [("the bass", self.bass.figures), *chords, ("the lead", self.lead.figures)]


def fitting(figures: tuple[str, ...], metre: int) -> tuple[str, ...]:
    """Return the figures that fill whole bars of `metre` beats."""
    return tuple(f for f in figures if tab.beats(f) % metre == 0)


def fitting_grooves(grooves: tuple[Groove, ...], metre: int) -> tuple[Groove, ...]:
    """Return the grooves whose every drum fills whole bars of `metre` beats."""
    return tuple(g for g in grooves if fitting(tuple(g.values()), metre) == tuple(g.values()))


def _known(names: "tuple[str, ...] | Mapping[str, object]", table: Mapping[str, object]) -> None:
    for name in names:
        if name not in table:
            raise ValueError(f"'{name}' is unknown. Known: {', '.join(table)}")
