"""One Gaussian mixture per class, and Bayes's rule."""

import numpy as np
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.mixture import GaussianMixture


class DensityClassifier(ClassifierMixin, BaseEstimator):
    """Fit a mixture of `components` Gaussians to each class; the priors are the class frequencies in train.

    A class has at most one component per two clips, and at least one. `regularisation` is added to every variance, so
    that standardised columns that are constant within a class do no harm. `covariance` is full or diag.
    """

    def __init__(
        self,
        components: int = 1,
        covariance: str = "diag",
        regularisation: float = 0.1,
        random_state: int | None = None,
    ) -> None:
        self.components = components
        self.covariance = covariance
        self.regularisation = regularisation
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: np.ndarray) -> "DensityClassifier":
        """Fit the mixtures by expectation maximisation, starting from k-means."""
        self.classes_, counts = np.unique(y, return_counts=True)
        self.log_priors_ = np.log(counts / counts.sum())
        self.mixtures_ = [
            GaussianMixture(
                max(1, min(self.components, count // 2)),
                covariance_type=self.covariance,
                reg_covar=self.regularisation,
                random_state=self.random_state,
                max_iter=500,
            ).fit(np.repeat(X[y == label], 2 if count == 1 else 1, axis=0))  # a single clip is rejected
            for label, count in zip(self.classes_, counts, strict=True)
        ]
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the posterior of each class (clips, classes)."""
        likely = np.column_stack([mixture.score_samples(X) for mixture in self.mixtures_])
        return softmax(likely + self.log_priors_, axis=1)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the most probable class."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]
