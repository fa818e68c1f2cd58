"""A layer and an estimator of this package's own, which saved models are made of."""

import keras
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin


@keras.saving.register_keras_serializable("genrelab_example")
class Halve(keras.layers.Layer):
    """Divides by two."""

    def call(self, x):
        """Return half of it."""
        return x / 2


class Halver(TransformerMixin, BaseEstimator):
    """Divides by two."""

    def fit(self, x, y=None):
        """Note how many columns there are."""
        self.n_features_in_ = np.shape(x)[1]
        return self

    def transform(self, x):
        """Return half of it."""
        return np.asarray(x) / 2
