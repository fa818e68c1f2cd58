"""Pitch: histograms of the notes that sound, unfolded and folded into pitch classes, with their summary.

Layout, one row of 145 numbers, with constants for the places:
- UNFOLDED (128): how strongly each MIDI note (69 is A at 440 Hz) is present; the sum is 1, or 0 without notes.
- FOLDED (12): the same by pitch class c (0 is C), at place 7 c mod 12: neighbours are a fifth apart.
- SUMMARY (5): FA0, the share of the strongest pitch class; UP0, the strongest note (its MIDI number); FP0, the place of
  the strongest pitch class; IPO1, the steps, in fifths, from there to the second; SUM, how strong pitches are in all
  (the sum before it is made 1, a frame).

sound -> two channels, below and above 1 kHz, of the latter the half-wave rectified envelope -> autocorrelation of
frames of 93 ms with compressed magnitudes, summed -> periods that are multiples of shorter ones taken away -> the three
highest peaks of each frame, by height. The paper's prewhitening is left out.

Source: Tzanetakis & Cook 2002, Musical Genre Classification of Audio Signals; Tolonen & Karjalainen 2000, A
Computationally Efficient Multipitch Analysis Model.
"""

import numpy as np
from pydantic import Field

from genrelab.config import Section
from genrelab.features._peaks import periods

UNFOLDED = range(128)
FOLDED = range(128, 140)
SUMMARY = range(140, 145)
METRICS = ("FA0", "UP0", "FP0", "IPO1", "SUM")

SPLIT = 1000.0  # Hz, between the channels
COMPRESSION = 0.67  # power to which magnitudes are raised
FRAME = 0.093  # seconds
LOWEST, HIGHEST = 55.0, 1760.0  # Hz, four octaves about the middle of the piano and one more
TAKEN = 3  # peaks of a frame


class Params(Section):
    """Parameters of the pitch histograms."""

    sample_rate: int = Field(22050, ge=8000)  # Hz


def shape(params: Params) -> tuple[int]:
    """Return (numbers,)."""
    return (SUMMARY.stop,)


def extract(samples: np.ndarray, params: Params) -> np.ndarray:
    """Return the pitch histograms of `samples` (mono, at `params.sample_rate`): float32, shape (145,)."""
    unfolded, strength = histogram(samples, params.sample_rate)
    folded = np.zeros(len(FOLDED))
    np.add.at(folded, 7 * np.arange(len(UNFOLDED)) % 12, unfolded)
    return np.concatenate([unfolded, folded, _summary(unfolded, folded, strength)]).astype(np.float32)


def histogram(samples: np.ndarray, sample_rate: int) -> tuple[np.ndarray, float]:
    """Return the unfolded histogram (128,), of sum 1 or 0, and the sum of its peaks' heights, a frame."""
    length = 2 ** round(np.log2(FRAME * sample_rate))
    found = np.zeros(len(UNFOLDED))
    channels = [np.pad(channel, (0, max(0, length - len(channel)))) for channel in _channels(samples, sample_rate)]
    views = [np.lib.stride_tricks.sliding_window_view(channel, length)[:: length // 2] for channel in channels]
    alike = np.sum([_autocorrelations(view) for view in views], axis=0)
    for row in alike:
        if row[0] > 0:
            places, heights = periods(row / row[0], sample_rate / HIGHEST, sample_rate / LOWEST, TAKEN)
            notes = np.round(69 + 12 * np.log2(sample_rate / places / 440)).astype(int)
            np.add.at(found, notes, heights)
    total = found.sum()
    return (found / total if total > 0 else found), float(total / len(alike))


def _channels(samples: np.ndarray, sample_rate: int) -> list[np.ndarray]:
    from scipy import signal

    low = signal.butter(2, SPLIT, "lowpass", fs=sample_rate, output="sos")
    high = signal.butter(2, SPLIT, "highpass", fs=sample_rate, output="sos")
    y = samples.astype(np.float64)
    return [signal.sosfilt(low, y), signal.sosfilt(low, np.maximum(signal.sosfilt(high, y), 0))]


def _autocorrelations(frames: np.ndarray) -> np.ndarray:
    """Return the autocorrelation of each frame, (frames, length), with its magnitudes compressed."""
    length = frames.shape[1]
    windowed = (frames - frames.mean(axis=1, keepdims=True)) * np.hamming(length)
    return np.fft.irfft(np.abs(np.fft.rfft(windowed, 2 * length, axis=1)) ** COMPRESSION, axis=1)[:, :length]


def _summary(unfolded: np.ndarray, folded: np.ndarray, strength: float) -> np.ndarray:
    if not strength:
        return np.zeros(len(METRICS))
    first, second = np.argsort(-folded, kind="stable")[:2]
    return np.array([folded[first], unfolded.argmax(), first, (second - first) % 12, strength])
