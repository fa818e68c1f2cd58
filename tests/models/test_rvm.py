"""The relevance vector machine: sparse, about as good as an SVM, its probabilities near the true ones."""

import numpy as np
import pytest
import skops.io
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.base import clone
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.svm import SVC

from genrelab.models import _rvm
from genrelab.models._rvm import RelevanceVectorClassifier

BUMPS = {0: ((-0.3, 0.7), (0.3, 0.3)), 1: ((-0.7, 0.3), (0.4, 0.7))}  # two a class, as in Ripley's data
SPREAD = 0.03**0.5


def ripley(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Clips of two classes, each with two bumps in a plane; the best possible error is about 8 %."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    bump = rng.integers(0, 2, n)
    centres = np.array([BUMPS[label][b] for label, b in zip(y, bump, strict=True)])
    return centres + rng.normal(0, SPREAD, (n, 2)), y


def bayes(x: np.ndarray) -> np.ndarray:
    """Return the probability of class 1."""
    density = [
        sum(np.exp(-((x - np.array(centre)) ** 2).sum(axis=1) / (2 * SPREAD**2)) for centre in BUMPS[label])
        for label in (0, 1)
    ]
    return density[1] / (density[0] + density[1])


@pytest.fixture(scope="module")
def fitted():
    return RelevanceVectorClassifier().fit(*ripley(250, 0))


def test_it_has_far_fewer_vectors_than_an_svm_and_a_like_error(fitted):
    x, y = ripley(2000, 1)
    svm = SVC(C=1.0, gamma=fitted.gamma_).fit(*ripley(250, 0))
    assert 2 <= len(fitted.relevance_vectors_) <= 12
    assert len(fitted.relevance_vectors_) < len(svm.support_vectors_) / 5
    error, other, best = (np.mean(p != y) for p in (fitted.predict(x), svm.predict(x), bayes(x) > 0.5))
    assert error < other + 0.02
    assert error < best + 0.03


def test_its_relevance_vectors_are_training_clips(fitted):
    clips = {row.tobytes() for row in ripley(250, 0)[0]}
    assert all(row.tobytes() in clips for row in fitted.relevance_vectors_)


def test_its_probabilities_are_near_the_true_ones(fitted):
    x, _ = ripley(2000, 2)
    assert np.abs(fitted.predict_proba(x)[:, 1] - bayes(x)).mean() < 0.06


def test_in_one_dimension_its_probability_is_the_posterior_of_two_normal_classes():
    rng = np.random.default_rng(0)
    y = np.arange(600) % 2
    x = (rng.normal(0, 1, 600) + 2 * y)[:, np.newaxis]
    model = RelevanceVectorClassifier().fit(x, y)
    at = np.linspace(-2, 4, 61)[:, np.newaxis]
    assert np.abs(model.predict_proba(at)[:, 1] - expit(2 * at[:, 0] - 2)).max() < 0.1


def test_with_few_clips_it_is_less_certain_than_its_most_probable_weights():
    x, y = ripley(12, 8)
    model = RelevanceVectorClassifier().fit(x, y)
    odds = model.decision_function(x)
    model.covariances_ = np.zeros_like(model.covariances_)
    certain = model.decision_function(x)
    assert (np.abs(odds) < np.abs(certain)).all()
    np.testing.assert_array_equal(np.sign(odds), np.sign(certain))


def test_of_labels_by_chance_it_keeps_nothing():
    rng = np.random.default_rng(3)
    x, y = rng.normal(0, 1, (200, 2)), rng.integers(0, 2, 200)
    assert len(RelevanceVectorClassifier().fit(x, y).relevance_vectors_) <= 3


def test_its_weights_are_the_most_probable_ones():
    x, y = ripley(100, 4)
    phi = np.concatenate([np.ones((100, 1)), rbf_kernel(x, x[:4], gamma=5)], axis=1)
    alpha = np.array([1.0, 0.1, 2.0, 0.5, 1e-3])
    weights, _, output = _rvm._posterior(phi, y.astype(float), alpha, np.zeros(5))

    def loss(w):
        return (np.logaddexp(0, phi @ w) - y * (phi @ w)).sum() + alpha @ w**2 / 2

    np.testing.assert_allclose(weights, minimize(loss, np.zeros(5), tol=1e-10).x, atol=1e-3)
    np.testing.assert_allclose(output, expit(phi @ weights))


def evidence(phi: np.ndarray, target: np.ndarray, alpha: np.ndarray, output: np.ndarray, odds: np.ndarray) -> float:
    """Return the log likelihood of the labels that Laplace gives, as Gaussian targets about the mode have it."""
    slope = output * (1 - output)
    covariance = np.diag(1 / slope) + phi @ np.diag(1 / alpha) @ phi.T
    made_up = odds + (target - output) / slope
    return float(-(np.linalg.slogdet(covariance)[1] + made_up @ np.linalg.solve(covariance, made_up)) / 2)


@pytest.mark.parametrize(
    ("used", "precision_before", "kind"),
    [
        ([0], 0.7, "enters"),
        ([0, 7, 30, 55], 0.7, "enters"),
        ([0, 3, 7, 14, 21, 30, 41, 55], 1e-5, "is weighed anew"),
        ([0, 3, 7, 14, 21, 30, 41, 55], 1e-3, "leaves"),
    ],
)
def test_a_step_gains_what_it_says(used, precision_before, kind):
    x, y = ripley(60, 5)
    basis, target = np.concatenate([np.ones((60, 1)), rbf_kernel(x, gamma=5)], axis=1), y.astype(float)
    alpha = np.full(61, np.inf)
    alpha[used] = precision_before
    weights, factor, output = _rvm._posterior(basis[:, used], target, alpha[used], np.zeros(len(used)))
    function, precision, gain = _rvm._best_step(basis, target, alpha, np.array(used), factor, output)
    assert kind == ("leaves" if np.isinf(precision) else "is weighed anew" if function in used else "enters")
    odds = basis[:, used] @ weights
    before = evidence(basis[:, used], target, alpha[used], output, odds)
    alpha[function] = precision
    now = np.flatnonzero(np.isfinite(alpha))
    after = evidence(basis[:, now], target, alpha[now], output, odds)
    assert gain > 0
    assert after - before == pytest.approx(gain, rel=1e-3)


def test_of_several_classes_each_has_a_machine_and_probabilities_sum_to_one():
    rng = np.random.default_rng(0)
    y = np.repeat(np.array(["a", "b", "c", "d"]), 30)
    x = rng.normal(0, 0.4, (120, 2)) + np.repeat(np.array([[0, 0], [2, 0], [0, 2], [2, 2]]), 30, axis=0)
    model = RelevanceVectorClassifier().fit(x, y)
    assert model.weights_.shape == (4, 1 + len(model.relevance_vectors_))
    p = model.predict_proba(x)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert np.mean(model.predict(x) == y) > 0.95
    assert (p.max(axis=1) > 0.5).mean() > 0.9


@pytest.mark.parametrize("case", ["constant columns", "one clip a class", "separable", "one class", "twins"])
def test_hard_cases_give_finite_probabilities(case):
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, (40, 5)), np.arange(40) % 4
    if case == "constant columns":
        x[:] = 3
    elif case == "one clip a class":
        x, y = x[:4], y[:4]
    elif case == "separable":
        x += 1000 * y[:, np.newaxis]
    elif case == "one class":
        y[:] = 1
    else:
        x[20:], y[20:] = x[:20], y[:20][::-1]
    p = RelevanceVectorClassifier().fit(x, y).predict_proba(x)
    assert p.shape == (len(x), len(np.unique(y)))
    assert np.isfinite(p).all()
    np.testing.assert_allclose(p.sum(axis=1), 1)


def test_the_width_does_not_depend_on_the_columns_scale_or_number():
    x, y = ripley(250, 0)
    wanted = RelevanceVectorClassifier().fit(x, y).predict_proba(x)
    many = np.concatenate([x, x], axis=1) * 100
    np.testing.assert_allclose(RelevanceVectorClassifier().fit(many, y).predict_proba(many), wanted, atol=1e-3)


def test_it_is_scikit_learns_kind_and_can_be_saved(fitted, tmp_path):
    again = clone(fitted).fit(*ripley(250, 0))
    x, _ = ripley(50, 6)
    np.testing.assert_array_equal(again.predict_proba(x), fitted.predict_proba(x))
    skops.io.dump(fitted, tmp_path / "rvm.skops")
    loaded = skops.io.load(tmp_path / "rvm.skops", trusted=["genrelab.models._rvm.RelevanceVectorClassifier"])
    np.testing.assert_array_equal(loaded.predict_proba(x), fitted.predict_proba(x))
