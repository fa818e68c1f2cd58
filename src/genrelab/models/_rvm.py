"""The relevance vector machine, a sparse Bayesian classifier: like an SVM, with fewer vectors and with probabilities.

A machine separates one class from the rest by sigmoid(sum of w_i k(x, x_i) + b), with a Gaussian kernel on training
clips x_i. Each weight has a normal prior with its own precision alpha_i, and the precisions maximise the marginal
likelihood of the training labels, with the weights integrated out (type-II maximum likelihood). Laplace's method
approximates the integral: the posterior of the weights is treated as normal around its mode. Most alpha_i become
infinite and their vectors are dropped; the remaining ones are the relevance vectors. With several classes there is one
machine per class, and their probabilities are normalised to sum to 1.

Where the weights are uncertain, far from all relevance vectors or with few clips, probabilities are closer to a half.

Source: Tipping 2001, Sparse Bayesian Learning and the Relevance Vector Machine; MacKay 1992, The Evidence Framework
Applied to Classification Networks (outputs moderated by the weights' covariance). Vectors enter and leave in the order
of Tipping & Faul 2003, Fast Marginal Likelihood Maximisation for Sparse Bayesian Models: start with the constant alone,
and take the step that increases the likelihood most.
"""

from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.utils.validation import check_is_fitted

LEAST, MOST = 1e-6, 1e12  # bounds of a finite precision; a lower one would mean no prior
NEWTON = 50  # maximum number of steps to the most probable weights
CERTAIN = 1e-12  # lowest probability of a class


class RelevanceVectorClassifier(ClassifierMixin, BaseEstimator):
    """Relevance vector machines: one per class against the rest, or a single one for two classes.

    Parameters: `width` scales the kernel exp(-d^2 / (2 s^2)), s^2 = width^2 * number of columns * their mean
    variance, so that 1 fits any number of standardised columns. In each machine, at most `max_steps` vectors enter,
    leave or are reweighted; fitting stops when the next step would add less than `tolerance` to the log likelihood.

    After `fit`: `classes_`; `relevance_vectors_` (vectors, columns) of all machines; `weights_` (machines,
    1 + vectors), the constant's first, 0 if a machine does not use the vector; and their `covariances_`.
    """

    def __init__(self, width: float = 1.0, max_steps: int = 500, tolerance: float = 1e-3) -> None:
        self.width, self.max_steps, self.tolerance = width, max_steps, tolerance

    def fit(self, X: np.ndarray, y: np.ndarray) -> "RelevanceVectorClassifier":
        """Find the relevance vectors of clips X (clips, columns) with classes y (clips,)."""
        X, y = np.asarray(X, dtype=float), np.asarray(y)
        self.classes_ = np.unique(y)
        self.gamma_ = 1 / (2 * self.width**2 * max(X.shape[1] * X.var(axis=0).mean(), CERTAIN))
        basis = self._basis(X, X)
        # Two classes need only the second one's machine; a single class leaves nothing to separate.
        asked = self.classes_ if len(self.classes_) > 2 else self.classes_[1:]
        machines = [machine(basis, (y == label).astype(float), self.max_steps, self.tolerance) for label in asked]
        used = np.unique(np.concatenate([[0], *(functions for functions, _, _ in machines)])).astype(int)
        self.relevance_vectors_ = X[used[1:] - 1]
        self.weights_ = np.zeros((len(asked), len(used)))
        self.covariances_ = np.zeros((len(asked), len(used), len(used)))
        for i, (functions, weights, covariance) in enumerate(machines):
            place = np.searchsorted(used, functions)
            self.weights_[i, place] = weights
            self.covariances_[i][np.ix_(place, place)] = covariance
        return self

    def _basis(self, X: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        near = rbf_kernel(X, vectors, gamma=self.gamma_) if len(vectors) else np.empty((len(X), 0))
        return np.concatenate([np.ones((len(X), 1)), near], axis=1)

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """Return each machine's log odds, closer to 0 if its weights are uncertain: (clips, machines)."""
        check_is_fitted(self)
        phi = self._basis(np.asarray(X, dtype=float), self.relevance_vectors_)
        variance = np.stack([((phi @ each) * phi).sum(axis=1) for each in self.covariances_], axis=1)
        return phi @ self.weights_.T / np.sqrt(1 + np.pi / 8 * variance)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return probabilities (clips, classes)."""
        if len(self.classes_) == 1:
            return np.ones((len(X), 1))
        alone = np.clip(expit(self.decision_function(X)), CERTAIN, 1 - CERTAIN)
        if len(self.classes_) == 2:
            return np.concatenate([1 - alone.sum(axis=1, keepdims=True), alone], axis=1)
        return alone / alone.sum(axis=1, keepdims=True)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the most probable classes (clips,)."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def machine(
    basis: np.ndarray, target: np.ndarray, max_steps: int, tolerance: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the indices of the basis functions in use, their weights and the weights' covariance.

    `basis` is (clips, functions); `target` (clips,) is 1 for the class and 0 for the rest. The first function is the
    constant. It always stays, and its weight has practically no prior, so that wide kernels, which are nearly constant
    themselves, can be told apart from it.
    """
    alpha = np.full(basis.shape[1], np.inf)
    alpha[0] = LEAST
    mean = np.zeros(basis.shape[1])
    for _ in range(max_steps):
        used = np.flatnonzero(np.isfinite(alpha))
        mean[used], factor, output = _posterior(basis[:, used], target, alpha[used], mean[used])
        function, precision, gain = _best_step(basis, target, alpha, used, factor, output)
        if gain < tolerance:
            break
        alpha[function] = precision
        if np.isinf(precision):
            mean[function] = 0
    used = np.flatnonzero(np.isfinite(alpha))
    weights, factor, _ = _posterior(basis[:, used], target, alpha[used], mean[used])
    return used, weights, cho_solve(factor, np.eye(len(used)))


def _posterior(
    phi: np.ndarray, target: np.ndarray, alpha: np.ndarray, start: np.ndarray
) -> tuple[np.ndarray, Any, np.ndarray]:
    """Return the most probable weights, the Cholesky factor of their inverse covariance, and the outputs."""

    def loss(weights: np.ndarray) -> float:
        odds = phi @ weights
        return float((np.logaddexp(0, odds) - target * odds).sum() + alpha @ weights**2 / 2)

    weights, now = start, loss(start)
    for _ in range(NEWTON):
        output = expit(phi @ weights)
        gradient = phi.T @ (target - output) - alpha * weights
        step = cho_solve(_curvature(phi, output, alpha), gradient)
        length = 1.0
        while (then := loss(weights + length * step)) > now and length > 1e-6:  # overshot: halve the step
            length /= 2
        if then > now:
            break
        weights = weights + length * step
        if now - then < 1e-9 * (1 + abs(now)):
            break
        now = then
    output = expit(phi @ weights)
    return weights, _curvature(phi, output, alpha), output


def _curvature(phi: np.ndarray, output: np.ndarray, alpha: np.ndarray) -> Any:
    inverse = phi.T @ (phi * _slope(output)[:, np.newaxis]) + np.diag(alpha)
    return cho_factor(inverse + np.diag(1e-10 * inverse.diagonal()))


def _slope(output: np.ndarray) -> np.ndarray:
    return np.maximum(output * (1 - output), CERTAIN)


def _best_step(
    basis: np.ndarray, target: np.ndarray, alpha: np.ndarray, used: np.ndarray, factor: Any, output: np.ndarray
) -> tuple[int, float, float]:
    """Return (function, its new precision, gain in log likelihood) of the step that increases the likelihood most."""
    slope = _slope(output)
    weighted = basis * slope[:, np.newaxis]
    shared = basis[:, used].T @ weighted  # (used, functions)
    quality = basis.T @ (target - output)  # Tipping & Faul's Q and S; q and s leave out the function itself
    sparsity = (basis * weighted).sum(axis=0) - (shared * cho_solve(factor, shared)).sum(axis=0)
    sparsity = np.maximum(sparsity, CERTAIN)
    q, s = quality.copy(), sparsity.copy()
    inside = alpha[used]
    share = inside / np.maximum(inside - sparsity[used], CERTAIN * inside)
    q[used], s[used] = share * quality[used], share * sparsity[used]
    excess = q**2 - s
    worth = excess > 0
    wanted = np.clip(s**2 / np.where(worth, excess, 1), LEAST, MOST)
    gain = np.zeros(len(alpha))
    there = np.isfinite(alpha)
    enter, stay, leave = worth & ~there, worth & there, ~worth & there
    stay[0] = leave[0] = False
    ratio = quality[enter] ** 2 / sparsity[enter]
    gain[enter] = (ratio - 1 - np.log(ratio)) / 2
    gain[stay] = _likelihood(wanted[stay], q[stay], s[stay]) - _likelihood(alpha[stay], q[stay], s[stay])
    gain[leave] = -_likelihood(alpha[leave], q[leave], s[leave])
    best = int(gain.argmax())
    return best, float(wanted[best]) if worth[best] else np.inf, float(gain[best])


def _likelihood(alpha: np.ndarray, q: np.ndarray, s: np.ndarray) -> np.ndarray:
    """Return the contribution of one function to the log likelihood at a precision; 0 at an infinite one."""
    return (np.log(alpha / (alpha + s)) + q**2 / (alpha + s)) / 2
