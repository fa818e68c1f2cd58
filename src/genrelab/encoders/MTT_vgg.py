"""The vgg net of MagnaTagATune: five square convolutions, each followed by maxima.

It was trained to name the 50 tags that players of a game gave most often, in patches of 3 s.

Layers: `pool3` and `pool4`, the means over their places; `pool5`, the last maxima; and the probabilities of the `tags`.

Source: Pons & Serra 2019, "musicnn: pre-trained convolutional neural networks for music audio tagging".
"""

from pathlib import Path

import numpy as np

from genrelab.encoders import _musicnn
from genrelab.encoders._musicnn import PATCH_SECONDS, SOURCE
from genrelab.pretrained import weights

__all__ = ["SOURCE"]

NET = "MTT_vgg"
LICENCE = "ISC"
SHA256 = weights.NETS[NET]
SAMPLE_RATE = 16000
FRAME_SECONDS = PATCH_SECONDS
DEFAULT_LAYERS = ("pool5",)  # what transfer is reported with


def at_hand(path: Path | None) -> str:
    """Fetch the weights if they are not here, and return the SHA-256 of their arrays."""
    weights.weights(NET)
    return SHA256


def layers(path: Path | None) -> dict[str, int]:
    """Return the layers from input to output, each with the numbers in one of its vectors."""
    return _musicnn.VGG


def encode(samples: np.ndarray, path: Path | None) -> dict[str, np.ndarray]:
    """Return each layer's vectors of mono samples at 16 kHz, one for each 3 s: float32 (patches, numbers)."""
    return _musicnn.encode(NET, samples)
