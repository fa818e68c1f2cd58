"""One estimator per tag, for clips that may have several tags."""

import warnings

import numpy as np
from sklearn.multiclass import OneVsRestClassifier


class OneVsRest(OneVsRestClassifier):
    """One estimator per tag, against the rest; constant for a tag that all or no clips of train have."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> "OneVsRest":
        """Fit the estimators to clips X (clips, columns) with tags y, 0 or 1, (clips, tags)."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Label .*is present in all training examples", UserWarning)
            return super().fit(X, y)
