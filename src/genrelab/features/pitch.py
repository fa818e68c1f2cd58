"""Pitch: histograms of the notes that sound, unfolded and folded into pitch classes, with a summary.

Layout: one row of 145 numbers, with constants for the positions:
- UNFOLDED (128): the strength of each MIDI note (69 is A at 440 Hz); the sum is 1, or 0 without notes.
- FOLDED (12): the same by pitch class c (0 is C), at position 7 c mod 12, so neighbours are a fifth apart.
- SUMMARY (5): FA0, the share of the strongest pitch class; UP0, the strongest note (its MIDI number); FP0, the position
  of the strongest pitch class; IPO1, the steps, in fifths, from there to the second; SUM, the overall strength of
  pitches (the sum per frame before normalization): 0.5 to 1 for tones and chords, less than 0.2 for noise.

sound -> magnitudes of frames of 93 ms, compressed, as shares of the frame's sum -> salience of each note: the sum of
its harmonics, each the strongest bin within a quarter tone, weighted by one over its number -> the strongest note; its
harmonics are removed, and so on: three notes per frame, each weighted by its salience, without those below a tenth of
the first. A note that is a harmonic of another in the same frame, such as its octave, cannot be told apart from it.
Tones without overtones that a common fundamental explains better, such as 2 : 3 : 5, are taken for that fundamental.

Source: Tzanetakis & Cook 2002, Musical Genre Classification of Audio Signals (the histograms); Klapuri 2006, Multiple
Fundamental Frequency Estimation by Summing Harmonic Amplitudes (the notes). Tzanetakis & Cook pick peaks of an enhanced
autocorrelation, in which chords lose notes to the period that all their notes share.
"""

import functools

import numpy as np
from pydantic import Field

from genrelab.config import Section

UNFOLDED = range(128)
FOLDED = range(128, 140)
SUMMARY = range(140, 145)
METRICS = ("FA0", "UP0", "FP0", "IPO1", "SUM")

FRAME = 0.093  # seconds
NOTES = range(33, 94)  # MIDI, 55 to 1760 Hz: four octaves around the middle of the piano and one more
HARMONICS = 10  # summed per note, including the fundamental
HEARD = 6000.0  # Hz; higher harmonics are ignored
COMPRESSION = 0.67  # exponent applied to magnitudes
PADDING = 4  # zero-padding: this many times the bins that a frame's samples give
TAKEN = 3  # notes per frame
FAINTEST = 0.1  # share of the strongest note's salience


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
    """Return the unfolded histogram (128,), of sum 1 or 0, and the sum of its notes' saliences per frame."""
    spectra = _spectra(samples, sample_rate)
    frames = len(spectra)
    spectra = spectra[spectra.sum(axis=1) > 0]
    found = np.zeros(len(UNFOLDED))
    if len(spectra):
        spectra = PADDING * spectra / spectra.sum(axis=1, keepdims=True)
        ranges = _ranges(sample_rate, _frame_length(sample_rate))
        first = None
        for _ in range(TAKEN):
            saliences = _saliences(spectra, ranges)
            notes, strongest = saliences.argmax(axis=1), saliences.max(axis=1)
            first = strongest if first is None else first
            sounding = strongest > FAINTEST * first
            np.add.at(found, NOTES.start + notes[sounding], strongest[sounding])
            _take_away(spectra, notes, ranges)
    total = found.sum()
    return (found / total if total > 0 else found), float(total / frames)


def _frame_length(sample_rate: int) -> int:
    return 2 ** round(np.log2(FRAME * sample_rate))


def _spectra(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return the compressed magnitudes of each frame up to HEARD: (frames, bins)."""
    from scipy import fft

    length = _frame_length(sample_rate)
    y = np.pad(samples.astype(np.float64), (0, max(0, length - len(samples))))
    y /= np.abs(y).max() or 1.0
    view = np.lib.stride_tricks.sliding_window_view(y, length)[:: length // 2]
    windowed = (view - view.mean(axis=1, keepdims=True)) * np.hamming(length)
    bins = 1 + int(min(HEARD, sample_rate / 2) * PADDING * length / sample_rate)
    return np.abs(fft.rfft(windowed, PADDING * length, axis=1)[:, :bins]) ** COMPRESSION


@functools.lru_cache(maxsize=4)
def _ranges(sample_rate: int, length: int) -> np.ndarray:
    """Return the range of bins to search for each harmonic of each note, (notes, HARMONICS, 2), within the bins.

    Harmonics beyond the last bin get a range of one bin that starts there.
    """
    width = sample_rate / (PADDING * length)  # Hz of a bin
    last = int(min(HEARD, sample_rate / 2) / width)
    hertz = 440 * 2 ** ((np.array(NOTES) - 69) / 12)
    harmonics = np.multiply.outer(hertz, np.arange(1, HARMONICS + 1)) / width
    low, high = np.floor(harmonics * 2 ** (-1 / 24)), np.ceil(harmonics * 2 ** (1 / 24)) + 1
    beyond = high > last
    return np.stack([np.where(beyond, last, low), np.where(beyond, last + 1, high)], axis=2).astype(int)


def _saliences(spectra: np.ndarray, ranges: np.ndarray) -> np.ndarray:
    """Return the strength of each note in each frame: (frames, notes)."""
    weights = np.where(ranges[..., 0] < spectra.shape[1] - 1, 1 / np.arange(1, HARMONICS + 1), 0)
    padded = np.pad(spectra, ((0, 0), (0, 1)))  # a range may end one past the last bin, which reduceat rejects
    strongest = np.maximum.reduceat(padded, ranges.ravel(), axis=1)[:, ::2].reshape(len(spectra), *weights.shape)
    return (strongest * weights).sum(axis=2)


def _take_away(spectra: np.ndarray, notes: np.ndarray, ranges: np.ndarray) -> None:
    """Clear the harmonics of each frame's note, with the window's main lobe around each, in place."""
    lobe = np.arange(-2 * PADDING, 2 * PADDING + 1)
    for note in np.unique(notes):
        rows = np.flatnonzero(notes == note)
        for low, high in ranges[note]:
            if low < spectra.shape[1] - 1:
                peaks = low + spectra[rows, low:high].argmax(axis=1)
                cleared = np.clip(peaks[:, np.newaxis] + lobe, 0, spectra.shape[1] - 1)
                spectra[rows[:, np.newaxis], cleared] = 0


def _summary(unfolded: np.ndarray, folded: np.ndarray, strength: float) -> np.ndarray:
    if not strength:
        return np.zeros(len(METRICS))
    first, second = np.argsort(-folded, kind="stable")[:2]
    return np.array([folded[first], unfolded.argmax(), first, (second - first) % 12, strength])
