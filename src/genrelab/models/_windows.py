"""Clips as rows of windows, all of one size: (clips, windows * size)."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.preprocessing import StandardScaler


class WindowScaler(TransformerMixin, BaseEstimator):
    """Standardise what windows are described by, alike in all windows."""

    def __init__(self, windows: int) -> None:
        self.windows = windows

    def fit(self, X: np.ndarray, y: np.ndarray | None = None) -> "WindowScaler":
        """Learn means and standard deviations over all windows."""
        self.scaler_ = StandardScaler().fit(apart(X, self.windows))
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the clips, standardised."""
        return self.scaler_.transform(apart(X, self.windows)).reshape(X.shape)


class WindowVote(ClassifierMixin, BaseEstimator):
    """Fit `estimator` to each window with its clip's label, and average its probabilities over a clip's windows."""

    def __init__(self, estimator: Any, windows: int) -> None:
        self.estimator = estimator
        self.windows = windows

    def fit(self, X: np.ndarray, y: np.ndarray) -> "WindowVote":
        """Fit the estimator."""
        self.fitted_ = clone(self.estimator).fit(apart(X, self.windows), np.repeat(y, self.windows))
        self.classes_ = self.fitted_.classes_
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return probabilities (clips, classes)."""
        each = self.fitted_.predict_proba(apart(X, self.windows))
        return each.reshape(len(X), self.windows, -1).mean(axis=1)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the most probable classes."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def apart(X: np.ndarray, windows: int) -> np.ndarray:
    """Return the windows of all clips: (clips * windows, size)."""
    return X.reshape(len(X) * windows, -1)
