"""Shakya et al. 2017: a neural net with one hidden layer on MFCC, rolloff, centroid, zero crossings of short frames.

Input as in shakya_svm: the same sixteen rows of the vector feature `timbre` (descriptors, statistics), with frames of
20 or 40 ms (`features.timbre.frame_ms`). Neither the paper's figures on GTZAN nor the size of its net were found.
"""

from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from genrelab.models._columns import Columns
from genrelab.models._shakya import FEATURES, PAPER, columns

__all__ = ["FEATURES", "PAPER", "build"]


def build(hp, input_shape: tuple[int, ...], n_classes: int) -> Pipeline:
    """Return the pipeline; `hp` (keras_tuner.HyperParameters) registers every hyperparameter."""
    net = MLPClassifier(
        hidden_layer_sizes=(hp.Int("units", 8, 256, step=8, default=64),),
        activation=hp.Choice("activation", ["relu", "tanh", "logistic"], default="relu"),
        alpha=hp.Float("decay", 1e-5, 10.0, sampling="log", default=1e-2),  # penalty on squared weights
        learning_rate_init=hp.Float("learning_rate", 1e-4, 1e-1, sampling="log", default=1e-3),
        max_iter=2000,  # epochs; it stops earlier if the loss no longer falls
    )
    return Pipeline(
        [
            ("columns", Columns(columns(input_shape))),
            ("standardise", StandardScaler()),
            ("net", net),
        ]
    )
