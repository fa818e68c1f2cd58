"""Figures of a classifier on clips: pure functions of true class indices and predicted probabilities.

Conventions: `true` is int, shape (clips,); `probabilities` is float, shape (clips, classes), rows sum to 1; the
predicted class is the most probable one. Macro figures average over the classes that occur in `true`, so that
a class without a clip in the part neither helps nor harms. Shares lie in 0...1. Source: scikit-learn's definitions.
"""

from collections.abc import Callable

import numpy as np
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

LEVEL = 0.95


def scores(true: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """Return accuracy and macro precision, recall and F1."""
    _check(true, probabilities)
    predicted = probabilities.argmax(axis=1)
    precision, recall, f1, _ = precision_recall_fscore_support(
        true, predicted, labels=np.unique(true), average="macro", zero_division=0
    )
    return {
        "accuracy": float(np.mean(true == predicted)),
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(f1),
    }


def confusion(true: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return counts, int (classes, classes): rows are true, columns predicted."""
    _check(true, probabilities)
    return confusion_matrix(true, probabilities.argmax(axis=1), labels=np.arange(probabilities.shape[1]))


def interval(
    figure: Callable[[np.ndarray, np.ndarray], float],
    true: np.ndarray,
    probabilities: np.ndarray,
    *,
    resamplings: int,
    seed: int,
) -> tuple[float, float]:
    """Return the 95% percentile interval of `figure` by bootstrap over clips.

    Not stratified by class: with a few test clips a class, as small corpora have, resampling within classes makes
    the interval far too narrow (with one clip a class, a point).
    """
    _check(true, probabilities)
    rng = np.random.default_rng(seed)
    values = np.empty(resamplings)
    for r in range(resamplings):
        drawn = rng.integers(0, len(true), len(true))
        values[r] = figure(true[drawn], probabilities[drawn])
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def accuracy(true: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the share of clips whose most probable class is the true one."""
    return float(np.mean(true == probabilities.argmax(axis=1)))


def log_loss(true: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean of -ln of the true class's probability; a probability of 0 counts as 1e-12."""
    _check(true, probabilities)
    return float(-np.log(np.clip(probabilities[np.arange(len(true)), true], 1e-12, 1)).mean())


def ece(true: np.ndarray, probabilities: np.ndarray, bins: int = 15) -> float:
    """Return the expected calibration error: how far confidence and accuracy lie apart, 0...1.

    Clips are gathered in `bins` of equal width by their top probability; the distances of the bins' mean confidence
    from their accuracy are averaged, each by its share of the clips.
    """
    _check(true, probabilities)
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == true
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(place, weights=confidence - right, minlength=bins)
    return float(np.abs(gaps).sum() / len(true))


def _check(true: np.ndarray, probabilities: np.ndarray) -> None:
    if true.ndim != 1 or probabilities.ndim != 2 or len(true) != len(probabilities) or len(true) == 0:
        raise ValueError(
            f"true must have the shape (clips,) and probabilities (clips, classes) with at least one clip, "
            f"got {true.shape} and {probabilities.shape}"
        )
    if not np.isfinite(probabilities).all():
        raise ValueError("probabilities hold values that are not finite; the model has diverged")
    if true.min() < 0 or true.max() >= probabilities.shape[1]:
        raise ValueError(f"true has class {true.max()}, but probabilities have {probabilities.shape[1]} columns")
