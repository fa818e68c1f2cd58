"""Every net of the catalog as a file: it answers as the net does, or says in a line why it cannot be written."""

import dataclasses
import json
import zipfile

import numpy as np
import onnxruntime
import pytest
from model_inputs import CLASSES, part, shape_of

from genrelab import plugins
from genrelab.classifiers import factory, hyperparameters
from genrelab.classifiers.saved_model import SavedModel
from genrelab.classifiers.slice_voting import Sliced
from genrelab.classifiers.slicing import Slicing
from genrelab.errors import ConfigError, ModelError
from genrelab.features._base import Feature
from genrelab.inference import export, onnx_file, portable, tflite_file
from genrelab.layers import precision
from genrelab.layers.keras_backend import keras
from genrelab.metrics import calibration

NETS = [
    name
    for name in plugins.names("models")
    if plugins.load("models", name).build.__annotations__["return"] is keras.Model
]
SHORT = ("cnn", "wu_indrnn")  # whose files are written and read by `make test`, those of the others at night
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
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in SHORT else [pytest.mark.long]) for name in NETS]
)
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


def test_a_file_holds_what_is_needed_to_feed_it(tmp_path):
    net = portable.of(saved("cnn"))
    onnx_file.write(net, tmp_path / "net.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    tflite_file.write(net, tmp_path / "net.tflite")
    for text in (
        session.get_modelmeta().custom_metadata_map["genrelab"],
        zipfile.ZipFile(tmp_path / "net.tflite").read("genrelab.json"),
    ):
        about = json.loads(text)
        assert about["classes"] == ["a", "b", "c"][:CLASSES]
        assert about["input"] == [None, *shape_of("cnn"), 1]
        assert (about["feature"], about["feature_params"]["sample_rate"], about["pad_value"]) == ("mel", 22050, -80)
        assert about["slices"] is None


def test_a_net_of_slices_takes_slices_and_says_how_their_answers_are_put_together(tmp_path):
    model = saved("cnn")
    sliced = Sliced(model.classifier, Slicing(64, 32, "mean", -80.0))
    sliced.temperature = 1.4
    model = dataclasses.replace(model, classifier=sliced)
    x = np.concatenate([part(shape_of("cnn"), 2, 2).x, part(shape_of("cnn"), 2, 3).x], axis=2)
    net, slices = portable.of(model), portable.inputs(model, x)
    assert slices.shape == (6, *shape_of("cnn"), 1)
    export.checked(net, "tflite", tmp_path / "net.tflite", slices)
    said = tflite_file.load(tmp_path / "net.tflite")(slices).reshape(2, 3, -1).mean(axis=1)
    about = net.metadata["slices"]
    assert (about["width"], about["hop"], about["vote"], about["temperature"]) == (64, 32, "mean", 1.4)
    np.testing.assert_allclose(
        calibration.apply(said, about["temperature"]), model.classifier.predict_proba(x), atol=1e-5
    )


def test_a_net_that_was_trained_in_bfloat16_is_a_file_in_float32(tmp_path):
    model, x = saved("cnn"), part(shape_of("cnn"), 3, 2).x[..., None]
    precision.apply(model.classifier.net, "bfloat16")
    net = portable.of(model)
    assert export.checked(net, "onnx", tmp_path / "net.onnx", x) < 1e-5
    np.testing.assert_allclose(net.net.predict_on_batch(x), saved("cnn").classifier.predict_proba(x[..., 0]), atol=1e-5)


@pytest.mark.parametrize("name", ["svm", "deepak_lstm_svm"])
def test_what_is_no_net_by_itself_is_not_exported(name):
    with pytest.raises(ModelError, match=f"{name} is not exported: only single Keras nets can be"):
        portable.of(saved(name))


def test_a_file_that_answers_otherwise_is_refused(tmp_path, monkeypatch):
    net = portable.of(saved("cnn"))
    monkeypatch.setattr(export, "TOLERANCE", -1.0)
    with pytest.raises(ModelError, match=r"as onnx its probabilities differ by up to .*, more than -1"):
        export.checked(net, "onnx", tmp_path / "net.onnx", part(shape_of("cnn"), 3, 2).x[..., None])


def test_a_wrong_format_or_file_is_said_before_anything_is_loaded():
    for arguments, named in (
        (("pickle", ""), "format must be onnx or tflite, got 'pickle'"),
        (("onnx", "net.tflite"), "must end in .onnx"),
        (("tflite", "none/net.tflite"), "does the folder .* exist"),
    ):
        with pytest.raises(ConfigError, match=named):
            export.export(None, "models:/none/1", *arguments)
