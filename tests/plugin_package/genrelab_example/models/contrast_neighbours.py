"""Nearest neighbours on spectral contrasts, in a pipeline with an estimator of this package's own.

Source: made up for genrelab's tests in 2026. Input: (2 * (bands + 1),), dB. No reported figures.
"""

from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from genrelab_example.models._scaling import Halver

FEATURES = ("contrast",)


def build(hp, input_shape, n_classes):
    """Return a pipeline."""
    neighbours = KNeighborsClassifier(hp.Int("neighbours", 1, 9, default=3), weights="distance")
    return Pipeline([("halve", Halver()), ("standardise", StandardScaler()), ("neighbours", neighbours)])
