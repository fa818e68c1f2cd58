"""Spectral contrast: how far the peaks of octave bands stand above their valleys, in dB.

Source: Jiang et al., Music type classification by spectral contrast feature, 2002; librosa.feature.spectral_contrast.
"""

import numpy as np
from pydantic import Field

from genrelab.config import Section


class Params(Section):
    """Parameters of the spectral contrast."""

    sample_rate: int = Field(22050, ge=8000)  # Hz
    bands: int = Field(6, ge=1, le=6)  # octaves above 200 Hz


def shape(params: Params) -> tuple[int]:
    """Return (2 * (bands + 1),): mean and deviation over time, and one more for what lies below."""
    return (2 * (params.bands + 1),)


def extract(samples: np.ndarray, params: Params) -> np.ndarray:
    """Return the contrasts of `samples` (mono, at `params.sample_rate`): float32, means, then deviations."""
    import librosa

    peak = np.abs(samples).max()
    sound = np.pad(samples / (peak or 1), (0, max(0, 2048 - len(samples))))
    found = librosa.feature.spectral_contrast(y=sound, sr=params.sample_rate, n_bands=params.bands, fmin=150.0)
    return np.concatenate([found.mean(axis=1), found.std(axis=1)]).astype(np.float32)
