"""One estimator for each tag, where a clip may have several."""

import warnings

import numpy as np
from sklearn.multiclass import OneVsRestClassifier


class OneVsRest(OneVsRestClassifier):
    """One for each tag against the rest; of a tag that every clip of the training part has, or none, that is said."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> "OneVsRest":
        """Fit them to clips X (clips, columns) with tags y, 0 or 1, (clips, tags)."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Label .*is present in all training examples", UserWarning)
            return super().fit(X, y)
