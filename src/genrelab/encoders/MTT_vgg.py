"""The vgg net of MagnaTagATune: five square convolutions, each followed by maxima.

It was trained to name the 50 tags that players of a game gave most often, in patches of 3 s.

Layers: `pool3` and `pool4`, the means over their places; `pool5`, the last maxima; and the probabilities of the `tags`.

Source: Pons & Serra 2019, "musicnn: pre-trained convolutional neural networks for music audio tagging".
"""

from genrelab.encoders import _musicnn
from genrelab.encoders._musicnn import LICENCE, SAMPLE_RATE, SOURCE
from genrelab.encoders._musicnn import PATCH_SECONDS as FRAME_SECONDS
from genrelab.pretrained import weights

__all__ = ["FRAME_SECONDS", "LICENCE", "SAMPLE_RATE", "SOURCE"]

SHA256 = weights.NETS["MTT_vgg"]
DEFAULT_LAYERS = ("pool5",)  # what transfer is reported with
at_hand, layers, encode = _musicnn.functions("MTT_vgg", _musicnn.VGG)
