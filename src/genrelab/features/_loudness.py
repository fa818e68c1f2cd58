"""Convert the power in Bark bands to loudness in sone, as a listener perceives it.

Source: Zwicker 1961 (edges of the critical bands); Schroeder, Atal & Hall 1979 (masking of neighbouring bands);
ISO 226:2003 (equal-loudness contours); Stevens 1957 and Lochner & Burger 1961 (sone).
"""

import functools
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array

from genrelab.features import _fourier

# Hz; 24 bands lie between these.
EDGES = (
    *(0, 100, 200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480, 1720),
    *(2000, 2320, 2700, 3150, 3700, 4400, 5300, 6400, 7700, 9500, 12000, 15500),
)
BANDS = len(EDGES) - 1
CENTRES = tuple((low + high) / 2 for low, high in pairwise(EDGES))  # Hz
FULL_SCALE = 96.0  # dB of sound pressure assumed for a sine of amplitude 1: 16 bits above the threshold
SILENT = 1e-30  # power below which a band is silent

# ISO 226: frequency (Hz), exponent of loudness perception, transfer to the ear (dB), threshold of hearing (dB).
_CONTOURS = np.array(
    [
        (20, 0.532, -31.6, 78.5),
        (25, 0.506, -27.2, 68.7),
        (31.5, 0.480, -23.0, 59.5),
        (40, 0.455, -19.1, 51.1),
        (50, 0.432, -15.9, 44.0),
        (63, 0.409, -13.0, 37.5),
        (80, 0.387, -10.3, 31.5),
        (100, 0.367, -8.1, 26.5),
        (125, 0.349, -6.2, 22.1),
        (160, 0.330, -4.5, 17.9),
        (200, 0.315, -3.1, 14.4),
        (250, 0.301, -2.0, 11.4),
        (315, 0.288, -1.1, 8.6),
        (400, 0.276, -0.4, 6.2),
        (500, 0.267, 0.0, 4.4),
        (630, 0.259, 0.3, 3.0),
        (800, 0.253, 0.5, 2.2),
        (1000, 0.250, 0.0, 2.4),
        (1250, 0.246, -2.7, 3.5),
        (1600, 0.244, -4.1, 1.7),
        (2000, 0.243, -1.0, -1.3),
        (2500, 0.243, 1.7, -4.2),
        (3150, 0.243, 2.5, -6.0),
        (4000, 0.242, 1.2, -5.4),
        (5000, 0.242, -2.1, -1.5),
        (6300, 0.245, -7.1, 6.0),
        (8000, 0.254, -11.2, 12.6),
        (10000, 0.271, -10.7, 13.9),
        (12500, 0.301, -3.1, 12.3),
    ]
).T


def bands(samples: np.ndarray, sample_rate: int, n_fft: int, hop: int) -> np.ndarray:
    """Return the mean square of a sound per Bark band and frame: (BANDS, frames), relative to full scale.

    Frames are centred and Hann-windowed; bands above half the sample rate are 0.
    """
    energy = (np.hanning(n_fft + 1)[:-1] ** 2).sum()  # of the window
    found = _fourier.power(samples, n_fft=n_fft, hop=hop, bank=_bank(sample_rate, n_fft))
    return found / (n_fft * energy)


@functools.lru_cache(maxsize=4)
def _bank(sample_rate: int, n_fft: int) -> csr_array:
    """Return the weights of each band's bins, float32 (BANDS, bins): 1, or 2 to include negative frequencies."""
    band_of = np.digitize(np.fft.rfftfreq(n_fft, 1 / sample_rate), EDGES) - 1
    picks = (band_of == np.arange(BANDS)[:, np.newaxis]).astype(np.float32)
    picks[:, 1:-1] *= 2
    return csr_array(picks)


def spread(power: np.ndarray) -> np.ndarray:
    """Return the power (BANDS, frames) including the spill-over from each band to the others."""
    far = np.subtract.outer(np.arange(BANDS), np.arange(BANDS)) + 0.474  # distance in Bark from the spilling band
    return 10 ** ((15.81 + 7.5 * far - 17.5 * np.sqrt(1 + far**2)) / 10) @ power


def phon(level: np.ndarray, hz: np.ndarray) -> np.ndarray:
    """Return the loudness level of tones in phon, given their sound pressure level in dB; at least 0."""
    exponent, transfer, threshold = (np.interp(hz, _CONTOURS[0], row) for row in _CONTOURS[1:])

    def loudness(decibels: np.ndarray) -> np.ndarray:
        return (0.4 * 10 ** ((decibels + transfer) / 10 - 9)) ** exponent

    loud = loudness(level) - loudness(threshold) + 0.005135
    return 40 * np.log10(np.maximum(loud, 10 ** (-94 / 40))) + 94


def sone(phons: np.ndarray) -> np.ndarray:
    """Return the loudness in sone: 1 at 40 phon, doubling every 10 phon above, falling less steeply to 0 below."""
    return np.where(phons >= 40, 2 ** ((phons - 40) / 10), (np.maximum(phons, 0) / 40) ** 2.642)


def sensation(samples: np.ndarray, sample_rate: int, n_fft: int, hop: int) -> np.ndarray:
    """Return the specific loudness of a sound in sone: float64 (BANDS, frames)."""
    power = spread(bands(samples, sample_rate, n_fft, hop))
    level = FULL_SCALE + 10 * np.log10(np.maximum(power / 0.5, SILENT))  # a sine's mean square is a half
    return sone(phon(level, np.array(CENTRES)[:, np.newaxis]))
