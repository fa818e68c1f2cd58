"""Statistical spectrum descriptors: how the loudness in each of 24 Bark bands is distributed over time.

sound -> power spectrum of frames of 23 ms, half overlapping -> 24 Bark bands -> masking by neighbouring bands ->
decibels of sound pressure (a full-scale sine counts as 96 dB) -> phon, by equal-loudness contours -> sone.
Seven moments describe a band's loudness in a window of about six seconds; a clip's moments are the means over its
windows. Layout: (24 bands from low to high, 7 moments), the rows BANDS and the columns MOMENTS; in sone, except
variance (sone squared) and skewness and kurtosis (no unit; 0 for a normal distribution). Skewness and kurtosis of a
band that does not change are 0. Bands above half the sample rate contain only what spills over into them: at 22,050 Hz
this is the highest band.

Parameters: sample_rate (Hz), n_fft (samples; the hop is half of it), window (s, 6 by default; windows are equally long,
and a shorter sound is one window).

Source: Lidy & Rauber 2005, Evaluation of Feature Extractors and Psycho-Acoustic Transformations for Music Genre
Classification. They use a coarser table of contours; this module uses ISO 226:2003.
"""

import numpy as np
from pydantic import Field, model_validator

from genrelab.config import Section
from genrelab.features import _loudness

BANDS = tuple(f"bark{band + 1}" for band in range(_loudness.BANDS))
FOLLOWS_LEVEL = "loudness in sone grows with the level, and sounds below the threshold of hearing do not count"
MOMENTS = ("mean", "median", "variance", "skewness", "kurtosis", "min", "max")


class Params(Section):
    """Parameters of the statistical spectrum descriptors."""

    sample_rate: int = Field(22050, ge=1000)  # Hz
    n_fft: int = Field(512, ge=16)  # samples
    window: float = Field(6.0, gt=0)  # seconds

    @model_validator(mode="after")
    def _fine_enough_for_bark_bands(self) -> "Params":
        if self.sample_rate / self.n_fft > _loudness.EDGES[1]:
            raise ValueError(
                f"n_fft must be at least {self.sample_rate / _loudness.EDGES[1]:g} at {self.sample_rate} Hz, so that "
                f"each Bark band has its own frequency, got {self.n_fft}"
            )
        return self


def shape(params: Params) -> tuple[int, int]:
    """Return (Bark bands, moments)."""
    return len(BANDS), len(MOMENTS)


def frequencies(params: Params) -> tuple[float, ...]:
    """Return the centre of each Bark band in Hz: (24,)."""
    return _loudness.CENTRES


def extract(samples: np.ndarray, params: Params) -> np.ndarray:
    """Return the descriptors of `samples` (mono, at `params.sample_rate`): float32, shape (24, 7)."""
    hop = params.n_fft // 2
    loudness = _loudness.sensation(samples, params.sample_rate, params.n_fft, hop)
    frames = loudness.shape[1]
    windows = max(1, round(frames * hop / params.sample_rate / params.window))
    return np.mean([moments(part) for part in np.array_split(loudness, windows, axis=1)], axis=0).astype(np.float32)


def moments(loudness: np.ndarray) -> np.ndarray:
    """Return the moments of each row (rows, frames): float64, shape (rows, 7), in the order of MOMENTS."""
    mean = loudness.mean(axis=1)
    off = loudness - mean[:, np.newaxis]
    variance = (off**2).mean(axis=1)
    changes = variance > (1e-9 * mean) ** 2  # less is rounding
    scale = np.sqrt(np.where(changes, variance, 1))[:, np.newaxis]
    skewness = np.where(changes, ((off / scale) ** 3).mean(axis=1), 0)
    kurtosis = np.where(changes, ((off / scale) ** 4).mean(axis=1) - 3, 0)
    median, low, high = np.median(loudness, axis=1), loudness.min(axis=1), loudness.max(axis=1)
    return np.stack([mean, median, variance, skewness, kurtosis, low, high], axis=1)
