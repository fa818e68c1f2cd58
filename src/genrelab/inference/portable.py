"""The exported part of a saved model: its net, with the metadata needed to use it elsewhere.

The net takes features as in a corpus's feature store, float32 (clips, *feature shape, 1), and returns probabilities,
(clips, classes), at the model's temperature. The net of a sliced model takes slices; its metadata says how to
combine the slices' answers, and the temperature of the result.
"""

import dataclasses
import json
from typing import Any, NamedTuple

import genrelab
from genrelab.classifiers.base import Classifier
from genrelab.classifiers.nets import KerasClassifier
from genrelab.classifiers.saved_model import SavedModel
from genrelab.classifiers.slice_voting import Sliced
from genrelab.data.streamed import Array
from genrelab.errors import ModelError

LEAST = 1e-37  # lower bound of a probability before its logarithm: the smallest float32, with room to spare


class Portable(NamedTuple):
    """A Keras net without any genrelab code around it, and the metadata stored with it in the file."""

    net: Any
    metadata: dict[str, Any]

    @property
    def text(self) -> str:
        """The metadata as JSON."""
        return json.dumps(self.metadata, ensure_ascii=False)


def of(model: SavedModel) -> Portable:
    """Return the net of a saved model; raise ModelError, which says why, if the model is not a net."""
    from genrelab.layers.keras_backend import keras

    classifier: Classifier = model.classifier
    temperature, slices = classifier.temperature, None
    if isinstance(classifier, Sliced):
        slices = dataclasses.asdict(classifier.slicing) | {"temperature": temperature}
        classifier = classifier.inner
        temperature = classifier.temperature
    if not isinstance(classifier, KerasClassifier):
        raise ModelError(
            f"{model.about['model']} is not exported: only single Keras nets can be, not scikit-learn pipelines "
            "or ensembles; serve it instead (docs/serving.md)"
        )
    net = classifier.net
    net.trainable = False
    for layer in net._flatten_layers(include_self=False):
        layer.dtype_policy = "float32"  # some nets were trained in bfloat16, which not every runtime has
        if isinstance(layer, keras.layers.Normalization):  # arrays become constants of the file's graph
            layer.mean, layer.variance = map(keras.ops.convert_to_numpy, (layer.mean, layer.variance))
    features = keras.Input(net.input_shape[1:], name="features")
    probabilities = net(features)
    if temperature != 1:
        probabilities = keras.ops.softmax(keras.ops.log(keras.ops.maximum(probabilities, LEAST)) / temperature)
    about = model.about
    metadata = {
        "genrelab": genrelab.__version__,
        **{key: about[key] for key in ("model", "dataset", "task", "classes", "feature", "feature_params")},
        "input": list(net.input_shape),
        "pad_value": model.feature.pad_value,
        "window_seconds": about.get("window_seconds"),
        "thresholds": about.get("thresholds"),
        "slices": slices,
    }
    return Portable(keras.Model(features, probabilities), metadata)


def inputs(model: SavedModel, x: Array) -> Any:
    """Return the exported net's input for features (clips, *feature shape): float32 (clips or slices, ..., 1)."""
    if isinstance(model.classifier, Sliced):
        x = model.classifier.slicing.cut(x)[0]
    return x[:][..., None]
