"""Alter a sound in ways that leave its genre unchanged: irrelevant transformations, after Sturm.

Source: B. L. Sturm, A simple method to determine if a music information retrieval system is a "horse", IEEE
Transactions on Multimedia 16(6), 2014: if a change that no listener minds changes an answer, the answer rests on
something other than music.
"""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from genrelab.data import audio, codecs

Alter = Callable[[np.ndarray, int, np.random.Generator], np.ndarray]


class Alteration(NamedTuple):
    """One way to alter a sound: `alter(samples, rate, rng)` takes and returns mono float32 at `rate` Hz."""

    kind: str
    alter: Alter


def _gain(samples: np.ndarray, rate: int, rng: np.random.Generator, decibels: float) -> np.ndarray:
    return np.clip(samples * np.float32(10 ** (decibels / 20)), -1, 1)  # as an integer sound file does


def _shelf(
    samples: np.ndarray, rate: int, rng: np.random.Generator, hz: float, decibels: float, *, above: bool
) -> np.ndarray:
    """Raise all below (or above) `hz` by `decibels`: the shelf of R. Bristow-Johnson's cookbook, of slope 1."""
    from scipy.signal import sosfilt

    a, w = 10 ** (decibels / 40), 2 * np.pi * min(hz, 0.45 * rate) / rate
    cos, root = np.cos(w), 2 * np.sqrt(a) * np.sin(w) / np.sqrt(2)
    sign = -1 if above else 1  # the high shelf is the low one with the cosine's sign flipped
    b = [a * (a + 1 - sign * (a - 1) * cos + root), sign * 2 * a * (a - 1 - sign * (a + 1) * cos)]
    b.append(a * (a + 1 - sign * (a - 1) * cos - root))
    d = [a + 1 + sign * (a - 1) * cos + root, -sign * 2 * (a - 1 + sign * (a + 1) * cos)]
    d.append(a + 1 + sign * (a - 1) * cos - root)
    return sosfilt([[*np.divide(b, d[0]), *np.divide(d, d[0])]], samples).astype(np.float32)


def _band(samples: np.ndarray, rate: int, rng: np.random.Generator, low: float, high: float) -> np.ndarray:
    from scipy.signal import butter, sosfilt

    edges = [low, min(high, 0.45 * rate)]
    return sosfilt(butter(4, edges, "bandpass", fs=rate, output="sos"), samples).astype(np.float32)


def _noise(samples: np.ndarray, rate: int, rng: np.random.Generator, snr: float) -> np.ndarray:
    effective = float(np.sqrt(np.mean(samples**2, dtype=np.float64)))
    noise = rng.standard_normal(len(samples), dtype=np.float32)
    return samples + noise * np.float32(effective * 10 ** (-snr / 20))


def _mp3(samples: np.ndarray, rate: int, rng: np.random.Generator, kbits: int) -> np.ndarray:
    return codecs.mp3_at_any_rate(samples, rate, kbits)


def _vorbis(samples: np.ndarray, rate: int, rng: np.random.Generator, quality: float) -> np.ndarray:
    return codecs.vorbis(samples, rate, quality)


def _speed(samples: np.ndarray, rate: int, rng: np.random.Generator, percent: float) -> np.ndarray:
    return audio.resample(samples, round(rate * (1 + percent / 100)), rate)


def _pitch(samples: np.ndarray, rate: int, rng: np.random.Generator, semitones: float) -> np.ndarray:
    from librosa.effects import pitch_shift

    return pitch_shift(samples, sr=rate, n_steps=semitones)


def _excerpt(samples: np.ndarray, rate: int, rng: np.random.Generator, seconds: float) -> np.ndarray:
    """Return a random excerpt of that length; the whole sound if it is shorter."""
    wanted = min(round(seconds * rate), len(samples))
    start = int(rng.integers(0, len(samples) - wanted + 1))
    return samples[start : start + wanted]


# Name in the tables -> alteration.
ALTERATIONS: Mapping[str, Alteration] = MappingProxyType(
    {
        "20 dB softer": Alteration("gain", partial(_gain, decibels=-20)),
        "6 dB softer": Alteration("gain", partial(_gain, decibels=-6)),
        "6 dB louder, clipped": Alteration("gain", partial(_gain, decibels=6)),
        "bass +6 dB below 200 Hz": Alteration("equalisation", partial(_shelf, hz=200, decibels=6, above=False)),
        "treble +6 dB above 3 kHz": Alteration("equalisation", partial(_shelf, hz=3000, decibels=6, above=True)),
        "treble -6 dB above 3 kHz": Alteration("equalisation", partial(_shelf, hz=3000, decibels=-6, above=True)),
        "telephone, 300 to 3,400 Hz": Alteration("equalisation", partial(_band, low=300, high=3400)),
        "MP3, 128 kbit/s": Alteration("codec", partial(_mp3, kbits=128)),
        "MP3, 64 kbit/s": Alteration("codec", partial(_mp3, kbits=64)),
        "MP3, 32 kbit/s": Alteration("codec", partial(_mp3, kbits=32)),
        "Ogg Vorbis, quality 4": Alteration("codec", partial(_vorbis, quality=4)),
        "Ogg Vorbis, quality 0": Alteration("codec", partial(_vorbis, quality=0)),
        "white noise, 40 dB below": Alteration("noise", partial(_noise, snr=40)),
        "white noise, 20 dB below": Alteration("noise", partial(_noise, snr=20)),
        "0.5% faster": Alteration("speed", partial(_speed, percent=0.5)),
        "1% slower": Alteration("speed", partial(_speed, percent=-1)),
        "2% faster": Alteration("speed", partial(_speed, percent=2)),
        "2% slower": Alteration("speed", partial(_speed, percent=-2)),
        "a semitone higher": Alteration("pitch", partial(_pitch, semitones=1)),
        "a semitone lower": Alteration("pitch", partial(_pitch, semitones=-1)),
        "excerpt of 10 s": Alteration("excerpt", partial(_excerpt, seconds=10)),
        "excerpt of 5 s": Alteration("excerpt", partial(_excerpt, seconds=5)),
    }
)
