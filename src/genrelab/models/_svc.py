"""Pairwise support vector machines that vote, with probabilities that agree with the vote.

The machines are scikit-learn's SVC. A clip gets the class with the most votes; larger decision values break ties. An
SVM has no probabilities of its own. Logistic regression on the decision values of clips held out in shuffled,
stratified folds gives a probability for each pair (Platt 1999), and the pairs' probabilities are coupled into one
distribution (Wu, Lin & Weng 2004, their second method). Coupling and voting differ on about one clip in twenty. Then
the vote decides: the coupled probabilities of the two classes are swapped.
"""

import copy
from itertools import combinations

import numpy as np
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC
from sklearn.utils.validation import check_is_fitted

FOLDS = 5  # of train, for decision values of clips that a machine has not seen
# C of the logistic regression. On 638 clips of ten classes, the log loss was 1.08 at 1 and 1.02 at 10; the remaining
# penalty keeps the sigmoid of a perfectly separated pair finite.
STRENGTH = 10.0
EDGE = 1e-7  # distance that probabilities keep from 0 and 1, so that the coupling has a solution
MARGIN = 1e-9  # relative lead of the class with the most votes over an equally probable one


class PairwiseSVC(ClassifierMixin, BaseEstimator):
    """Pairwise support vector machines, with probabilities that agree with their vote.

    Parameters
    ----------
    C : float
        Penalty for a clip on the wrong side, above 0.
    kernel : str
        rbf, linear or poly. A polynomial is (gamma <a, b> + 1) ** degree: without the 1, an odd degree gives an odd
        function, which lacks the even terms.
    degree : int
        Degree of the polynomial.
    random_state : int, optional
        Seed of the folds.
    """

    def __init__(self, C: float = 1.0, kernel: str = "rbf", degree: int = 3, random_state: int | None = None) -> None:
        self.C = C
        self.kernel = kernel
        self.degree = degree
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: np.ndarray) -> "PairwiseSVC":
        """Fit the machines on all clips, and their sigmoids on decision values of held-out clips.

        Raises ValueError if there is only one class.
        """
        X, y = np.asarray(X), np.asarray(y)
        self.svc_ = self._machines().fit(X, y)
        self.classes_ = self.svc_.classes_
        held_out = self._held_out(X, y)
        # A pair without held-out clips of both classes keeps a sigmoid of slope 1 through 1/2.
        self.slopes_, self.offsets_ = np.ones(held_out.shape[1]), np.zeros(held_out.shape[1])
        for k, (a, b) in enumerate(combinations(self.classes_, 2)):
            clips = np.isfinite(held_out[:, k]) & np.isin(y, [a, b])
            if len(np.unique(y[clips])) == 2:
                sigmoid = LogisticRegression(C=STRENGTH).fit(held_out[clips, k : k + 1], y[clips] == a)
                self.slopes_[k], self.offsets_[k] = sigmoid.coef_[0, 0], sigmoid.intercept_[0]
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the class with the most votes."""
        check_is_fitted(self)
        return self.svc_.predict(X)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the class probabilities, float64 (clips, classes); the most probable class is that of `predict`."""
        check_is_fitted(self)
        values = self.slopes_ * _by_pairs(self.svc_, X) + self.offsets_
        probabilities = _coupled(expit(values), len(self.classes_))
        clips, likeliest = np.arange(len(probabilities)), probabilities.argmax(axis=1)
        voted = np.searchsorted(self.classes_, self.predict(X))
        top, at_vote = probabilities.max(axis=1), probabilities[clips, voted]
        probabilities[clips, likeliest] = at_vote
        probabilities[clips, voted] = top * (1 + MARGIN)
        return probabilities / probabilities.sum(axis=1, keepdims=True)

    def _machines(self) -> SVC:
        return SVC(C=self.C, kernel=self.kernel, degree=self.degree, gamma="scale", coef0=1.0, break_ties=True)

    def _held_out(self, X: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return each clip's decision value for each pair, by machines fitted without the clip: float (clips, pairs).

        A value is NaN if the fold's machines know only one class of the pair, or none.
        """
        pairs = list(combinations(self.classes_, 2))
        values = np.full((len(X), len(pairs)), np.nan)
        folds = _folds(y, np.random.default_rng(self.random_state))
        for fold in range(FOLDS):
            rest, out = folds != fold, folds == fold
            if not out.any() or len(np.unique(y[rest])) < 2:
                continue
            machines = self._machines().fit(X[rest], y[rest])
            known = [k for k, pair in enumerate(pairs) if np.isin(pair, machines.classes_).all()]
            values[np.ix_(out, known)] = _by_pairs(machines, X[out])
        return values


def _folds(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a random fold for each clip, stratified by class."""
    order = rng.permutation(len(y))
    order = order[np.argsort(y[order], kind="stable")]
    folds = np.empty(len(y), dtype=int)
    folds[order] = np.arange(len(y)) % FOLDS
    return folds


def _by_pairs(machines: SVC, X: np.ndarray) -> np.ndarray:
    """Return decision values (clips, pairs), above 0 if the first class of the pair gets the vote."""
    values = copy.copy(machines).set_params(decision_function_shape="ovo").decision_function(X)
    # With two classes, scikit-learn returns one column, which is positive for the second class.
    return values if values.ndim == 2 else -values[:, np.newaxis]


def _coupled(pairs: np.ndarray, n_classes: int) -> np.ndarray:
    """Return the distributions p (clips, classes) that agree best with `pairs`, the probabilities of first over second.

    They minimise the sum over pairs of (r[j, i] p[i] - r[i, j] p[j]) ** 2; r[i, j] is the probability of i over j.
    """
    pairs = np.clip(pairs, EDGE, 1 - EDGE)
    over = np.zeros((len(pairs), n_classes, n_classes))
    first, second = np.triu_indices(n_classes, 1)
    over[:, first, second], over[:, second, first] = pairs, 1 - pairs
    # The minimum subject to sum(p) = 1 is a linear system whose last unknown is the Lagrange multiplier.
    system = np.ones((len(pairs), n_classes + 1, n_classes + 1))
    system[:, :-1, :-1] = -over * over.transpose(0, 2, 1)
    diagonal = np.arange(n_classes)
    system[:, diagonal, diagonal] = (over**2).sum(axis=1)
    system[:, -1, -1] = 0
    right = np.zeros((len(pairs), n_classes + 1, 1))
    right[:, -1] = 1
    found = np.maximum(np.linalg.solve(system, right)[:, :-1, 0], EDGE)
    return found / found.sum(axis=1, keepdims=True)
