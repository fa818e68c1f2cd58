"""Shared by the four musicnn nets: their front end, their layers, and patches of 3 s as frames."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from genrelab.features import musicnn as front
from genrelab.pretrained import weights

PATCH = 187  # frames of the spectrogram
LICENCE = "ISC"
SAMPLE_RATE = front.RATE  # Hz
PATCH_SECONDS = PATCH * front.HOP / front.RATE
BATCH = 16  # patches at a time: 48 s of sound
MUSICNN = {"max": 753, "mean": 753, "penultimate": 200, "tags": 50}
VGG = {"pool3": 128, "pool4": 128, "pool5": 256, "tags": 50}
SOURCE = "the wheel of musicnn 0.1.0, downloaded with pip on first use; leave features.embeddings.path empty"


class Functions(NamedTuple):
    """The functions of an encoder's module, for a net whose weights are downloaded; `path` is unused here."""

    at_hand: Callable[[Path | None], str]  # downloads the weights if they are missing, and returns their SHA-256
    layers: Callable[[Path | None], dict[str, int]]  # from input to output, with the length of the vectors
    encode: Callable[[np.ndarray, Path | None], dict[str, np.ndarray]]  # as `encode` below


def functions(net: str, sizes: dict[str, int]) -> Functions:
    """Return the functions of an encoder's module for one of the four nets, whose layers have these sizes."""

    def at_hand(path: Path | None) -> str:
        weights.weights(net)
        return weights.NETS[net]

    return Functions(at_hand, lambda path: sizes, lambda samples, path: encode(net, samples))


def encode(net: str, samples: np.ndarray) -> dict[str, np.ndarray]:
    """Return each layer's vectors for mono samples at 16 kHz, one per patch of 3 s: float32 (patches, numbers).

    Frames at the end that do not fill a patch are dropped; a shorter sound is one patch, padded with 0.
    """
    spectrogram = front.log_mel(samples).T  # (frames, bands)
    count = max(1, len(spectrogram) // PATCH)
    spectrogram = np.pad(spectrogram, [(0, max(0, PATCH - len(spectrogram))), (0, 0)])[: count * PATCH]
    patches = spectrogram.reshape(count, PATCH, front.BANDS, 1)
    parts = [_net(net).predict_on_batch(patches[start : start + BATCH]) for start in range(0, count, BATCH)]
    return {layer: np.concatenate([np.asarray(part[layer]) for part in parts]) for layer in parts[0]}


@functools.cache
def _net(name: str) -> Any:
    from genrelab.pretrained.musicnn import patch_layers

    return patch_layers(name)
