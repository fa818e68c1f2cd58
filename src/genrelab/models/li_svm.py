"""Pairwise support vector machines on FFT, MFCC, beat and pitch numbers, in any combination: Li & Tzanetakis 2003.

Input as of li_lda. A machine for each pair of classes, which vote; probabilities by Platt's sigmoid on out-of-fold
decisions of train.

Source: Factors in Automatic Musical Genre Classification of Audio Signals, WASPAA 2003. Reported on GTZAN: about 71%,
with LDA.
"""

from collections.abc import Mapping

from sklearn.calibration import CalibratedClassifierCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from genrelab.models._li import FEATURES, PAPER, SPACES, picked

__all__ = ["FEATURES", "PAPER", "SPACES", "build"]


def build(hp, input_shape: Mapping[str, tuple[int, ...]], n_classes: int) -> Pipeline:
    """Return the pipeline; `hp` (keras_tuner.HyperParameters) registers every hyperparameter."""
    svc = SVC(
        C=hp.Float("C", 0.1, 1000.0, sampling="log", default=10.0),
        kernel=hp.Choice("kernel", ["rbf", "linear", "poly"], default="rbf"),
    )
    return Pipeline(
        [
            ("columns", picked(hp, input_shape)),
            ("standardise", StandardScaler()),
            ("svm", CalibratedClassifierCV(svc, ensemble=False, cv=3)),
        ]
    )
