"""The players: General MIDI programs, drum kits and drums by name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Instrument:
    """A General MIDI program (0-127) and the MIDI pitches between which it sounds well."""

    program: int
    low: int
    high: int


INSTRUMENTS = {
    "piano": Instrument(0, 28, 96),
    "bright piano": Instrument(1, 28, 96),
    "honky-tonk": Instrument(3, 28, 96),
    "electric piano": Instrument(4, 36, 90),
    "fm piano": Instrument(5, 36, 90),
    "harpsichord": Instrument(6, 36, 89),
    "clavinet": Instrument(7, 40, 84),
    "celesta": Instrument(8, 60, 100),
    "vibraphone": Instrument(11, 53, 89),
    "organ": Instrument(16, 36, 90),
    "percussive organ": Instrument(17, 36, 90),
    "rock organ": Instrument(18, 36, 90),
    "accordion": Instrument(21, 53, 89),
    "harmonica": Instrument(22, 60, 91),
    "nylon guitar": Instrument(24, 40, 83),
    "steel guitar": Instrument(25, 40, 84),
    "jazz guitar": Instrument(26, 40, 84),
    "clean guitar": Instrument(27, 40, 86),
    "muted guitar": Instrument(28, 40, 80),
    "overdriven guitar": Instrument(29, 40, 86),
    "distorted guitar": Instrument(30, 36, 86),
    "upright bass": Instrument(32, 28, 55),
    "finger bass": Instrument(33, 28, 55),
    "picked bass": Instrument(34, 28, 55),
    "fretless bass": Instrument(35, 28, 55),
    "slap bass": Instrument(36, 28, 55),
    "synth bass": Instrument(38, 24, 55),
    "sub bass": Instrument(39, 24, 50),
    "violin": Instrument(40, 55, 96),
    "viola": Instrument(41, 48, 84),
    "cello": Instrument(42, 36, 72),
    "contrabass": Instrument(43, 28, 55),
    "pizzicato": Instrument(45, 36, 90),
    "harp": Instrument(46, 36, 96),
    "strings": Instrument(48, 36, 96),
    "slow strings": Instrument(49, 36, 96),
    "synth strings": Instrument(50, 36, 96),
    "choir": Instrument(52, 48, 79),
    "trumpet": Instrument(56, 55, 82),
    "trombone": Instrument(57, 40, 70),
    "muted trumpet": Instrument(59, 55, 82),
    "horn": Instrument(60, 41, 77),
    "brass": Instrument(61, 41, 84),
    "synth brass": Instrument(62, 41, 84),
    "alto sax": Instrument(65, 49, 81),
    "tenor sax": Instrument(66, 44, 76),
    "oboe": Instrument(68, 58, 91),
    "bassoon": Instrument(70, 34, 70),
    "clarinet": Instrument(71, 50, 91),
    "flute": Instrument(73, 60, 96),
    "square lead": Instrument(80, 48, 90),
    "saw lead": Instrument(81, 48, 90),
    "warm pad": Instrument(89, 40, 84),
    "polysynth": Instrument(90, 40, 88),
    "banjo": Instrument(105, 48, 84),
    "fiddle": Instrument(110, 55, 91),
}

KITS = {"standard": 0, "room": 8, "power": 16, "electronic": 24, "808": 25, "brush": 40}

DRUMS = {
    "kick": 36,
    "stick": 37,
    "snare": 38,
    "clap": 39,
    "low tom": 45,
    "mid tom": 47,
    "high tom": 50,
    "hat": 42,
    "pedal hat": 44,
    "open hat": 46,
    "crash": 49,
    "ride": 51,
    "tambourine": 54,
    "cowbell": 56,
    "conga": 63,
    "shaker": 70,
    "timbale": 65,
}


def reach(instrument: str, pitch: int) -> int:
    """Return `pitch` moved by octaves into the range of an instrument."""
    player = INSTRUMENTS[instrument]
    while pitch < player.low:
        pitch += 12
    while pitch > player.high:
        pitch -= 12
    return pitch
