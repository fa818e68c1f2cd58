"""Shakya et al. 2017: a neural net of one hidden layer on MFCC, rolloff, centroid and zero crossings of short frames.

Input as for shakya_svm: the vector feature `timbre` (descriptors, statistics), of which the same sixteen rows are
used; frames of 20 or 40 ms by `features.timbre.frame_ms`. The paper's figures on GTZAN were not found, nor the size
of its net.
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
        alpha=hp.Float("decay", 1e-5, 10.0, sampling="log", default=1e-2),  # of squared weights
        learning_rate_init=hp.Float("learning_rate", 1e-4, 1e-1, sampling="log", default=1e-3),
        max_iter=2000,  # epochs; it ends before, once the loss falls no more
    )
    return Pipeline(
        [
            ("columns", Columns(columns(input_shape))),
            ("standardise", StandardScaler()),
            ("net", net),
        ]
    )
