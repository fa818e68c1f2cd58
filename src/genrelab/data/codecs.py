"""Lossy round trips: audio encoded and decoded again, as on its way from a shop to a hard disk."""

import io

import numpy as np

from genrelab.data import audio
from genrelab.errors import DataError

# (lowest sample rate in Hz, lowest kbit/s, highest kbit/s) of MP3; libsndfile takes a level between the two bit rates.
MP3_KBITS = ((32_000, 32, 320), (16_000, 8, 160), (8_000, 8, 64))
MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)  # Hz
HIGHEST_LEVEL = 0.999  # libsndfile rejects 1 for MP3; the bit rate is rounded to the next one that exists
VORBIS_BLOCK = 16_384  # samples written at a time: libvorbis puts each piece on the stack, and longer ones crash it


def mp3(samples: np.ndarray, rate: int, kbits: int) -> np.ndarray:
    """Encode `samples` (mono, at `rate` Hz) as MP3 at constant `kbits` a second and decode them: float32, same rate.

    `kbits` is clipped to the bit rates that MP3 allows at this sample rate. Raises DataError for a sample rate that MP3
    does not support, see MP3_RATES.
    """
    if rate not in MP3_RATES:
        raise DataError(f"MP3 does not support a sample rate of {rate} Hz; use 22050 or 44100")
    lowest, highest = next((low, high) for least, low, high in MP3_KBITS if rate >= least)
    level = (highest - min(max(kbits, lowest), highest)) / (highest - lowest)
    level = min(level, HIGHEST_LEVEL)
    coded = _coded(samples, rate, "MP3", "MPEG_LAYER_III", compression_level=level, bitrate_mode="CONSTANT")
    return coded[: len(samples)]  # low bit rates append some silence


def vorbis(samples: np.ndarray, rate: int, quality: float) -> np.ndarray:
    """Encode `samples` (mono, at `rate` Hz) as Ogg Vorbis at quality 0 to 10 and decode them: float32, same rate.

    One channel of music at 22 kHz takes about 31 kbit/s at quality 0 and 47 at 4; at 44.1 kHz, 40 and 54.
    """
    return _coded(samples, rate, "OGG", "VORBIS", compression_level=1 - quality / 10)


def at_an_mp3_rate(rate: int) -> int:
    """Return the nearest sample rate (Hz) that MP3 supports."""
    return min(MP3_RATES, key=lambda known: abs(known - rate))


def mp3_at_any_rate(samples: np.ndarray, rate: int, kbits: int) -> np.ndarray:
    """Return what `mp3` returns, resampling through the nearest rate that MP3 supports."""
    known = at_an_mp3_rate(rate)
    return audio.resample(mp3(audio.resample(samples, rate, known), known, kbits), known, rate)


def _coded(samples: np.ndarray, rate: int, container: str, subtype: str, **how: object) -> np.ndarray:
    import soundfile

    coded = io.BytesIO()
    with soundfile.SoundFile(coded, "w", rate, 1, subtype, format=container, **how) as file:
        for start in range(0, len(samples), VORBIS_BLOCK):
            file.write(samples[start : start + VORBIS_BLOCK])
    coded.seek(0)
    return soundfile.read(coded, dtype="float32")[0]
