"""Spectrograms on a linear frequency scale, in decibels, with a choice of window.

sound -> short-time Fourier transform (centred, zero-padded) -> magnitudes of the lowest `bands` of its n_fft / 2 + 1
bins -> decibels relative to the clip's own maximum, floored at `-top_db` -> a matrix of fixed width. Bin b lies at
b * sample_rate / n_fft Hz. Successive windows overlap by n_fft - hop samples.

30 s at 22,050 Hz and hop 512 give 1292 frames, the default width. A shorter sound is padded at the end with the floor,
a longer one is cropped to its middle. At the defaults a clip takes 2.6 MB; `bands` or `hop` makes it smaller.

Source: librosa.stft and the windows of scipy.signal, which give the same values. Elbir et al. 2018 (Short Time
Fourier Transform based music genre classification) compare windows, sizes and overlaps, and find Parzen, 512, 256 best.
"""

from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from genrelab.config import Section
from genrelab.features import _fourier
from genrelab.features._time import frame_rate, pad_value, seconds
from genrelab.features._width import middle, widen

__all__ = ["Params", "extract", "frame_rate", "frequencies", "pad_value", "seconds", "shape"]


class Params(Section):
    """Parameters of the spectrogram."""

    sample_rate: int = Field(22050, ge=1000)  # Hz
    window: Literal["hann", "hamming", "blackman", "boxcar", "bartlett", "parzen"] = "hann"
    n_fft: int = Field(1024, ge=16)  # samples
    hop: int = Field(512, ge=1)  # samples
    bands: int | None = Field(None, ge=1)  # number of lowest bins to keep; None: all
    top_db: float = Field(80.0, gt=0)  # dB
    frames: int = Field(1292, ge=1)

    @model_validator(mode="after")
    def _bands_that_there_are(self) -> "Params":
        if self.rows > self.n_fft // 2 + 1:
            raise ValueError(f"bands must be in 1...{self.n_fft // 2 + 1} (n_fft / 2 + 1), got {self.bands}")
        return self

    @property
    def rows(self) -> int:
        """Number of bins kept."""
        return self.n_fft // 2 + 1 if self.bands is None else self.bands


def shape(params: Params) -> tuple[int, int]:
    """Return (bins, frames)."""
    return params.rows, params.frames


def frequencies(params: Params) -> np.ndarray:
    """Return the frequency of each bin in Hz: (bins,)."""
    return np.arange(params.rows) * (params.sample_rate / params.n_fft)


def extract(samples: np.ndarray, params: Params) -> np.ndarray:
    """Return the spectrogram of `samples` (mono, at `params.sample_rate`): float32, shape (bins, frames), dB.

    Values lie in [-top_db, 0]; digital silence is -top_db throughout.
    """
    samples = middle(samples, params.hop, params.frames)
    decibels = _fourier.power(samples, n_fft=params.n_fft, hop=params.hop, window=params.window, bins=params.rows)
    _fourier.below_peak(decibels, params.top_db)
    return widen(decibels, params.frames, pad_value(params))
