"""Mel-spectrograms in decibels, by default exactly those of the thesis (section 3).

sound -> short-time Fourier transform (Hann window, centred, zero-padded) -> power -> Slaney mel bands
-> decibels relative to the clip's own maximum, floored at `-top_db` -> a picture of fixed width.

30 s at 22,050 Hz and hop 1024 give 646 frames; GTZAN's longest clip gives 660, the thesis's width.
`fit: pad` pads a narrower spectrogram at the end with the floor and crops a longer sound to its middle;
`fit: resize` stretches the time axis to the width by linear interpolation.

Source: librosa.feature.melspectrogram and librosa.power_to_db, which give the same values.
"""

from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from genrelab.config import Section
from genrelab.features import _fourier, _mel
from genrelab.features._time import frame_rate, pad_value, seconds
from genrelab.features._width import middle, widen

__all__ = ["Params", "extract", "frame_rate", "frequencies", "pad_value", "seconds", "shape"]


class Params(Section):
    """Parameters of the mel-spectrogram."""

    sample_rate: int = Field(22050, ge=1000)  # Hz
    n_fft: int = Field(2048, ge=16)  # samples
    hop: int = Field(1024, ge=1)  # samples
    n_mels: int = Field(128, ge=1)
    f_min: float = Field(0.0, ge=0)  # Hz
    f_max: float | None = Field(None, gt=0)  # Hz; None: half the sample rate
    top_db: float = Field(80.0, gt=0)  # dB
    frames: int = Field(660, ge=1)
    fit: Literal["pad", "resize"] = "pad"

    @model_validator(mode="after")
    def _band_edges_in_order(self) -> "Params":
        if not self.f_min < self.highest <= self.sample_rate / 2:
            raise ValueError(
                f"the bands must lie in 0 <= f_min < f_max <= {self.sample_rate / 2:g} Hz (half the sample rate), "
                f"got f_min {self.f_min:g} and f_max {self.highest:g}"
            )
        return self

    @property
    def highest(self) -> float:
        """Upper edge of the highest band in Hz."""
        return self.sample_rate / 2 if self.f_max is None else self.f_max


def shape(params: Params) -> tuple[int, int]:
    """Return (mel bands, frames)."""
    return params.n_mels, params.frames


def frequencies(params: Params) -> np.ndarray:
    """Return the centre of each mel band in Hz: (n_mels,)."""
    return _mel.centres(params.n_mels, params.f_min, params.highest)


def extract(samples: np.ndarray, params: Params) -> np.ndarray:
    """Return the mel-spectrogram of `samples` (mono, at `params.sample_rate`): float32, shape (n_mels, frames), dB.

    Values lie in [-top_db, 0]; digital silence is -top_db throughout.
    """
    if params.fit == "pad":
        samples = middle(samples, params.hop, params.frames)
    decibels = _fourier.mel_power(
        samples,
        params.sample_rate,
        n_fft=params.n_fft,
        hop=params.hop,
        n_mels=params.n_mels,
        f_min=params.f_min,
        f_max=params.highest,
    )
    _fourier.below_peak(decibels, params.top_db)
    return _fit(decibels, params)


def _fit(decibels: np.ndarray, params: Params) -> np.ndarray:
    frames = decibels.shape[1]
    if params.fit == "pad" or frames == params.frames:
        return widen(decibels, params.frames, pad_value(params))
    at = np.linspace(0, frames - 1, params.frames)
    return np.stack([np.interp(at, np.arange(frames), band) for band in decibels]).astype(np.float32)
