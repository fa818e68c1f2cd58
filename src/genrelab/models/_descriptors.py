"""Spectral descriptors of every frame of a spectrogram, and their statistics over a clip."""

import itertools
import warnings

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from genrelab.features._base import row_frequencies

ROLLOFF = 0.85  # share of a frame's power that lies below it
EDGES = (200, 400, 800, 1600, 3200, 6400)  # Hz, between the bands of the spectral contrast
QUANTILE = 0.02  # share of a band's bins that form its peak, and its valley
MELS = 40
QUIETEST = 1e-10  # floor of a mel band's power for MFCC, relative to the clip's maximum


class Descriptors(TransformerMixin, BaseEstimator):
    """Describe spectrograms in dB (clips, bins, frames) by (clips, 2 * (11 + coefficients)): means, then deviations.

    The bins are evenly spaced between 0 and `highest` Hz; the contrast of bands above that is 0. The descriptors of a
    frame are, in this order: zero crossings per second (the expected number for a Gaussian signal with this power
    spectrum, as a spectrogram does not contain the true one), centroid, bandwidth and rolloff in Hz, the contrast of
    seven bands in dB (peaks over valleys), and mel-frequency cepstral coefficients. Frames whose bins are all equal
    (silence and padding) are left out; a clip without other frames gives zeros.
    """

    def __init__(self, coefficients: int = 13, highest: float = 11025.0) -> None:
        self.coefficients = coefficients
        self.highest = highest

    def fit(self, X: np.ndarray, y: np.ndarray | None = None) -> "Descriptors":
        """Learn nothing."""
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the statistics over time."""
        return np.stack([self._statistics(clip) for clip in X])

    def frames(self, decibels: np.ndarray) -> np.ndarray:
        """Return the descriptors of each frame: (bins, frames) in dB -> (11 + coefficients, frames)."""
        power = 10 ** (decibels / 10)
        hertz = np.linspace(0, self.highest, len(power), dtype=np.float32)
        share = power / power.sum(axis=0)
        amplitude = np.sqrt(power)
        weight = amplitude / amplitude.sum(axis=0)
        centroid = hertz @ weight
        bandwidth = np.sqrt(np.maximum(hertz**2 @ weight - centroid**2, 0))
        rolloff = hertz[np.argmax(np.cumsum(share, axis=0) >= ROLLOFF, axis=0)]
        likeness = np.cos(np.pi * hertz / self.highest) @ share  # correlation of successive samples
        crossings = 2 * self.highest / np.pi * np.arccos(np.clip(likeness, -1, 1))
        return np.stack([crossings, centroid, bandwidth, rolloff, *self._contrast(decibels), *self._cepstrum(power)])

    def _statistics(self, decibels: np.ndarray) -> np.ndarray:
        sounding = decibels[:, np.ptp(decibels, axis=0) > 0]
        if not sounding.size:
            return np.zeros(2 * (4 + len(EDGES) + 1 + self.coefficients))
        found = self.frames(sounding)
        return np.concatenate([found.mean(axis=1), found.std(axis=1)])

    def _contrast(self, decibels: np.ndarray) -> np.ndarray:
        edges = np.minimum([0, *EDGES, self.highest], self.highest)
        bins = np.rint(edges / self.highest * len(decibels)).astype(int)
        found = np.zeros((len(bins) - 1, decibels.shape[1]))
        for i, (low, high) in enumerate(itertools.pairwise(bins)):
            if high > low:
                band = np.sort(decibels[low:high], axis=0)
                some = max(1, round(QUANTILE * len(band)))
                found[i] = band[-some:].mean(axis=0) - band[:some].mean(axis=0)
        return found

    def _cepstrum(self, power: np.ndarray) -> np.ndarray:
        from librosa.filters import mel
        from scipy.fft import dct

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # with few bins, some bands are empty and stay constant
            bank = mel(sr=2 * self.highest, n_fft=2 * (len(power) - 1), n_mels=MELS)
        decibels = 10 * np.log10(np.maximum(bank @ power, QUIETEST))
        return dct(decibels, axis=0, norm="ortho")[: self.coefficients]

    def __sklearn_is_fitted__(self) -> bool:
        return True


def described(hp, input_shape: tuple[int, int]) -> Descriptors:
    """Return the step with its hyperparameter; raise ValueError if there are too few bins to describe.

    `input_shape` gives the frequencies of the bins; if it is a plain tuple, they are assumed to end at 11,025 Hz.
    """
    if input_shape[0] < 16:
        raise ValueError(f"spectral descriptors need at least 16 bins, got {input_shape[0]}")
    frequencies = row_frequencies(input_shape)
    coefficients = hp.Int("coefficients", 5, 30, default=13)
    return Descriptors(coefficients, frequencies[-1]) if frequencies else Descriptors(coefficients)
