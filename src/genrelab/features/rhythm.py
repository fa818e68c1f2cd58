"""Rhythm: a beat histogram with a summary, and a rhythm histogram.

Layout: one row of 227 numbers, with constants for the positions:
- BEAT_HISTOGRAM (161): the strength of each tempo from 40...200 beats per minute; its sum is 1, or 0 without beats.
- BEAT_SUMMARY (6): A0 and A1, the shares of the histogram's highest and next peak; RA, the ratio of the second to the
  first; P1 and P2, their tempos in beats per minute; SUM, the overall strength of the beat (the histogram's sum per
  frame before normalization). 0 if there is no such peak.
- RHYTHM_HISTOGRAM (60): how strongly the loudness of the critical bands is modulated at 1/6 Hz, 2/6 Hz, ... 10 Hz (60
  to 600 beats per minute from 1 Hz on), summed over the bands, in sone; the median over windows of 6 s.

Beat histogram: octave bands -> full-wave rectification -> low-pass and decimation to envelopes -> mean removed ->
autocorrelation over frames of 3 s, summed over the bands -> multiples of shorter periods removed -> the highest peaks
of each frame, added to the histogram by height. The paper's octave bands come from a wavelet transform, these from
Butterworth filters.

Source: Tzanetakis & Cook 2002, Musical Genre Classification of Audio Signals (beat histogram); Lidy & Rauber 2005,
Evaluation of Feature Extractors and Psycho-Acoustic Transformations for Music Genre Classification (rhythm histogram).
"""

from itertools import pairwise

import numpy as np
from pydantic import Field

from genrelab.config import Section
from genrelab.features import _loudness
from genrelab.features._peaks import periods

SLOWEST, FASTEST = 40, 200  # beats per minute
BEAT_HISTOGRAM = range(FASTEST - SLOWEST + 1)
BEAT_SUMMARY = range(BEAT_HISTOGRAM.stop, BEAT_HISTOGRAM.stop + 6)
RHYTHM_HISTOGRAM = range(BEAT_SUMMARY.stop, BEAT_SUMMARY.stop + 60)
SUMMARY = ("A0", "A1", "RA", "P1", "P2", "SUM")

EDGES = (200.0, 400.0, 800.0, 1600.0, 3200.0)  # Hz, between octave bands
ENVELOPE = 150  # approximate samples of the envelope per second
FRAME = 3.0  # seconds per frame of the autocorrelation, half overlapping
TAKEN = 3  # peaks per frame
CHANGES = 1e-12  # minimum share of a frame's energy in its changes; less is rounding
FOLLOWS_LEVEL = "the rhythm histogram is in sone, like ssd; the beat histogram and its summary ignore the level"
SEGMENT = 6.0  # seconds per window of the rhythm histogram, so its bins are 1/6 Hz apart


class Params(Section):
    """Parameters of the rhythm."""

    sample_rate: int = Field(22050, ge=8000)  # Hz


def shape(params: Params) -> tuple[int]:
    """Return (numbers,)."""
    return (RHYTHM_HISTOGRAM.stop,)


def extract(samples: np.ndarray, params: Params) -> np.ndarray:
    """Return the rhythm of `samples` (mono, at `params.sample_rate`): float32, shape (227,)."""
    beats, strength = beat_histogram(samples, params.sample_rate)
    found = np.concatenate([beats, _summary(beats, strength), rhythm_histogram(samples, params.sample_rate)])
    return found.astype(np.float32)


def beat_histogram(samples: np.ndarray, sample_rate: int) -> tuple[np.ndarray, float]:
    """Return the histogram (161,), of sum 1 or 0, and the sum of its peaks' heights per frame."""
    step = max(1, round(sample_rate / ENVELOPE))
    rate = sample_rate / step  # of the envelopes
    length = round(FRAME * rate)
    envelopes = _envelopes(samples, sample_rate, step)
    envelopes = np.pad(envelopes, [(0, 0), (0, max(0, length - envelopes.shape[1]))])
    histogram = np.zeros(len(BEAT_HISTOGRAM))
    starts = range(0, envelopes.shape[1] - length + 1, length // 2)
    lags = np.arange(1, length)
    for start in starts:
        frame = envelopes[:, start : start + length]
        alike = _autocorrelation(frame)
        places, heights = periods(alike, 60 * rate / FASTEST, min(60 * rate / SLOWEST, lags[-1]), TAKEN)
        bins = np.clip(np.round(60 * rate / places).astype(int) - SLOWEST, 0, len(histogram) - 1)
        np.add.at(histogram, bins, heights)
    total = histogram.sum()
    return (histogram / total if total > 0 else histogram), float(total / len(starts))


def _envelopes(samples: np.ndarray, sample_rate: int, step: int) -> np.ndarray:
    """Return the envelope of each octave band: (bands, frames), at sample_rate / step."""
    from scipy import signal

    smooth = signal.butter(2, 10.0, fs=sample_rate, output="sos")
    cuts = [edge for edge in EDGES if edge < sample_rate / 2]
    bands = [signal.butter(2, cuts[0], "lowpass", fs=sample_rate, output="sos")]
    bands += [signal.butter(2, (low, high), "bandpass", fs=sample_rate, output="sos") for low, high in pairwise(cuts)]
    bands.append(signal.butter(2, cuts[-1], "highpass", fs=sample_rate, output="sos"))
    y = samples.astype(np.float64)
    return np.stack([signal.sosfilt(smooth, np.abs(signal.sosfilt(band, y)))[::step] for band in bands])


def _autocorrelation(frame: np.ndarray) -> np.ndarray:
    """Return the autocorrelation summed over rows, 1 at lag 0; 0 throughout if nothing changes."""
    length = frame.shape[1]
    energy = (frame**2).sum()
    frame = frame - frame.mean(axis=1, keepdims=True)
    spectrum = np.abs(np.fft.rfft(frame, 2 * length, axis=1)) ** 2
    found = np.fft.irfft(spectrum.sum(axis=0))[:length]
    found = found / (length - np.arange(length)) * length  # compensates for fewer products at longer lags
    return found / found[0] if found[0] > CHANGES * energy else np.zeros(length)


def _summary(histogram: np.ndarray, strength: float) -> np.ndarray:
    """Return A0, A1, RA, P1, P2 and SUM; the second peak is more than five beats per minute from the first."""
    if not strength:
        return np.zeros(len(SUMMARY))
    first = int(histogram.argmax())
    others = histogram.copy()
    others[max(0, first - 5) : first + 6] = 0
    second = int(others.argmax())
    a0, a1 = histogram[first], others[second]
    return np.array([a0, a1, a1 / a0, first + SLOWEST, (second + SLOWEST) * (a1 > 0), strength])


def rhythm_histogram(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return the loudness modulation at each frequency, (60,), in sone."""
    n_fft = 2 ** int(np.ceil(np.log2(sample_rate * 0.02)))
    hop = n_fft // 2
    loudness = _loudness.sensation(samples, sample_rate, n_fft, hop)  # (bands, frames)
    length = round(SEGMENT * sample_rate / hop)
    loudness = np.pad(loudness, [(0, 0), (0, max(0, length - loudness.shape[1]))])
    starts = range(0, loudness.shape[1] - length + 1, length // 2)
    bins = 1 + np.arange(len(RHYTHM_HISTOGRAM))
    each = [2 * np.abs(np.fft.rfft(loudness[:, s : s + length], axis=1))[:, bins].sum(axis=0) / length for s in starts]
    return np.median(each, axis=0)
