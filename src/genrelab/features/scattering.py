"""Scattering transform in time, first and second order, in decibels.

sound -> wavelets, `q` per octave -> modulus: the envelope of each band -> (second order) wavelets, one per octave ->
modulus: how strongly each band's envelope moves at each rate -> both averaged over about 2^j samples, every 2^j
samples -> decibels: the first order relative to the clip's own maximum, the second relative to the first order of its
band, which separates how a band moves from how loud it is; floored at `-top_db` -> a matrix (paths, frames) of fixed
width. It keeps much of what a spectrogram averaged over so long a time loses, and hardly responds to small shifts.

A row is a path: the first order comes before the second; `paths` gives each one's frequency and rate in Hz. Frames are
centred at multiples of the hop, 2^j samples; the sound counts as silent before its beginning and after its end. At the
defaults a frame is 186 ms, and 30 s give 162 frames. A shorter sound is padded at the end with the floor, a longer one
is cropped to its middle.

Source: Andén & Mallat 2014, Deep Scattering Spectrum; the package kymatio computes everything but the decibels.
"""

import functools
from typing import Any

import numpy as np
from pydantic import Field

from genrelab.config import Section
from genrelab.errors import ConfigError
from genrelab.features._time import frame_rate, pad_value, seconds
from genrelab.features._width import middle, widen

__all__ = ["Params", "extract", "frame_rate", "frequencies", "pad_value", "paths", "seconds", "shape"]

# A long sound goes through the transform in overlapping blocks of BLOCK hops. EDGE frames at each end of a block are
# dropped, as the averaging mixes them with the block's other end.
BLOCK = 32
EDGE = 6
KEPT = BLOCK - 2 * EDGE
VERSION = "0.3.0"  # of kymatio


class Params(Section):
    """Parameters of the scattering transform."""

    sample_rate: int = Field(11025, ge=1000)  # Hz
    j: int = Field(11, ge=6, le=13)  # log2 of the hop in samples, which is also about the averaging width
    q: int = Field(8, ge=1, le=24)  # wavelets per octave in the first order
    top_db: float = Field(120.0, gt=0)  # dB; anything much lower is rounding
    frames: int = Field(162, ge=1)

    @property
    def hop(self) -> int:
        """Samples between frames."""
        return 2**self.j


def shape(params: Params) -> tuple[int, int]:
    """Return (paths, frames); ConfigError if kymatio is missing."""
    return len(_meta(params.j, params.q)), params.frames


def paths(params: Params) -> np.ndarray:
    """Return (paths, 2) in Hz: each row's centre frequency and modulation rate (first order: 0)."""
    return _meta(params.j, params.q) * params.sample_rate


def frequencies(params: Params) -> np.ndarray:
    """Return each path's centre frequency in Hz: (paths,)."""
    return paths(params)[:, 0]


def extract(samples: np.ndarray, params: Params) -> np.ndarray:
    """Return the scattering of `samples` (mono, at `params.sample_rate`): float32, shape (paths, frames), dB.

    Values lie between -top_db and about 0; digital silence is -top_db throughout. ConfigError if kymatio is missing.
    """
    samples = middle(samples, params.hop, params.frames)
    loudest = np.abs(samples).max()
    if loudest == 0:
        return np.full(shape(params), pad_value(params), dtype=np.float32)
    amplitude = _scattered(samples / loudest, params)
    amplitude /= amplitude.max()
    least = 10 ** (pad_value(params) / 20)
    band, second = _bands(params)
    amplitude[second] /= amplitude[band[second]] + least  # `least` keeps silence in a clip silent
    decibels = 20 * np.log10(np.maximum(amplitude, least))
    return widen(np.maximum(decibels, pad_value(params)), params.frames, pad_value(params))


def _bands(params: Params) -> tuple[np.ndarray, np.ndarray]:
    """Return for each path the row of its band's first order, and whether the path is of second order."""
    frequency, rate = _meta(params.j, params.q).T
    row = {one: i for i, one in enumerate(frequency[rate == 0])}
    return np.array([row[one] for one in frequency]), rate > 0


def _scattered(samples: np.ndarray, params: Params) -> np.ndarray:
    """Return amplitudes (paths, 1 + len(samples) // hop)."""
    frames = 1 + len(samples) // params.hop
    blocks = -(-frames // KEPT)
    padded = np.zeros((blocks * KEPT + 2 * EDGE) * params.hop, dtype=np.float32)
    padded[EDGE * params.hop :][: len(samples)] = samples
    windows = np.lib.stride_tricks.sliding_window_view(padded, BLOCK * params.hop)[:: KEPT * params.hop]
    found = _bank(params.j, params.q).scattering(np.ascontiguousarray(windows))
    rows = found[:, 1:, EDGE:-EDGE]  # (blocks, paths, KEPT) without order 0, the mean of the waveform
    return rows.transpose(1, 0, 2).reshape(rows.shape[1], -1)[:, :frames]


@functools.lru_cache(maxsize=2)
def _bank(j: int, q: int) -> Any:
    """Return kymatio's transform of one block; its filters take half a second to build."""
    transform, _ = _kymatio()
    hop = 2**j
    bank = transform(j, KEPT * hop, (q, 1))
    if len(bank.phi_f["levels"][0]) != BLOCK * hop:
        raise ConfigError(f"kymatio pads blocks differently than features.scattering expects; use version {VERSION}")
    # Blocks include the actual sound on both sides; kymatio would mirror the block instead.
    bank.pad_left = bank.pad_right = 0
    bank.ind_start = dict.fromkeys(bank.ind_start, 0)
    bank.ind_end = {level: BLOCK * hop >> level for level in bank.ind_end}
    for one in (bank.phi_f, *bank.psi1_f, *bank.psi2_f):  # single precision takes half the time
        one["levels"] = [level.astype(np.float32) for level in one["levels"]]
    return bank


@functools.lru_cache(maxsize=8)
def _meta(j: int, q: int) -> np.ndarray:
    """Return (paths, 2): each path's centre frequency and rate, as fractions of the sample rate."""
    _, describe = _kymatio()
    meta = describe(j, (q, 1), 2**j, 2, r_psi=np.sqrt(0.5), sigma0=0.1, alpha=5.0)
    return np.nan_to_num(meta["xi"][meta["order"] > 0])


def _kymatio() -> tuple[Any, Any]:
    """Return the parts of kymatio in use; its top level cannot be imported with a recent scipy."""
    try:
        from kymatio.scattering1d.frontend.numpy_frontend import ScatteringNumPy1D
        from kymatio.scattering1d.utils import compute_meta_scattering
    except ImportError as error:
        raise ConfigError(
            f"the feature 'scattering' needs the package kymatio ({error}): pip install kymatio=={VERSION}"
        ) from None
    return ScatteringNumPy1D, compute_meta_scattering
