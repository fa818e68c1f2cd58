"""Timbral texture: spectral descriptors of short frames, summarized over texture windows, then over the clip.

sound -> frames of `frame_ms`, half overlapping -> descriptors of each frame -> mean and variance over texture windows
of `window` seconds -> mean and standard deviation of those over the clip's windows.

Layout: (38 descriptors, 4), the rows DESCRIPTORS and the columns STATISTICS. Centroid, rolloff (85% of the power) and
bandwidth in Hz; flux, the squared distance between successive magnitude spectra, each normalized to sum 1;
zero_crossings, a share of samples at 22,050 Hz (at any other rate, crossings per 1/22,050 s); mfcc1 to mfcc13, where
mfcc1 is the level; contrast1 to contrast7 in dB, by octave; chroma1 (C) to chroma12 (B), 0...1; and low_energy, the
share of a texture window's frames whose root mean square lies below the window's mean: one value per window, so its
variance columns are 0.

Parameters: sample_rate (Hz), frame_ms (the literature compares 20 and 40), window (s).

Source: Tzanetakis & Cook 2002, Musical Genre Classification of Audio Signals; the frame descriptors are those of
librosa.feature.
"""

import numpy as np
from pydantic import Field

from genrelab.config import Section
from genrelab.features import _fourier, _mel

MFCC, CONTRAST, CHROMA = 13, 7, 12  # how many of each
MEL_BANDS = 40  # from which the MFCC are computed
DEPTH, SILENCE = 80.0, -100.0  # dB, as in the feature mfcc
CROSSINGS_PER = 22050.0  # Hz; zero crossings are counted per 1/22,050 s
FOLLOWS_LEVEL = "mfcc1 is the level: a gain of g dB adds g sqrt(40) to its mean and nothing to the rest"
DESCRIPTORS = (
    *("centroid", "rolloff", "flux", "zero_crossings"),
    *(f"mfcc{i + 1}" for i in range(MFCC)),
    *(f"contrast{i + 1}" for i in range(CONTRAST)),
    "bandwidth",
    *(f"chroma{i + 1}" for i in range(CHROMA)),
    "low_energy",
)
STATISTICS = ("mean", "variance", "spread_of_mean", "spread_of_variance")


class Params(Section):
    """Parameters of the timbral texture."""

    sample_rate: int = Field(22050, ge=16000)  # Hz; the contrast's octaves reach up to 6.4 kHz
    frame_ms: float = Field(20.0, ge=10, le=100)  # milliseconds
    window: float = Field(1.0, ge=0.1)  # seconds


def shape(params: Params) -> tuple[int, int]:
    """Return (descriptors, statistics)."""
    return len(DESCRIPTORS), len(STATISTICS)


def extract(samples: np.ndarray, params: Params) -> np.ndarray:
    """Return the texture of `samples` (mono, at `params.sample_rate`): float32, shape (38, 4)."""
    length = round(params.frame_ms * params.sample_rate / 1000)
    hop = length // 2
    each, rms = frames(samples, params.sample_rate, length, hop)
    count = max(1, round(each.shape[1] * hop / params.sample_rate / params.window))
    windows = np.array_split(each, count, axis=1)
    low = [np.mean(part < part.mean()) for part in np.array_split(rms, count)]
    means = np.column_stack([part.mean(axis=1) for part in windows])  # (descriptors, windows)
    variances = np.column_stack([part.var(axis=1) for part in windows])
    means, variances = np.vstack([means, low]), np.vstack([variances, np.zeros(count)])
    columns = [means.mean(axis=1), variances.mean(axis=1), means.std(axis=1), variances.std(axis=1)]
    return np.column_stack(columns).astype(np.float32)


def frames(samples: np.ndarray, sample_rate: int, length: int, hop: int) -> tuple[np.ndarray, np.ndarray]:
    """Return each frame's descriptors except low_energy, float64 (37, frames), and its root mean square (frames,)."""
    from librosa import feature

    n_fft = max(1024, 2 ** int(np.ceil(np.log2(length))))  # bins narrow enough for the lowest mel bands
    peak = float(np.abs(samples).max(initial=0.0)) or 1.0
    # At full scale, since librosa treats sound below fixed levels as silence; mfcc1 gets its level back.
    y = np.pad(samples / np.float32(peak), (0, max(0, n_fft - len(samples))))
    level = 20 * np.log10(peak) * np.sqrt(MEL_BANDS)
    power = _fourier.power(y, n_fft=n_fft, hop=hop, window_length=length).astype(np.float64)
    magnitude = np.sqrt(power)
    mel = _mel.bank(sample_rate, n_fft, MEL_BANDS) @ power
    mfcc = feature.mfcc(S=_fourier.decibels(mel, DEPTH, SILENCE), n_mfcc=MFCC)
    mfcc[0] += level
    rows = [
        feature.spectral_centroid(S=magnitude, sr=sample_rate),
        feature.spectral_rolloff(S=power, sr=sample_rate, roll_percent=0.85),
        _flux(magnitude),
        feature.zero_crossing_rate(y, frame_length=length, hop_length=hop) * (sample_rate / CROSSINGS_PER),
        mfcc,
        feature.spectral_contrast(S=magnitude, sr=sample_rate, n_bands=CONTRAST - 1),
        feature.spectral_bandwidth(S=magnitude, sr=sample_rate),
        feature.chroma_stft(S=power, sr=sample_rate, tuning=0.0),
    ]
    rms = feature.rms(y=y, frame_length=length, hop_length=hop)
    count = min(row.shape[1] for row in (*rows, rms))  # with an odd length, zero crossings and rms may lack a frame
    return np.vstack([np.asarray(row, dtype=np.float64)[:, :count] for row in rows]), rms[0, :count]


def _flux(magnitude: np.ndarray) -> np.ndarray:
    sums = magnitude.sum(axis=0)
    share = np.divide(magnitude, sums, out=np.zeros_like(magnitude), where=sums > 0)
    change = (np.diff(share, axis=1) ** 2).sum(axis=0)
    return np.concatenate([[0.0], change])[np.newaxis]
