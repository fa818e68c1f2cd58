"""The mel scale and its filters without librosa, whose import takes two seconds in each worker process.

Source: Slaney 1998, Auditory Toolbox; librosa.mel_frequencies and librosa.filters.mel, which give the same values.
"""

import functools

import numpy as np
from scipy.sparse import csr_array

HZ_PER_MEL = 200 / 3  # below 1 kHz, the linear part of the scale
KNEE = 1000.0  # Hz; the scale is logarithmic above
STEP = np.log(6.4) / 27  # increase of ln(frequency) per mel above the knee


def frequencies(count: int, f_min: float, f_max: float) -> np.ndarray:
    """Return `count` frequencies in Hz, evenly spaced in mel from `f_min` to `f_max`: float64 (count,)."""
    mels = np.linspace(_mel(f_min), _mel(f_max), count)
    knee = KNEE / HZ_PER_MEL
    return np.where(mels < knee, mels * HZ_PER_MEL, KNEE * np.exp(STEP * (np.maximum(mels, knee) - knee)))


def centres(bands: int, f_min: float, f_max: float) -> np.ndarray:
    """Return the frequency at which each band's filter peaks, in Hz: float64 (bands,)."""
    return frequencies(bands + 2, f_min, f_max)[1:-1]


@functools.lru_cache(maxsize=8)
def bank(sample_rate: int, n_fft: int, bands: int, f_min: float = 0.0, f_max: float | None = None) -> csr_array:
    """Return triangular filters of equal area, float32 (bands, n_fft // 2 + 1); `f_max` None: half the rate."""
    edges = frequencies(bands + 2, f_min, sample_rate / 2 if f_max is None else f_max)
    widths = np.diff(edges)
    ramps = edges[:, np.newaxis] - np.fft.rfftfreq(n_fft, 1 / sample_rate)
    rising, falling = -ramps[:-2] / widths[:-1, np.newaxis], ramps[2:] / widths[1:, np.newaxis]
    filters = np.maximum(0, np.minimum(rising, falling)) * (2 / (edges[2:] - edges[:-2]))[:, np.newaxis]
    return csr_array(filters.astype(np.float32))


def _mel(hertz: float) -> float:
    return hertz / HZ_PER_MEL if hertz < KNEE else KNEE / HZ_PER_MEL + float(np.log(hertz / KNEE)) / STEP
