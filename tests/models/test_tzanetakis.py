"""Tzanetakis & Cook's and Li & Tzanetakis's classifiers: which numbers they look at, and what they make of them."""

import numpy as np
import pytest
from model_inputs import CLASSES, part, shape_of
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.preprocessing import StandardScaler

from genrelab import plugins
from genrelab.classifiers import hyperparameters
from genrelab.errors import ModelError
from genrelab.features import timbre
from genrelab.models import _tzanetakis
from genrelab.models._columns import columns_of
from genrelab.models._densities import DensityClassifier

SHAPE = shape_of("tzanetakis_gmm")
GROUPS = _tzanetakis.columns(SHAPE)


def fitted(name: str, **hp):
    module = plugins.load("models", name)
    model = hyperparameters.build(module, hyperparameters.choose(module, hp, SHAPE, CLASSES), SHAPE, CLASSES)
    data = part(SHAPE, 60)
    return model.fit(data.x, data.y)


def moved(x: np.ndarray, columns: list[int]) -> np.ndarray:
    x = x.copy()
    x[:, columns] += np.random.default_rng(9).normal(0, 300, (len(x), len(columns)))
    return x


def test_the_thirty_numbers_are_those_of_the_paper():
    assert {group: len(columns) for group, columns in GROUPS.items()} == {"fft": 9, "mfcc": 10, "beat": 6, "pitch": 5}
    everything = [column for columns in GROUPS.values() for column in columns]
    assert len({*everything}) == 30
    first = columns_of(SHAPE, "timbre", rows=[timbre.DESCRIPTORS.index("centroid")])
    assert GROUPS["fft"][:2] == first[:2]


SETS = {"timbre": ("fft", "mfcc"), "rhythm": ("beat",), "pitch": ("pitch",), "all": tuple(GROUPS)}


@pytest.mark.parametrize("name", ["tzanetakis_gaussian", "tzanetakis_gmm", "tzanetakis_knn"])
@pytest.mark.parametrize("features", SETS)
def test_a_choice_of_features_is_all_that_it_looks_at(name, features):
    model, x = fitted(name, features=features), part(SHAPE, 30, 2).x
    p = model.predict_proba(x)
    used = [column for group in SETS[features] for column in GROUPS[group]]
    rest = sorted({*range(x.shape[1])} - {*used})
    np.testing.assert_array_equal(model.predict_proba(moved(x, rest)), p)
    for group in SETS[features]:
        assert not np.array_equal(model.predict_proba(moved(x, GROUPS[group])), p)


@pytest.mark.parametrize("name", ["li_lda", "li_svm"])
@pytest.mark.parametrize("left_out", GROUPS)
def test_any_group_can_be_left_out(name, left_out):
    x = part(SHAPE, 30, 2).x
    model = fitted(name, **{f"use.{left_out}": False})
    p = model.predict_proba(x)
    np.testing.assert_array_equal(model.predict_proba(moved(x, GROUPS[left_out])), p)
    assert not np.array_equal(fitted(name).predict_proba(moved(x, GROUPS[left_out])), p)


def test_without_any_group_there_is_nothing_to_look_at():
    with pytest.raises(ModelError, match=r"at least one of use\.fft, use\.mfcc, use\.beat, use\.pitch must be true"):
        fitted("li_lda", **{f"use.{group}": False for group in GROUPS})


def test_lda_is_linear_discriminant_analysis_of_the_thirty():
    data, x = part(SHAPE, 60), part(SHAPE, 30, 2).x
    columns = [column for group in GROUPS.values() for column in group]
    scale = StandardScaler().fit(data.x[:, columns])
    lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(scale.transform(data.x[:, columns]), data.y)
    expected = lda.predict_proba(scale.transform(x[:, columns]))
    np.testing.assert_allclose(fitted("li_lda").predict_proba(x), expected, atol=1e-6)


def test_neighbours_give_their_shares():
    p = fitted("tzanetakis_knn", k=4).predict_proba(part(SHAPE, 30, 2).x)
    np.testing.assert_allclose(p * 4, np.round(p * 4))


def two_humps() -> tuple[np.ndarray, np.ndarray]:
    """A class on both sides of another: no single Gaussian tells them apart."""
    rng = np.random.default_rng(0)
    outer = np.concatenate([rng.normal(-4, 0.5, (60, 1)), rng.normal(4, 0.5, (60, 1))])
    return np.concatenate([outer, rng.normal(0, 2.2, (120, 1))]), np.repeat([0, 1], 120)


def test_a_mixture_has_the_humps_that_a_gaussian_has_not():
    X, y = two_humps()
    one = DensityClassifier(1, "diag", 1e-3, random_state=0).fit(X, y)
    two = DensityClassifier(2, "diag", 1e-3, random_state=0).fit(X, y)
    humps = np.array([[-4.0], [4.0]])
    middle = two.predict_proba(np.zeros((1, 1)))[0, 0]
    assert (two.predict_proba(humps)[:, 0] > 0.85).all()
    assert middle < 0.01
    assert one.predict_proba(np.zeros((1, 1)))[0, 0] > 10 * middle


def test_a_gaussian_is_bayess_rule_with_its_means_and_priors():
    X = np.array([[-1.0], [1.0], [-1.0], [1.0], [9.0], [11.0]])
    y = np.array([0, 0, 0, 0, 1, 1])
    found = DensityClassifier(1, "full", 0.0, random_state=0).fit(X, y)
    x, variance = 4.5, 1.0
    densities = np.exp([-((x - 0) ** 2) / 2 / variance, -((x - 10) ** 2) / 2 / variance]) * [4 / 6, 2 / 6]
    np.testing.assert_allclose(found.predict_proba([[x]])[0], densities / densities.sum(), rtol=1e-6)


def test_a_class_of_one_clip_does_no_harm():
    X, y = np.arange(5.0)[:, np.newaxis], np.array([0, 0, 0, 0, 1])
    assert np.isfinite(DensityClassifier(3, "full", 0.1, random_state=0).fit(X, y).predict_proba(X)).all()
