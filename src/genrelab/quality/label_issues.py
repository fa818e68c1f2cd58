"""Find clips whose label a model doubts: trained on other clips, it finds that another class fits far better.

The model is a logistic regression on each clip's descriptors, fast at any corpus size. It answers twice for each clip,
by folds: trained without the clip's artist, and trained without only the clip. An artist's other clips are the best
evidence that one of them is mislabelled, but hide it if all of them are; the mean of both answers finds both kinds.

Each class has its own measure: Northcutt, Jiang & Chuang 2021 (confident learning, arXiv 1911.00068) compare a
probability with the mean that the class gets on the clips with its label. Their confident joint counts every clip that
passes this threshold for another class, which needs a better model than a corpus of a few hundred clips can train: on
638 clips of GTZAN it named 200, of which 32 were mislabelled. So the ratio decides: how many times better the other
class fits, each relative to its own mean.
"""

import warnings
from typing import NamedTuple

import numpy as np

FOLDS = 5
STRENGTH = 0.01  # scikit-learn's C; a larger one doubts more clips, and more of them wrongly
LEAST = 1e-4  # lowest probability, so that ratios are finite


class LabelIssues(NamedTuple):
    """The model's judgement of each clip; NaN for clips without descriptors or of classes too small to be judged.

    `probabilities` (clips, classes) are out of fold. `other` int (clips,) is the best-fitting class other than the
    label, -1 if not judged; `ratio` (clips,) is how many times better than the label it fits.
    """

    probabilities: np.ndarray
    other: np.ndarray
    ratio: np.ndarray
    accuracy: float  # of the judged clips
    unjudged: int  # classes


def judge(descriptors: np.ndarray, targets: np.ndarray, groups: np.ndarray, *, classes: int, seed: int) -> LabelIssues:
    """Return the model's judgement of each clip.

    `descriptors` float32 (clips, descriptors), NaN if unknown; `targets` and `groups` int (clips,): class, and artist
    or clip. A class with fewer than FOLDS groups is not judged, as a fold might not train on it.
    """
    probabilities = np.full((len(targets), classes), np.nan)
    other, ratio = np.full(len(targets), -1), np.full(len(targets), np.nan)
    known = np.isfinite(descriptors).all(axis=1)
    spread = [len(np.unique(groups[known & (targets == c)])) for c in range(classes)]
    large = np.array([c for c in range(classes) if spread[c] >= FOLDS])
    if len(large) < 2:
        return LabelIssues(probabilities, other, ratio, float("nan"), classes)
    rows = np.flatnonzero(known & np.isin(targets, large))
    x, y = descriptors[rows].astype(np.float64), np.searchsorted(large, targets[rows])
    answers = [_out_of_fold(x, y, group, seed + i) for i, group in enumerate((groups[rows], np.arange(len(rows))))]
    found = np.mean(answers, axis=0)
    probabilities[rows] = 0
    probabilities[np.ix_(rows, large)] = found
    best, ratio[rows] = better_fits(found, y)
    other[rows] = large[best]
    return LabelIssues(probabilities, other, ratio, float((found.argmax(axis=1) == y).mean()), classes - len(large))


def better_fits(probabilities: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each clip the best-fitting class other than its label, int (clips,), and how many times better.

    Every class in `probabilities` (clips, classes) is the label of some clip. The fit of a class is its probability
    relative to its mean over the clips with that label.
    """
    clips = np.arange(len(labels))
    expected = np.array([probabilities[labels == c, c].mean() for c in range(probabilities.shape[1])])
    fits = np.maximum(probabilities, LEAST) / np.maximum(expected, LEAST)
    own = fits[clips, labels]
    fits[clips, labels] = 0
    best = fits.argmax(axis=1)
    return best, fits[clips, best] / own


def _out_of_fold(x: np.ndarray, y: np.ndarray, groups: np.ndarray, seed: int) -> np.ndarray:
    """Return probabilities (clips, classes) from models trained without the clip's group."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    found = np.zeros((len(y), y.max() + 1))
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    # One thread: on a busy machine, several threads that wait for one another take ten times as long.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)  # may happen with groups
        for train, test in folds.split(x, y, groups):
            model = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=500))
            model.fit(x[train], y[train])
            found[np.ix_(test, model.classes_)] = model.predict_proba(x[test])
    return found
