"""Measure how well one number separates two groups of clips: pure functions.

Source: Mann & Whitney 1947; the area under the ROC curve is their statistic as a share (Hanley & McNeil 1982).
"""

import numpy as np
from scipy.stats import rankdata

from genrelab.metrics.classification import bounds


def auc(one: np.ndarray, other: np.ndarray) -> float:
    """Return the share of pairs in which `other` has the larger number, float (clips,) each; ties count half.

    0.5 if the groups are alike, 1 if all of `other` lie above all of `one`.
    """
    if not (len(one) and len(other)):
        raise ValueError(f"both groups must have at least one clip, got {len(one)} and {len(other)}")
    ranks = rankdata(np.concatenate([one, other]))[len(one) :]
    return float((ranks.sum() - len(other) * (len(other) + 1) / 2) / (len(one) * len(other)))


def auc_interval(one: np.ndarray, other: np.ndarray, *, resamplings: int, seed: int) -> tuple[float, float]:
    """Return the 95% percentile interval of `auc` by bootstrap of both groups.

    If all resamplings are alike, as for groups that do not overlap, see genrelab.metrics.classification.bounds.
    """
    rng = np.random.default_rng(seed)
    values = [auc(rng.choice(one, len(one)), rng.choice(other, len(other))) for _ in range(resamplings)]
    return bounds(np.array(values), min(len(one), len(other)), 0.0, 1.0)
