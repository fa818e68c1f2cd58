"""What a model's module declares besides `build`: its paper, a model in two stages, and one that is chosen."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Paper(NamedTuple):
    """One row of the leaderboard of systems.

    `reported` is the figure as the paper gives it ("61%"; "not found"), `data` what it was measured on; `left_open`
    says what the paper does not, `differs` what is done otherwise here. Texts are in plain words; "" is nothing.
    """

    cite: str
    reported: str
    data: str
    left_open: str
    differs: str


class Staged(NamedTuple):
    """What `build` of a model in two stages returns: a net, and a pipeline on what one of its layers makes of a clip.

    `net` is a compiled Keras net that ends in a softmax, `layer` the name of one of its layers, and `head` a
    scikit-learn pipeline with predict_proba, which is fitted to that layer's outputs, flattened: (clips, size). The net
    is trained before; with `trained` false it is used as it is, and may end in anything.
    """

    net: Any
    layer: str
    head: Any
    trained: bool = True


class Candidates(NamedTuple):
    """What `build` of a model returns that is chosen on the validation part: scikit-learn pipelines by name.

    Each is fitted on the training part; the one kept has the highest accuracy on validation, of several the one with
    the lowest log loss there, of several still the first.
    """

    pipelines: Mapping[str, Any]
