"""A model in two stages: a net, and a scikit-learn pipeline on what one of the net's layers makes of a clip."""

from typing import Any, NamedTuple


class Staged(NamedTuple):
    """What `build` of such a model returns.

    `net` is a compiled Keras net that ends in a softmax, `layer` the name of one of its layers, and `head` a
    scikit-learn pipeline with predict_proba, which is fitted to that layer's outputs, flattened: (clips, size). The net
    is trained before; with `trained` false it is used as it is, and may end in anything.
    """

    net: Any
    layer: str
    head: Any
    trained: bool = True
