"""Sharma et al. 2018: the summed predictions of a decision tree, a relevance vector machine and an SVM.

Input: three joined features. The model uses 13 MFCC, centroid, rolloff (Hz) and zero crossings of `timbre`, the rhythm
histogram of `rhythm`, and all of `ssd`, the statistical spectrum descriptors (24 Bark bands, 7 moments). All columns
are standardised. Each of the three classifiers gets all of them and returns probabilities; a clip's probabilities are
the mean of the three (the sum rule). Platt's sigmoid calibrates the tree on held-out clips of train, in shuffled folds,
because its pure leaves are so certain that it would decide alone; the SVM's probabilities agree with its vote (see
_svc). The paper searches the hyperparameters at random, as `tune` does; the spaces are `tree`, `rvm`, `svm` and all.

Reported: 87% on GTZAN, as cited by the thesis (Ajufu 2020).
"""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from genrelab.features import rhythm, timbre
from genrelab.models import Paper
from genrelab.models._columns import Columns, columns_of
from genrelab.models._rvm import RelevanceVectorClassifier
from genrelab.models._svc import PairwiseSVC

FEATURES = ("timbre+rhythm+ssd",)
USED = (*(f"mfcc{i}" for i in range(1, 14)), "centroid", "rolloff", "zero_crossings")
PAPER = Paper(
    cite="Sharma et al. 2018",
    reported="87%",
    data="GTZAN, by the thesis that cites it",
    left_open="how frames are combined, the ranges of the search, and how the scores of the SVM and the tree are made "
    "comparable.",
    differs="The predictions of the tree and the SVM are calibrated before they are summed; without `tune`, defaults "
    "replace the paper's search.",
)
SPACES = {"tree": ("tree.*",), "rvm": ("rvm.*",), "svm": ("svm.*",)}


class ShuffledFolds:
    """Three stratified folds, or two if a class has fewer than three clips.

    Shuffled, because clips arrive class by class and artist by artist: a fold of neighbours lacks what the others have.
    """

    def split(self, X: Any, y: np.ndarray, groups: Any = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the train and test indices of each fold."""
        folds = StratifiedKFold(self.get_n_splits(X, y), shuffle=True, random_state=0)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The least populated class", UserWarning)
            yield from folds.split(X, y)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds for these labels."""
        rarest = 3 if y is None else min(np.unique(y, return_counts=True)[1])
        return 3 if rarest >= 3 else 2


def build(hp, input_shape: dict[str, tuple[int, ...]], n_classes: int) -> Pipeline:
    """Return the pipeline; `hp` (keras_tuner.HyperParameters) registers every hyperparameter."""
    columns = [
        *columns_of(input_shape, "timbre", rows=[timbre.DESCRIPTORS.index(name) for name in USED]),
        *columns_of(input_shape, "rhythm", rows=rhythm.RHYTHM_HISTOGRAM),
        *columns_of(input_shape, "ssd"),
    ]
    tree = DecisionTreeClassifier(
        criterion=hp.Choice("tree.criterion", ["gini", "entropy"], default="gini"),
        max_depth=hp.Int("tree.depth", 2, 30, default=12),
        min_samples_leaf=hp.Int("tree.leaf", 1, 20, default=3),
    )
    rvm = RelevanceVectorClassifier(width=hp.Float("rvm.width", 0.25, 8.0, sampling="log", default=2.0))
    svm = PairwiseSVC(
        C=hp.Float("svm.c", 0.1, 1000.0, sampling="log", default=10.0),
        kernel=hp.Choice("svm.kernel", ["rbf", "linear"], default="rbf"),
    )
    members = [
        ("tree", CalibratedClassifierCV(tree, ensemble=False, cv=ShuffledFolds())),
        ("rvm", rvm),
        ("svm", svm),
    ]
    return Pipeline(
        [
            ("columns", Columns(columns)),
            ("standardise", StandardScaler()),
            ("sum", VotingClassifier(members, voting="soft")),
        ]
    )
