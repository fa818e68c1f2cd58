"""The vgg net trained on the Million Song Dataset: five square convolutions, each followed by max-pooling.

It was trained to predict the 50 tags that listeners gave most often, in patches of 3 s.

Layers: `pool3` and `pool4`, averaged over positions; `pool5`, the last max-pooling; and the probabilities of the
`tags`.

Source: Pons & Serra 2019, "musicnn: pre-trained convolutional neural networks for music audio tagging".
"""

from genrelab.encoders import _musicnn
from genrelab.encoders._musicnn import LICENCE, SAMPLE_RATE, SOURCE
from genrelab.encoders._musicnn import PATCH_SECONDS as FRAME_SECONDS
from genrelab.pretrained import weights

__all__ = ["FRAME_SECONDS", "LICENCE", "SAMPLE_RATE", "SOURCE"]

SHA256 = weights.NETS["MSD_vgg"]
DEFAULT_LAYERS = ("pool5",)  # the layer of published transfer results
at_hand, layers, encode = _musicnn.functions("MSD_vgg", _musicnn.VGG)
