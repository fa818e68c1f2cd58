"""What a composer hands to the players: parts of notes, in beats."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Note:
    """A note: start and length in beats (in seconds once performed), MIDI pitch and velocity (1-127)."""

    start: float
    length: float
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class Part:
    """Notes of one player: `instrument` is a name of `instruments`, `gain` in dB; `drums` plays the kit instead."""

    instrument: str
    gain: float
    notes: list[Note] = field(default_factory=list)
    drums: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """A whole piece: parts, tempo (beats per minute), swing and rubato as in `Idiom`, length in beats."""

    parts: list[Part]
    tempo: float
    swing: float
    swung: float
    rubato: float
    beats: float
