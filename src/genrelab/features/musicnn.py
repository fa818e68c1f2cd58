"""The front end of musicnn's pretrained tagging nets or, on request, the embedding that one of them computes.

Front end (`embedding: ""`): sound at 16 kHz -> 96 Slaney mel bands of the power spectrum (windows of 512 samples, hop
256) -> log10(10000 x + 1). Shape (96, frames); 30 s give 1876 frames, ten patches of 187 (3 s). Levels are absolute, as
the nets were trained that way. A narrower spectrogram is padded with 0; a longer sound is cropped to its middle.

Embedding (`embedding: MSD_musicnn` and so on): the mean over patches of a net's maxima over time, shape (753,) for
musicnn and (256,) for vgg. It needs the nets' weights, also to classify a sound later; see genrelab.pretrained.weights.

Source: Pons & Serra 2019, "musicnn: pre-trained convolutional neural networks for music audio tagging". Their front end
rounds to half precision on the way; this one does not.
"""

import functools
from typing import Any, Literal

import numpy as np
from pydantic import Field

from genrelab.config import Section
from genrelab.features import _fourier, _mel
from genrelab.features._time import frame_rate, seconds
from genrelab.features._width import middle, widen

__all__ = ["Params", "extract", "frame_rate", "frequencies", "pad_value", "seconds", "shape"]

RATE, N_FFT, HOP, BANDS = 16000, 512, 256, 96  # fixed, as the nets were trained with them
FOLLOWS_LEVEL = "the pretrained nets were trained on absolute levels"
SIZES = {"musicnn": 753, "vgg": 256}


class Params(Section):
    """Parameters of the pretrained nets' input."""

    sample_rate: Literal[16000] = 16000  # Hz
    frames: int = Field(1876, ge=1)
    embedding: Literal["", "MSD_musicnn", "MSD_vgg", "MTT_musicnn", "MTT_vgg"] = ""  # the net; "": none

    @property
    def hop(self) -> int:
        """Samples between frames."""
        return HOP


def shape(params: Params) -> tuple[int, ...]:
    """Return (bands, frames), or (size,) for an embedding."""
    return (SIZES[params.embedding.partition("_")[2]],) if params.embedding else (BANDS, params.frames)


def pad_value(params: Params) -> float:
    """Return the padding value, which is that of silence."""
    return 0.0


def frequencies(params: Params) -> np.ndarray | None:
    """Return the centre of each mel band in Hz, (96,); None for an embedding."""
    return None if params.embedding else _mel.centres(BANDS, 0, RATE / 2)


def extract(samples: np.ndarray, params: Params) -> np.ndarray:
    """Return the spectrogram (96, frames) of `samples` (mono, 16 kHz), or its embedding: float32."""
    front = widen(log_mel(middle(samples, HOP, params.frames)), params.frames, 0.0)
    if not params.embedding:
        return front
    return np.asarray(_net(params.embedding, params.frames).predict_on_batch(front[np.newaxis, ..., np.newaxis]))[0]


def log_mel(samples: np.ndarray) -> np.ndarray:
    """Return the spectrogram of all of `samples` (mono, 16 kHz): float32 (96, frames)."""
    power = _fourier.mel_power(samples, RATE, n_fft=N_FFT, hop=HOP, n_mels=BANDS)
    return np.log10(10000 * power + 1)


@functools.cache
def _net(name: str, frames: int) -> Any:
    from genrelab.pretrained.musicnn import embedder

    return embedder(name, BANDS, frames)
