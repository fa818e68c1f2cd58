"""Multi-label models made from single-label ones: each tag is predicted independently.

A net's softmax becomes a sigmoid per tag, fitted with binary cross-entropy; a pipeline's last estimator becomes one
per tag against the rest. Everything below stays the model's own, so no model needs to know about such tasks.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from genrelab.classifiers.nets import KerasClassifier
from genrelab.errors import ModelError
from genrelab.models import Candidates, Staged

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


class TaggingNet(KerasClassifier):
    """A compiled Keras net in which every output is a tag's own probability."""

    FILE = "tagger.keras"

    @staticmethod
    def probabilities(outputs: np.ndarray) -> np.ndarray:
        """Return sigmoid outputs in double precision, otherwise unchanged."""
        return outputs.astype(np.float64)


def tagging(model: Any, name: str) -> Any:
    """Convert the result of a model's `build` to predict each tag independently; `name` is the model's.

    Raises ModelError for a net without a softmax.
    """
    from genrelab.layers.keras_backend import keras

    if isinstance(model, keras.Model):
        return _with_sigmoids(model, name)
    if isinstance(model, Staged):
        net = _with_sigmoids(model.net, name) if model.trained else model.net
        return model._replace(net=net, head=_one_vs_rest(model.head))
    if isinstance(model, Candidates):
        return Candidates({key: _one_vs_rest(pipeline) for key, pipeline in model.pipelines.items()})
    return _one_vs_rest(model)


def _with_sigmoids(net: Any, name: str) -> Any:
    """Return a compiled net with sigmoids in place of its softmax, which is in its last layer or one near it."""
    from genrelab.layers.keras_backend import keras

    heads = [
        layer
        for layer in net.layers
        if getattr(layer, "activation", None) is keras.activations.softmax
        and layer.output.shape[-1] == net.output_shape[-1]
    ]
    if not heads:
        raise ModelError(
            f"model '{name}' does not support tasks with several labels per clip: its net has no softmax layer"
        )
    for layer in heads:
        layer.activation = keras.activations.sigmoid  # a graph calls its layers again: nothing has been traced yet
    net.compile(
        net.optimizer,
        keras.losses.BinaryCrossentropy(label_smoothing=getattr(net.loss, "label_smoothing", 0.0)),
        metrics=[keras.metrics.AUC(curve="PR", multi_label=True, num_labels=net.output_shape[-1], name="pr_auc")],
    )
    return net


def _one_vs_rest(pipeline: Any) -> "Pipeline":
    from sklearn.pipeline import Pipeline

    from genrelab.models._one_vs_rest import OneVsRest

    *below, (name, estimator) = pipeline.steps
    return Pipeline([*below, (name, OneVsRest(estimator))])
