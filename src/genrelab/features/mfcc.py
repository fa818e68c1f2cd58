"""Mel-frequency cepstral coefficients (MFCC) frame by frame, with their first and second derivatives.

sound -> power spectrum of each frame (Hann window, centred) -> mel bands -> decibels, floored 80 dB below the clip's
maximum -> cosine transform (DCT-II, orthonormal), keeping the first `n_mfcc` coefficients. The first one follows the
level, the others the shape of the spectrum. With `deltas`, a second and a third block of rows hold the slopes and the
curvatures over nine frames (a sound of fewer than nine frames is extended by its outermost frames). Values have no unit
(they are sums of dB).

With `only_sounding`, frames whose RMS lies more than `silence_db` below that of the loudest frame are dropped after the
derivatives are computed, and the rest move together, so frames are no longer evenly spaced in time.

Shorter sounds are padded at the end with FLOOR, 0 in every row. No frame of a sound is 0 in every row, as all of its
mel bands would have to be at exactly 0 dB. Longer sounds are cropped to their middle.

Parameters: sample_rate (Hz), n_fft and hop (samples), n_mels, n_mfcc, deltas, only_sounding, silence_db (dB), frames.
At the default hop, 30 s give 646 frames, as for the mel-spectrogram.

Source: Davis & Mermelstein 1980, Comparison of Parametric Representations for Monosyllabic Word Recognition;
librosa.feature.mfcc and librosa.feature.delta, which give the same values.
"""

import numpy as np
from pydantic import Field, model_validator

from genrelab.config import Section
from genrelab.features import _fourier
from genrelab.features._time import frame_rate, seconds
from genrelab.features._width import middle, widen

__all__ = ["Params", "extract", "frame_rate", "pad_value", "seconds", "shape"]

FLOOR = 0.0
FOLLOWS_LEVEL = "the first coefficient is the level: a gain of g dB adds g sqrt(n_mels) to it and nothing to the others"
DEPTH = 80.0  # dB below the loudest mel band of the clip; bands below that count as silent
SILENCE = -100.0  # dB of every band of digital silence
SLOPE = 9  # frames over which a derivative is computed


class Params(Section):
    """Parameters of the MFCC."""

    sample_rate: int = Field(22050, ge=1000)  # Hz
    n_fft: int = Field(2048, ge=16)  # samples
    hop: int = Field(1024, ge=1)  # samples
    n_mels: int = Field(128, ge=1)
    n_mfcc: int = Field(13, ge=1)
    deltas: bool = True
    only_sounding: bool = False
    silence_db: float = Field(40.0, gt=0)  # dB below the loudest frame; used only with only_sounding
    frames: int = Field(660, ge=1)

    @model_validator(mode="after")
    def _no_more_coefficients_than_bands(self) -> "Params":
        if self.n_mfcc > self.n_mels:
            raise ValueError(f"n_mfcc must be at most n_mels ({self.n_mels}), got {self.n_mfcc}")
        return self


def shape(params: Params) -> tuple[int, int]:
    """Return (coefficients and their derivatives, frames)."""
    return params.n_mfcc * (3 if params.deltas else 1), params.frames


def pad_value(params: Params) -> float:
    """Return the padding value."""
    return FLOOR


def extract(samples: np.ndarray, params: Params) -> np.ndarray:
    """Return the MFCC of `samples` (mono, at `params.sample_rate`): float32, of `shape(params)`."""
    import librosa

    if not params.only_sounding:  # sounding frames may be anywhere; they are cropped below
        samples = middle(samples, params.hop, params.frames)
    power = _fourier.mel_power(samples, params.sample_rate, n_fft=params.n_fft, hop=params.hop, n_mels=params.n_mels)
    values = librosa.feature.mfcc(S=_fourier.decibels(power, DEPTH, SILENCE), n_mfcc=params.n_mfcc)
    if params.deltas:
        mode = "interp" if values.shape[1] >= SLOPE else "nearest"
        slopes = [librosa.feature.delta(values, width=SLOPE, order=order, mode=mode) for order in (1, 2)]
        values = np.concatenate([values, *slopes])
    if params.only_sounding:
        values = values[:, _sounding(samples, params)]
        start = max(0, values.shape[1] - params.frames) // 2
        values = values[:, start : start + params.frames]
    return widen(values, params.frames, FLOOR)


def _sounding(samples: np.ndarray, params: Params) -> np.ndarray:
    """Return a mask of the sounding frames, bool (frames,); all False for digital silence."""
    import librosa

    rms = librosa.feature.rms(y=samples, frame_length=params.n_fft, hop_length=params.hop)[0]
    return (rms > 0) & (rms >= rms.max() * 10 ** (-params.silence_db / 20))
