"""Shakya et al. 2017: a support vector machine on MFCC, rolloff, centroid and zero crossings of short frames.

Input (descriptors, statistics): the vector feature `timbre`. The model uses sixteen of its rows: 13 MFCC (no unit),
rolloff and centroid (Hz), and zero crossings, each with all its statistics over the clip. The paper compares frames of
20 ms and of 40 ms, which `features.timbre.frame_ms` sets. Its figures on GTZAN were not found.
"""

from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from genrelab.models._columns import Columns
from genrelab.models._shakya import FEATURES, PAPER, columns
from genrelab.models._svc import PairwiseSVC

__all__ = ["FEATURES", "PAPER", "build"]


def build(hp, input_shape: tuple[int, ...], n_classes: int) -> Pipeline:
    """Return the pipeline; `hp` (keras_tuner.HyperParameters) registers every hyperparameter."""
    svc = PairwiseSVC(
        C=hp.Float("c", 0.1, 1000.0, sampling="log", default=10.0),
        kernel=hp.Choice("kernel", ["rbf", "linear", "poly"], default="rbf"),
    )
    return Pipeline(
        [
            ("columns", Columns(columns(input_shape))),
            ("standardise", StandardScaler()),
            ("svm", svc),
        ]
    )
