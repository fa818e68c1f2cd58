"""Pairwise support vector machines on FFT, MFCC, beat and pitch numbers, in any combination: Li & Tzanetakis 2003.

Input as in li_lda. There is one machine for each pair of classes, and they vote; the probabilities agree with the vote
(see _svc).

Source: Factors in Automatic Musical Genre Classification of Audio Signals, WASPAA 2003. Reported on GTZAN: about 71%,
with LDA.
"""

from collections.abc import Mapping

from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from genrelab.models._li import FEATURES, PAPER, SPACES, picked
from genrelab.models._svc import PairwiseSVC

__all__ = ["FEATURES", "PAPER", "SPACES", "build"]


def build(hp, input_shape: Mapping[str, tuple[int, ...]], n_classes: int) -> Pipeline:
    """Return the pipeline; `hp` (keras_tuner.HyperParameters) registers every hyperparameter."""
    svc = PairwiseSVC(
        C=hp.Float("C", 0.1, 1000.0, sampling="log", default=10.0),
        kernel=hp.Choice("kernel", ["rbf", "linear", "poly"], default="rbf"),
    )
    return Pipeline(
        [
            ("columns", picked(hp, input_shape)),
            ("standardise", StandardScaler()),
            ("svm", svc),
        ]
    )
