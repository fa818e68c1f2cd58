"""Clips whose label a model doubts: it was trained on the others, and is sure that this one is of another class.

The model is a logistic regression on each clip's mean spectrum and its spread, quick at any size of corpus. Clips are
judged by one that was trained without them and without their artists. It is weak: what it doubts may be mislabelled,
or merely unlike the rest of its class. Source: the out-of-sample probabilities of Northcutt, Jiang & Chuang 2021
(arXiv 1911.00068), without their estimate of how many labels are wrong.
"""

import warnings
from typing import NamedTuple

import numpy as np

FOLDS = 5


class LabelIssues(NamedTuple):
    """Out-of-fold probabilities: `probabilities` (clips, classes), NaN for clips of labels too small to be judged."""

    probabilities: np.ndarray
    accuracy: float  # of the judged clips
    unjudged: int  # classes


def judge(spectra: np.ndarray, targets: np.ndarray, groups: np.ndarray, *, classes: int, seed: int) -> LabelIssues:
    """Return what the model says of each clip.

    `spectra` float32 (clips, 2, bands), `targets` and `groups` int (clips,): class, and artist or clip. A class in
    fewer than FOLDS groups is not judged, as it would be missing from a training.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probabilities = np.full((len(targets), classes), np.nan)
    spread = [len(np.unique(groups[targets == c])) for c in range(classes)]
    large = [c for c in range(classes) if spread[c] >= FOLDS]
    rows = np.flatnonzero(np.isin(targets, large))
    if len(large) < 2:
        return LabelIssues(probabilities, float("nan"), classes)
    x, y, group = spectra[rows].reshape(len(rows), -1), targets[rows], groups[rows]
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)  # in groups it may be so
        for train, test in folds.split(x, y, group):
            model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500)).fit(x[train], y[train])
            found = np.zeros((len(test), classes))
            found[:, model.classes_] = model.predict_proba(x[test])
            probabilities[rows[test]] = found
    right = probabilities[rows].argmax(axis=1) == y
    return LabelIssues(probabilities, float(right.mean()), classes - len(large))
