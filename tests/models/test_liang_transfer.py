"""What is transferred: frozen embeddings stay, a fine-tuned net moves."""

import numpy as np
import pytest
from model_inputs import part, weights_or_skip

from genrelab import plugins
from genrelab.classifiers import factory, hyperparameters
from genrelab.classifiers.base import FitSettings
from genrelab.config import Training
from genrelab.errors import ModelError

SHAPE = (96, 190)
TRAINING = Training(epochs=1, batch_size=6, early_stopping=0, restore_best=False)


@pytest.fixture(scope="module", autouse=True)
def weights():
    weights_or_skip()


def built(shape=SHAPE, **hp):
    module = plugins.load("models", "liang_transfer")
    return factory.build(module, hyperparameters.choose(module, hp, shape, 3), shape, 3, seed=0)


def fitted(state, shape=SHAPE, **hp):
    net, epochs = built(shape, **hp), []
    net.fit(part(shape, 6), part(shape, 3, 1), FitSettings(TRAINING, 0, state, epochs.append))
    return net, epochs


def variables(net):
    return {variable.path: np.asarray(variable) for variable in net.variables}


def test_frozen_embeddings_do_not_change_in_training(tmp_path):
    net = built()
    before = variables(net.below.net)
    net.fit(part(SHAPE, 6), part(SHAPE, 3, 1), FitSettings(TRAINING, seed=0, state=tmp_path))
    for path, value in variables(net.below.net).items():
        np.testing.assert_array_equal(value, before[path])


def test_fine_tuning_moves_the_pretrained_weights_and_starts_from_them(tmp_path):
    net = built(head="finetune")
    kernel = next(variable for variable in net.net.trainable_variables if variable.path.endswith("conv2d/kernel"))
    before = np.asarray(kernel).copy()
    frozen = built()
    np.testing.assert_array_equal(
        before, next(np.asarray(v) for v in frozen.below.net.variables if v.path.endswith("conv2d/kernel"))
    )
    net.fit(part(SHAPE, 3), part(SHAPE, 3, 1), FitSettings(TRAINING, seed=0, state=tmp_path))
    assert not np.array_equal(np.asarray(kernel), before)


def test_each_pretrained_net_and_each_head_is_another_classifier(tmp_path):
    x = part(SHAPE, 3, 2).x
    settings = [{}, {"weights": "MTT"}, {"net": "vgg"}, {"head": "knn"}]
    found = [fitted(tmp_path / str(i), **hp)[0].predict_proba(x) for i, hp in enumerate(settings)]
    for i, one in enumerate(found):
        assert all(not np.allclose(one, other, atol=1e-3) for other in found[:i])


def test_embeddings_that_are_features_have_heads_alone(tmp_path):
    net, _ = fitted(tmp_path, (753,))
    assert net.predict_proba(part((753,), 5, 2).x).shape == (5, 3)
    with pytest.raises(ModelError, match="embeddings cannot be fine-tuned"):
        built((753,), head="finetune")
