"""Figures of a classifier on clips: pure functions of true class indices and predicted probabilities.

Conventions: `true` is int, shape (clips,); `probabilities` is float, shape (clips, classes), rows sum to 1; the
predicted class is the most probable one. Macro figures average over the classes that occur in `true`, so that a class
without clips in the part has no effect. Shares lie in 0...1. Input that cannot be scored raises ValueError.
Source: scikit-learn's definitions.
"""

from collections.abc import Callable, Sequence

import numpy as np

LEVEL = 0.95
BINS = 15  # of confidence, as in Guo et al. 2017
ALIKE = 1e-9  # smaller differences between resamplings are rounding
STRATUM = 5  # clips or groups; with fewer, resampling a class by itself makes the interval far too narrow


def scores(true: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """Return accuracy and macro precision, recall and F1."""
    found = per_class(true, probabilities)
    occurs = found.pop("clips") > 0
    macro = {name: float(values[occurs].mean()) for name, values in found.items()}
    return {"accuracy": accuracy(true, probabilities), **macro}


def per_class(true: np.ndarray, probabilities: np.ndarray) -> dict[str, np.ndarray]:
    """Return `precision`, `recall`, `f1` and `clips` of each class, each of shape (classes,).

    A class's recall is its accuracy. For a class without clips in `true`, all are 0, as is the precision of a class
    that is never predicted.
    """
    from sklearn.metrics import precision_recall_fscore_support

    _check(true, probabilities)
    precision, recall, f1, clips = precision_recall_fscore_support(
        true, probabilities.argmax(axis=1), labels=np.arange(probabilities.shape[1]), average=None, zero_division=0
    )
    return {"precision": precision, "recall": recall, "f1": f1, "clips": clips}


def confusion(true: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return counts, int (classes, classes): rows are true, columns predicted."""
    from sklearn.metrics import confusion_matrix

    _check(true, probabilities)
    return confusion_matrix(true, probabilities.argmax(axis=1), labels=np.arange(probabilities.shape[1]))


def interval(
    figure: Callable[[np.ndarray, np.ndarray], float],
    true: np.ndarray,
    probabilities: np.ndarray,
    *,
    resamplings: int,
    seed: int,
    groups: np.ndarray | None = None,
) -> tuple[float, float]:
    """Return the 95% percentile interval of `figure`, a share, by bootstrap, stratified by class.

    The bootstrap draws clips. If `groups` gives each clip's group (say, its artist; shape (clips,)), it draws whole
    groups, because the clips of an artist are not independent evidence; a group's class is that of most of its clips.
    Classes with fewer than 5 to draw from share a stratum, because each by itself would hardly vary (a single one not
    at all). If all resamplings are alike, for example if every answer is right, see `bounds`.
    """
    values = paired(figure, true, [probabilities], resamplings=resamplings, seed=seed, groups=groups)
    return bounds(values[0], units(true, groups), 0.0, 1.0)


def difference(
    figure: Callable[[np.ndarray, np.ndarray], float],
    true: np.ndarray,
    one: np.ndarray,
    other: np.ndarray,
    *,
    resamplings: int,
    seed: int,
    groups: np.ndarray | None = None,
) -> tuple[float, float]:
    """Return the 95% interval of how much larger `figure` is for `other` than for `one`, two models on the same clips.

    `one` and `other` are probabilities (clips, classes). The bootstrap is paired: both are judged on the same clips,
    drawn as for `interval`, so that clips that are hard for both do not widen the interval.
    """
    values = paired(figure, true, [one, other], resamplings=resamplings, seed=seed, groups=groups)
    return bounds(values[1] - values[0], units(true, groups), -1.0, 1.0)


def paired(
    figure: Callable[[np.ndarray, np.ndarray], float],
    true: np.ndarray,
    models: Sequence[np.ndarray],
    *,
    resamplings: int,
    seed: int,
    groups: np.ndarray | None = None,
) -> np.ndarray:
    """Return `figure` of each model in each resampling, (models, resamplings), all judged on the same drawn clips.

    `models` are the probabilities (clips, classes) of each; clips are drawn as for `interval`.
    """
    for probabilities in models:
        _check(true, probabilities)
    _check_groups(true, groups)
    members = None if groups is None else [np.flatnonzero(groups == group) for group in np.unique(groups)]
    kinds = true if members is None else np.array([np.bincount(true[clips]).argmax() for clips in members])
    rng = np.random.default_rng(seed)
    drawn = np.concatenate(
        [stratum[rng.integers(0, len(stratum), (resamplings, len(stratum)))] for stratum in _strata(kinds)], axis=1
    )
    values = np.empty((len(models), resamplings))
    for r, row in enumerate(drawn):
        clips = row if members is None else np.concatenate([members[group] for group in row])
        for m, probabilities in enumerate(models):
            values[m, r] = figure(true[clips], probabilities[clips])
    return values


def bounds(values: np.ndarray, n: int, lowest: float, highest: float) -> tuple[float, float]:
    """Return the 95% percentile interval of a figure with these `values` in resamplings of `n` clips or groups.

    If all resamplings are alike (every answer right, two models that always agree, a single artist), they show no
    uncertainty, although few clips leave some. By Clopper and Pearson (1934), something that none of n has shown may
    have a share of up to 1 - 0.025 ** (1 / n). The interval then extends that far to both sides, within `lowest` and
    `highest`.
    """
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    if np.ptp(values) < ALIKE:
        unseen = 1 - ((1 - LEVEL) / 2) ** (1 / n)
        low, high = low - unseen, high + unseen
    return float(max(low, lowest)), float(min(high, highest))


def units(true: np.ndarray, groups: np.ndarray | None) -> int:
    """Return how many clips or groups there are to draw from."""
    return len(true) if groups is None else len(np.unique(groups))


def _strata(kinds: np.ndarray) -> list[np.ndarray]:
    """Return the indices of each class's members; the smallest classes are merged until they are large enough."""
    sizes = np.bincount(kinds)
    own, shared, total = [], [], 0
    for kind in np.argsort(sizes, kind="stable"):
        if sizes[kind] < STRATUM or 0 < total < STRATUM:
            shared.append(kind)
            total += sizes[kind]
        else:
            own.append(np.flatnonzero(kinds == kind))
    return [*own, np.flatnonzero(np.isin(kinds, shared))] if total else own


def accuracy(true: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the share of clips whose most probable class is the true one."""
    return float(np.mean(true == probabilities.argmax(axis=1)))


def f1(true: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the macro F1, computed by counting, because a bootstrap calls it a thousand times."""
    _check(true, probabilities)
    predicted, n = probabilities.argmax(axis=1), probabilities.shape[1]
    clips = np.bincount(true, minlength=n)
    right = np.bincount(true[true == predicted], minlength=n)
    answers = np.bincount(predicted, minlength=n)
    occurs = clips > 0
    return float(np.mean(2 * right[occurs] / (clips + answers)[occurs]))


def top(true: np.ndarray, probabilities: np.ndarray, k: int = 3) -> float:
    """Return the share of clips whose true class is among the `k` most probable; 1 if there are no more classes.

    Among equally probable classes the first counts as more probable, as for the predicted class.
    """
    _check(true, probabilities)
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :k]
    return float((best == true[:, np.newaxis]).any(axis=1).mean())


def roc_auc(true: np.ndarray, probabilities: np.ndarray, folds: np.ndarray | None = None) -> float | None:
    """Return the macro area under the ROC curve, each class against the rest; None if it is not defined.

    The mean is over the classes that some clips have and others do not. If several models judged the clips, `folds`
    says which one, int (clips,). The result is then the mean of the folds' areas, because probabilities of different
    models have no common scale to rank clips by (Forman & Scholz 2010).
    """
    from sklearn.metrics import roc_auc_score

    _check(true, probabilities)
    if folds is not None:
        areas = [roc_auc(true[folds == fold], probabilities[folds == fold]) for fold in np.unique(folds)]
        known = [area for area in areas if area is not None]
        return float(np.mean(known)) if known else None
    defined = [c for c in np.unique(true) if not (true == c).all()]
    if not defined:
        return None
    return float(np.mean([roc_auc_score(true == c, probabilities[:, c]) for c in defined]))


def calibration_error(true: np.ndarray, probabilities: np.ndarray, bins: int = BINS) -> float:
    """Return the expected calibration error: how far, on average, confidence is from being right (0...1).

    The confidence is the predicted class's probability. Clips are sorted into `bins` of equal width, closed on the
    right; each bin's mean confidence is compared with its share of right answers. On few clips the error is too high:
    even perfectly honest probabilities do not match the share in every bin.
    """
    _check(true, probabilities)
    confidence = probabilities.max(axis=1)
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    excess = np.bincount(place, weights=confidence - (true == probabilities.argmax(axis=1)), minlength=bins)
    return float(np.abs(excess).sum() / len(true))


def log_loss(true: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean of -ln of the true class's probability; a probability of 0 counts as 1e-12."""
    _check(true, probabilities)
    return float(-np.log(np.clip(probabilities[np.arange(len(true)), true], 1e-12, 1)).mean())


def _check(true: np.ndarray, probabilities: np.ndarray) -> None:
    if true.ndim != 1 or probabilities.ndim != 2 or len(true) != len(probabilities) or len(true) == 0:
        raise ValueError(
            f"true must have the shape (clips,) and probabilities (clips, classes) with at least one clip, "
            f"got {true.shape} and {probabilities.shape}"
        )
    if not np.isfinite(probabilities).all():
        raise ValueError("probabilities contain values that are not finite; the model has diverged")
    if true.min() < 0 or true.max() >= probabilities.shape[1]:
        raise ValueError(f"true has class {true.max()}, but probabilities have {probabilities.shape[1]} columns")


def _check_groups(true: np.ndarray, groups: np.ndarray | None) -> None:
    if groups is not None and groups.shape != true.shape:
        raise ValueError(f"groups must have the same shape as true, {true.shape}, got {groups.shape}")
