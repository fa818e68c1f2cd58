"""Clips as rows of windows of equal size: (clips, windows * size)."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.preprocessing import StandardScaler


class WindowScaler(TransformerMixin, BaseEstimator):
    """Standardise the columns of windows, with the same mean and deviation for all windows."""

    def __init__(self, windows: int) -> None:
        self.windows = windows

    def fit(self, X: np.ndarray, y: np.ndarray | None = None) -> "WindowScaler":
        """Learn means and standard deviations over all sounding windows."""
        windows = apart(X, self.windows)
        self.scaler_ = StandardScaler().fit(windows[_is_sound(windows)])
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the standardised clips; windows in the padding stay 0."""
        windows = apart(X, self.windows)
        scaled = self.scaler_.transform(windows)
        scaled[~_is_sound(windows)] = 0
        return scaled.reshape(X.shape)


class WindowVote(ClassifierMixin, BaseEstimator):
    """Fit `estimator` to windows with their clip's label, and average its probabilities over a clip's windows."""

    def __init__(self, estimator: Any, windows: int) -> None:
        self.estimator = estimator
        self.windows = windows

    def fit(self, X: np.ndarray, y: np.ndarray) -> "WindowVote":
        """Fit the estimator."""
        windows = apart(X, self.windows)
        sounds = _is_sound(windows)
        self.fitted_ = clone(self.estimator).fit(windows[sounds], np.repeat(y, self.windows)[sounds])
        self.classes_ = self.fitted_.classes_
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return probabilities (clips, classes)."""
        windows = apart(X, self.windows)
        each = self.fitted_.predict_proba(windows).reshape(len(X), self.windows, -1)
        sounds = _is_sound(windows).reshape(len(X), self.windows)
        sounds[~sounds.any(axis=1)] = True
        return (each * sounds[..., np.newaxis]).sum(axis=1) / sounds.sum(axis=1, keepdims=True)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the most probable classes."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def _is_sound(windows: np.ndarray) -> np.ndarray:
    """Return a mask of the sounding windows, bool (windows,); those in the padding after a clip are 0 throughout."""
    return (windows != 0).any(axis=1)


def apart(X: np.ndarray, windows: int) -> np.ndarray:
    """Return the windows of all clips: (clips * windows, size)."""
    return X.reshape(len(X) * windows, -1)
