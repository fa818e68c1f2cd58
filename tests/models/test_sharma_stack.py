"""Sharma et al.'s sum rule: the probabilities are exactly the mean of the tree's, the relevance vectors', the SVM's."""

import math

import numpy as np
import pytest

from genrelab import plugins
from genrelab.classifiers import factory
from genrelab.classifiers.base import FitSettings
from genrelab.classifiers.factory import Examples
from genrelab.config import Training
from genrelab.features import rhythm, timbre
from genrelab.layers.keras_backend import keras_tuner
from genrelab.models import sharma_stack
from genrelab.models._columns import columns_of

TRAINING = Training(epochs=1, batch_size=8, early_stopping=0, restore_best=False)
KINDS = sharma_stack.FEATURES[0].split("+")
SHAPES = {kind: (module := plugins.load("features", kind)).shape(module.Params()) for kind in KINDS}
USED = sorted(
    columns_of(SHAPES, "timbre", [timbre.DESCRIPTORS.index(name) for name in sharma_stack.USED])
    + columns_of(SHAPES, "rhythm", rhythm.RHYTHM_HISTOGRAM)
    + columns_of(SHAPES, "ssd")
)
CLASSES = 3


def clips(n: int = 60, seed: int = 0) -> Examples:
    """Three classes, which differ in all features, but overlap."""
    rng, y = np.random.default_rng(seed), np.arange(n) % CLASSES
    x = rng.normal(0, 1, (n, sum(map(math.prod, SHAPES.values())))).astype(np.float32)
    x[:, USED[::5]] += y[:, np.newaxis]
    return Examples(x, y)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    net = factory.build(sharma_stack, keras_tuner.HyperParameters(), SHAPES, CLASSES, seed=0)
    net.fit(clips(), clips(), FitSettings(TRAINING, seed=0, state=tmp_path_factory.mktemp("fit")))
    return net


def test_probabilities_are_the_mean_of_a_trees_a_relevance_vector_machines_and_an_svms(fitted):
    x = clips(seed=1).x
    members = fitted.pipeline[-1].named_estimators_
    kinds = [type(getattr(member, "estimator", member)).__name__ for member in members.values()]
    assert kinds == ["DecisionTreeClassifier", "RelevanceVectorClassifier", "PairwiseSVC"]
    seen = fitted.pipeline[:-1].transform(x)
    each = np.stack([member.predict_proba(seen) for member in members.values()])
    np.testing.assert_allclose(fitted.predict_proba(x), each.mean(axis=0), atol=1e-12)
    assert all(np.abs(one - other).max() > 0.05 for one, other in zip(each, np.roll(each, 1, axis=0), strict=True))


def test_the_sum_is_good(fitted):
    part = clips(seed=1)
    assert np.mean(fitted.predict_proba(part.x).argmax(axis=1) == part.y) > 0.85


def test_it_looks_at_its_columns_alone(fitted):
    x = clips(seed=1).x
    rest = sorted(set(range(x.shape[1])) - set(USED))
    assert rest
    changed = x.copy()
    changed[:, rest] += 10
    np.testing.assert_array_equal(fitted.predict_proba(changed), fitted.predict_proba(x))
    for kind in KINDS:
        columns = sorted(set(columns_of(SHAPES, kind)) & set(USED))
        changed = x.copy()
        changed[:, columns] += 2
        assert not np.allclose(fitted.predict_proba(changed), fitted.predict_proba(x)), kind


def test_each_members_settings_matter():
    probabilities, part = {}, clips()
    for values in ({}, {"tree.depth": 2}, {"rvm.width": 0.5}, {"svm.c": 0.1}):
        hp = keras_tuner.HyperParameters()
        hp.values.update(values)
        pipeline = sharma_stack.build(hp, SHAPES, CLASSES)
        pipeline.set_params(sum__tree__estimator__random_state=0)
        probabilities[str(values)] = pipeline.fit(part.x, part.y).predict_proba(clips(seed=1).x)
    first, *others = probabilities.values()
    assert all(np.abs(other - first).max() > 1e-3 for other in others)
