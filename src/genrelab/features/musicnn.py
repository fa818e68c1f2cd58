"""The front end of the pretrained tagging nets of musicnn, or, if asked for, what one of them makes of a clip.

Front end (`embedding: ""`): sound at 16 kHz -> 96 Slaney mel bands of the power spectrum (windows of 512 samples, hop
256) -> log10(10000 x + 1). Shape (96, frames); 30 s are 1876 frames, ten patches of 187 (3 s). Levels are absolute: the
nets have been trained so. A narrower spectrogram is followed by 0, of a longer sound the middle is taken.

Embedding (`embedding: MSD_musicnn` and so on): the mean over patches of a net's maxima over time, shape (753,) of
musicnn and (256,) of vgg. It needs the nets' weights, also to classify a sound later; see genrelab.pretrained.weights.

Source: Pons & Serra 2019, "musicnn: pre-trained convolutional neural networks for music audio tagging". Their front end
rounds to half precision on its way, which is not repeated.
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

RATE, N_FFT, HOP, BANDS = 16000, 512, 256, 96  # fixed, as the nets have learnt by them
FOLLOWS_LEVEL = "the pretrained nets have learnt from absolute levels"
SIZES = {"musicnn": 753, "vgg": 256}


class Params(Section):
    """Parameters of the pretrained nets' input."""

    sample_rate: Literal[16000] = 16000  # Hz
    frames: int = Field(1876, ge=1)
    embedding: Literal["", "MSD_musicnn", "MSD_vgg", "MTT_musicnn", "MTT_vgg"] = ""  # of which net; "": none

    @property
    def hop(self) -> int:
        """Samples between frames."""
        return HOP


def shape(params: Params) -> tuple[int, ...]:
    """Return (bands, frames), or (size,) of the embedding."""
    return (SIZES[params.embedding.partition("_")[2]],) if params.embedding else (BANDS, params.frames)


def pad_value(params: Params) -> float:
    """Return the value of padding, which is that of silence."""
    return 0.0


def frequencies(params: Params) -> np.ndarray | None:
    """Return the centre of each mel band in Hz, (96,); of an embedding, None."""
    return None if params.embedding else _mel.centres(BANDS, 0, RATE / 2)


def extract(samples: np.ndarray, params: Params) -> np.ndarray:
    """Return the spectrogram (96, frames) of `samples` (mono, 16 kHz), or the embedding of that: float32."""
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
