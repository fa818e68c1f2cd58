"""Every model of the catalog takes a task of several labels a clip, or says in one line that it does not."""

import numpy as np
import pytest
from model_inputs import CLASSES, part, shape_of

from genrelab import plugins
from genrelab.classifiers import factory, hyperparameters
from genrelab.classifiers.base import FitSettings
from genrelab.classifiers.factory import Examples
from genrelab.classifiers.nets import KerasClassifier
from genrelab.classifiers.stages import StagedClassifier
from genrelab.classifiers.tagger import TaggingNet
from genrelab.errors import ModelError
from genrelab.layers.keras_backend import keras
from genrelab.models import Staged
from genrelab.testing.models import TRAINING

FEW = {"trees": 100}  # as few as may be: of a forest for each tag


def built(name: str, module=None):
    module, shape = module or plugins.load("models", name), shape_of(name)
    known = hyperparameters.declared(module, shape, CLASSES)
    few = {key: value for key, value in FEW.items() if key in known}
    hp = hyperparameters.choose(module, few, shape, CLASSES)
    return factory.build(module, hp, shape, CLASSES, seed=0, multilabel=True)


def tagged(shape, n: int, seed: int) -> Examples:
    """Clips with tags that are easy to tell: the second goes with the first, no clip has the third."""
    clips = part(shape, n, seed)
    return clips._replace(y=np.stack([clips.y > 0, clips.y > 1, clips.y < 0], axis=1).astype(np.int64))


def fit(net, shape, state):
    epochs = []
    net.fit(tagged(shape, 12, 0), tagged(shape, 6, 1), FitSettings(TRAINING, 0, state, epochs.append))
    return epochs


def heads(net) -> list[str]:
    return [keras.activations.serialize(layer.activation) for layer in net.layers if hasattr(layer, "activation")]


@pytest.mark.parametrize("name", plugins.names("models"))
def test_every_model_takes_tags(name, tmp_path):
    classifier, shape = built(name), shape_of(name)
    if isinstance(classifier, KerasClassifier):  # which all are fitted, saved and loaded as the CNN below is
        assert isinstance(classifier, TaggingNet)
        net = classifier.net
        assert heads(net)[-1] == "sigmoid"
        assert "softmax" not in heads(net)
        assert isinstance(net.loss, keras.losses.BinaryCrossentropy)
        return
    if isinstance(classifier, StagedClassifier) and classifier.whole:
        assert "softmax" not in heads(classifier.whole.net)
        classifier.whole = None  # what a net of two stages learns is no other than what nets learn
    fit(classifier, shape, tmp_path / "fit")
    kept_when_saved(classifier, tagged(shape, 5, 2).x, tmp_path / "saved")


def kept_when_saved(classifier, x, folder):
    p = classifier.predict_proba(x)
    assert p.shape == (5, CLASSES)
    assert ((p >= 0) & (p <= 1)).all()
    folder.mkdir()
    classifier.save(folder)
    np.testing.assert_allclose(factory.load(folder).predict_proba(x), p, atol=1e-6)
    return p


def test_a_net_is_fitted_saved_and_loaded(tmp_path):
    classifier, shape = built("cnn"), shape_of("cnn")
    (epoch,) = fit(classifier, shape, tmp_path / "fit")
    assert set(epoch.metrics) == {"train_loss", "train_pr_auc", "valid_loss", "valid_pr_auc"}
    x = tagged(shape, 5, 2).x
    p = kept_when_saved(classifier, x, tmp_path / "saved")
    assert not np.allclose(p.sum(axis=1), 1, atol=1e-3)
    np.testing.assert_allclose(classifier.answer(x)[0], p, atol=1e-5)


def test_of_one_label_nothing_is_changed():
    module, shape = plugins.load("models", "cnn"), shape_of("cnn")
    hp = hyperparameters.choose(module, {}, shape, CLASSES)
    net = factory.build(module, hp, shape, CLASSES, seed=0)
    assert type(net) is KerasClassifier
    assert heads(net.net)[-1] == "softmax"


class Linear:
    """A net that ends in no softmax."""

    __name__ = "genrelab.models.linear"

    @staticmethod
    def build(hp, input_shape, n_classes):
        hp.Int("units", 1, 2, default=1)
        inputs = keras.Input((*input_shape, 1))
        outputs = keras.layers.Dense(n_classes)(keras.layers.Flatten()(inputs))
        net = keras.Model(inputs, outputs)
        net.compile("adam", "mse")
        return net


def test_a_net_without_a_softmax_is_refused_in_one_line():
    with pytest.raises(ModelError, match=r"model 'linear' does not support tasks with several labels") as caught:
        built("cnn", Linear())
    assert "\n" not in str(caught.value)


def test_a_stage_that_is_not_trained_keeps_its_net():
    inputs = keras.Input((4,))
    net = keras.Model(inputs, keras.layers.Dense(2, activation="softmax", name="last")(inputs))
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline

    from genrelab.classifiers.tagger import tagging

    staged = Staged(net, "last", Pipeline([("regression", LogisticRegression())]), trained=False)
    assert heads(tagging(staged, "x").net) == ["softmax"]
