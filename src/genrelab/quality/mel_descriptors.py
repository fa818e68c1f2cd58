"""Summarize a clip's mel-spectrogram as one vector, the input of the audit's classifier.

Four kinds, each over the whole clip: means and covariances of the cepstra (Mandel & Ellis, ISMIR 2005); the level of
each of BANDS bands at three quantiles over time; how fast each changes from frame to frame; and the modulation
spectrum, how strongly eight wide bands vary at each of MODULATIONS rates (McKinney & Breebaart, ISMIR 2003), which
shows rhythm.

A gain changes nothing: levels are relative to the clip's mean, and anything 80 dB below its peak counts as silent.
"""

from itertools import pairwise

import numpy as np

CEPSTRA, BANDS, WIDE_BANDS = 20, 32, 8
QUANTILES = (0.1, 0.5, 0.9)
MODULATIONS = 12
SLOWEST, FASTEST = 0.2, 10.7  # Hz
SHORTEST = 30.0  # seconds; shorter clips are padded to it, so that every rate has a bin of the spectrum
DEPTH = 80.0  # dB
FAINT = 1e-3  # dB of variation that count as none
SIZE = CEPSTRA + CEPSTRA * (CEPSTRA + 1) // 2 + (len(QUANTILES) + 2) * BANDS + WIDE_BANDS * MODULATIONS


def extract(decibels: np.ndarray, frame_rate: float) -> np.ndarray:
    """Return the descriptors of a mel-spectrogram in dB, shape (bands, frames): float32 (SIZE,).

    `frame_rate` is in frames per second. Raises ValueError unless the number of bands is a multiple of BANDS.
    """
    from scipy.fft import dct

    if decibels.ndim != 2 or not decibels.size or len(decibels) % BANDS:
        raise ValueError(
            f"decibels must have the shape (bands, frames), bands a multiple of {BANDS}, got {decibels.shape}"
        )
    levels = np.maximum(decibels, decibels.max() - DEPTH)
    levels = levels - levels.mean()
    cepstra = dct(levels, axis=0, norm="ortho")[:CEPSTRA]
    bands = levels.reshape(BANDS, -1, levels.shape[1]).mean(axis=1)
    steps = np.diff(bands, axis=1, prepend=bands[:, :1])
    found = (
        cepstra.mean(axis=1),
        np.cov(cepstra, ddof=0)[np.triu_indices(CEPSTRA)],
        np.quantile(bands, QUANTILES, axis=1).ravel(),
        steps.std(axis=1),
        np.abs(steps).mean(axis=1),
        _modulations(bands.reshape(WIDE_BANDS, -1, bands.shape[1]).mean(axis=1), frame_rate).ravel(),
    )
    return np.concatenate(found).astype(np.float32)


def _modulations(bands: np.ndarray, frame_rate: float) -> np.ndarray:
    """Return ln of each band's amplitude of variation at each rate: (bands, MODULATIONS)."""
    frames = bands.shape[1]
    window = np.hanning(frames + 2)[1:-1]
    length = max(frames, round(SHORTEST * frame_rate))
    swings = np.abs(np.fft.rfft((bands - bands.mean(axis=1, keepdims=True)) * window, n=length)) / window.sum()
    rates, edges = np.fft.rfftfreq(length, 1 / frame_rate), np.geomspace(SLOWEST, FASTEST, MODULATIONS + 1)
    at = [(low <= rates) & (rates < high) for low, high in pairwise(edges)]
    return np.log(FAINT + np.stack([swings[:, where].mean(axis=1) for where in at], axis=1))
