"""Nets in memory."""

import weakref

from genrelab import plugins
from genrelab.classifiers import factory, hyperparameters


def built(name: str, shape: tuple[int, int]):
    module = plugins.load("models", name)
    return factory.build(module, hyperparameters.choose(module, {}, shape, 2), shape, 2, seed=0)


def test_a_net_that_nobody_has_any_more_is_gone_once_the_next_model_is_built():
    net = weakref.ref(built("cnn", (32, 32)).net)
    built("svm", (8, 8))
    assert net() is None
