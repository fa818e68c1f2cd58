"""Types for model modules: a model's paper, a model in two stages, and candidates to choose from."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Paper(NamedTuple):
    """One row of the leaderboard of systems.

    `reported` is the figure that the paper gives ("61%"; "not found"), and `data` is what it was measured on.
    `left_open` names what the paper does not specify, `differs` what this implementation does differently. Use plain
    text; "" means nothing.
    """

    cite: str
    reported: str
    data: str
    left_open: str
    differs: str


class Staged(NamedTuple):
    """What `build` returns for a model in two stages: a net, and a pipeline on the outputs of one of its layers.

    `net` is a compiled Keras net that ends in a softmax, `layer` is the name of one of its layers, and `head` is a
    scikit-learn pipeline with predict_proba. The net is trained first; then the head is fitted to the flattened outputs
    of that layer, (clips, size). If `trained` is false, the net is used as it is and may end in anything.
    """

    net: Any
    layer: str
    head: Any
    trained: bool = True


class Candidates(NamedTuple):
    """What `build` returns if validation chooses the model: scikit-learn pipelines by name.

    Each is fitted on train, and the one with the highest accuracy (for tags: mAP) on validation is kept. Ties go to the
    lowest log loss there, then to the first.
    """

    pipelines: Mapping[str, Any]
