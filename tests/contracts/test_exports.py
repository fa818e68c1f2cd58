"""Every net of the catalog as a file: it answers as the net does, or says in a line why it cannot be written."""

import numpy as np
import pytest
from model_inputs import CLASSES, part, shape_of

from genrelab import plugins
from genrelab.classifiers import factory, hyperparameters
from genrelab.classifiers.saved_model import SavedModel
from genrelab.errors import ModelError
from genrelab.features._base import Feature
from genrelab.inference import export, portable
from genrelab.layers.keras_backend import keras

NETS = [
    name
    for name in plugins.names("models")
    if plugins.load("models", name).build.__annotations__["return"] is keras.Model
]
# What the formats have no operations for.
IMPOSSIBLE = {("wu_indrnn", "onnx")}


def saved(name, shape=None):
    """A net of the catalog at its first weights, its bands standardised, as training would have saved it."""
    module, shape = plugins.load("models", name), shape or shape_of(name)
    classifier = factory.build(module, hyperparameters.choose(module, {}, shape, CLASSES), shape, CLASSES, seed=0)
    if isinstance(getattr(classifier, "net", None), keras.Model):
        for layer in classifier.net.layers:
            if isinstance(layer, keras.layers.Normalization):
                layer.adapt(part(shape, 8, 1).x[..., np.newaxis])
    kind = module.FEATURES[0]
    feature = Feature({kind: plugins.load("features", kind).Params()})
    about = {"model": name, "dataset": "made", "task": "genre", "classes": ["a", "b", "c"][:CLASSES]}
    return SavedModel(about | {"feature": kind, "feature_params": feature.dump()}, classifier, feature)


@pytest.mark.parametrize("format", export.FORMATS)
@pytest.mark.parametrize("name", NETS)
def test_a_net_answers_the_same_as_a_file_or_says_why_it_is_none(name, format, tmp_path):
    model = saved(name)
    model.classifier.temperature = 1.7
    x, path = part(shape_of(name), 3, 2).x, tmp_path / f"net{export.FORMATS[format].SUFFIX}"
    net = portable.of(model)
    if (name, format) in IMPOSSIBLE:
        with pytest.raises(ModelError, match=f"{name} cannot be written as {format}: ") as caught:
            export.checked(net, format, path, portable.inputs(model, x))
        assert "\n" not in str(caught.value)
        return
    assert export.checked(net, format, path, portable.inputs(model, x)) < 1e-5
    found = export.FORMATS[format].load(path)(portable.inputs(model, x))
    np.testing.assert_allclose(found, model.classifier.predict_proba(x), atol=1e-5)
