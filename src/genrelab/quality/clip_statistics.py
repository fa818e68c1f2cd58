"""Measure a sound: levels, silence, tempo, spectrum. `explore` draws these statistics and `audit` checks them.

Source: loudness according to ITU-R BS.1770-4 (pyloudnorm); tempo by librosa.feature.tempo, the autocorrelation of the
onset strength, which sometimes reports two thirds of the tempo or twice the tempo.
"""

import math
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np

from genrelab.data import audio
from genrelab.quality import mel_descriptors

RATE = 22_050  # Hz, for spectrum and tempo
BANDS = 128  # mel bands between 0 Hz and half of RATE
N_FFT, HOP = 2048, 512  # samples
FLOOR = 1e-10  # power that counts as none: -100 dB
QUIET = 1e-3  # amplitude below which a sound is silent: -60 dB
FLAT = 3  # samples in a row at the very peak that are not chance
LOUDNESS_SECONDS = 0.4  # the standard's block; a shorter sound has no loudness
TEMPO_SECONDS = 4.0  # a shorter sound has no tempo


class Levels(NamedTuple):
    """Levels of a sound; decibels refer to full scale, NaN if the sound is too short for a value."""

    rate: int  # Hz, of the file
    channels: int
    seconds: float
    peak_db: float
    loudness: float  # LUFS
    dc: float  # mean of the samples, in the channel where it is farthest from 0 (full scale: 1)
    clipped: float  # share of the samples in runs at the highest or lowest value
    silence: float  # longest silence, in seconds
    tempo: float  # beats per minute


class ClipStatistics(NamedTuple):
    """Statistics of a sound, and its samples.

    `spectrum` is float32 (2, BANDS): each mel band's mean and standard deviation over time, in dB. `descriptors` is
    float32 (mel_descriptors.SIZE,), `samples` float32, mono at RATE.
    """

    levels: Levels
    spectrum: np.ndarray
    descriptors: np.ndarray
    samples: np.ndarray


def sound(path: Path) -> ClipStatistics:
    """Return the statistics of a sound file; raises AudioError as `audio.decode` does."""
    from librosa import power_to_db
    from librosa.feature import melspectrogram
    from librosa.feature import tempo as beats_a_minute
    from librosa.onset import onset_strength

    samples, rate = audio.decode(path)
    y = audio.resample(audio.mono(samples), rate, RATE)
    mel = melspectrogram(y=y, sr=RATE, n_fft=N_FFT, hop_length=HOP, n_mels=BANDS)
    decibels = power_to_db(mel, amin=FLOOR, top_db=None)
    seconds = samples.shape[1] / rate
    tempo = math.nan
    if seconds >= TEMPO_SECONDS:
        onsets = onset_strength(S=decibels, sr=RATE, hop_length=HOP)
        tempo = float(beats_a_minute(onset_envelope=onsets, sr=RATE, hop_length=HOP)[0])
    peak = float(np.abs(samples).max())
    levels = Levels(
        rate,
        len(samples),
        round(seconds, 6),
        20 * math.log10(max(peak, 1e-6)),
        _loudness(samples, rate),
        max((float(channel.mean(dtype=np.float64)) for channel in samples), key=abs),
        clipped(samples),
        longest(np.abs(samples).max(axis=0) < QUIET) / rate,
        tempo,
    )
    spectrum = np.stack([decibels.mean(axis=1), decibels.std(axis=1)]).astype(np.float32)
    return ClipStatistics(levels, spectrum, mel_descriptors.extract(decibels, RATE / HOP), y)


def _loudness(samples: np.ndarray, rate: int) -> float:
    """Return the integrated loudness in LUFS; -inf for silence, NaN if the sound is too short."""
    import pyloudnorm

    if samples.shape[1] < LOUDNESS_SECONDS * rate + 1:
        return math.nan
    channels = samples if len(samples) <= 5 else samples.mean(axis=0, keepdims=True)  # the standard defines five
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # silence: the mean of no blocks
        return float(pyloudnorm.Meter(rate).integrated_loudness(channels.T))


def clipped(samples: np.ndarray) -> float:
    """Return the share of samples, shape (channels, frames), in runs of FLAT or more at a channel's extreme value."""
    flat = 0
    for channel in samples:
        for extreme in {float(channel.max()), float(channel.min())} - {0.0}:
            flat += sum(n for n in _runs(channel == extreme) if n >= FLAT)
    return flat / samples.size


def longest(where: np.ndarray) -> int:
    """Return the length of the longest run of True in a bool array, shape (n,)."""
    return int(_runs(where).max(initial=0))


def _runs(where: np.ndarray) -> np.ndarray:
    """Return the lengths of the runs of True."""
    edges = np.diff(where.astype(np.int8), prepend=0, append=0)
    return np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
