"""Test whether models differ by more than chance on the same clips: pure functions.

Source: Fisher 1935 (the permutation test of paired data: if the models were alike, their answers could be swapped);
McNemar 1947, whose exact test it is if each clip counts by itself; Holm 1979. The clips of an artist are not
independent evidence: if artists are known, all answers to an artist's clips are swapped together.
"""

import numpy as np

LEVEL = 0.05  # a corrected p below it is a difference


def permutation(one: np.ndarray, other: np.ndarray, groups: np.ndarray | None = None) -> float:
    """Return the exact two-sided p for the hypothesis that two models are right equally often.

    `one` and `other` are bool, shape (clips,): whether each has the clip right. `groups` gives each clip's group (its
    artist; int, shape (clips,)); without it each clip is its own group. In every group the models are swapped or not,
    each with probability 1/2; p is the probability of a difference in right answers at least as large as the one found.
    It is counted, not sampled. If the models are right equally often in every group, p is 1. Raises ValueError for
    different shapes.
    """
    if one.shape != other.shape or one.ndim != 1:
        raise ValueError(f"both must have the shape (clips,) of the same clips, got {one.shape} and {other.shape}")
    places = np.arange(len(one)) if groups is None else np.unique(groups, return_inverse=True)[1]
    if places.shape != one.shape:
        raise ValueError(f"groups must have the shape {one.shape} of the clips, got {places.shape}")
    ahead = np.bincount(places, weights=one.astype(float) - other).astype(int)  # per group
    sizes = np.abs(ahead)
    chances = np.ones(1)  # of each total number of clips by which the groups in favour of `one` are ahead
    for size in sizes[sizes > 0]:
        both = np.zeros(len(chances) + size)
        both[: len(chances)] += chances / 2
        both[size:] += chances / 2
        chances = both
    differences = np.abs(2 * np.arange(len(chances)) - sizes.sum())
    return float(min(chances[differences >= abs(ahead.sum())].sum(), 1.0))


def holm(p: np.ndarray) -> np.ndarray:
    """Return p values corrected for their number after Holm 1979: float (n,), none below its old value or above 1."""
    order = np.argsort(p)
    steps = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(steps, 1)
    return corrected


def compact_letter_display(differ: np.ndarray) -> list[str]:
    """Return for each model the letters of the groups it belongs to: models that share one do not differ.

    `differ` is bool, shape (models, models), symmetric: whether two models differ. A group is a maximal set of models
    of which no two differ; a model may be in several. Groups are lettered in the order of their models, so that the
    first model has the letter a. Raises ValueError if `differ` is not square and symmetric.
    """
    n = len(differ)
    if differ.shape != (n, n) or (differ != differ.T).any():
        raise ValueError(f"differ must be square and symmetric, got the shape {differ.shape}")
    alike = [{j for j in range(n) if j != i and not differ[i, j]} for i in range(n)]
    groups = sorted(sorted(group) for group in _cliques(alike, set(), set(range(n)), set()))
    return ["".join(_letter(g) for g, group in enumerate(groups) if i in group) for i in range(n)]


def _cliques(alike: list[set[int]], inside: set[int], possible: set[int], tried: set[int]) -> list[set[int]]:
    """Return the maximal cliques with `inside`, some of `possible` and none of `tried` (Bron and Kerbosch 1973)."""
    if not possible and not tried:
        return [inside] if inside else []
    pivot = max(possible | tried, key=lambda i: len(alike[i] & possible))
    found = []
    for i in sorted(possible - alike[pivot]):
        found += _cliques(alike, inside | {i}, possible & alike[i], tried & alike[i])
        possible, tried = possible - {i}, tried | {i}
    return found


def _letter(number: int) -> str:
    """Return a, b, ... z, then a1, b1, ..."""
    turn, place = divmod(number, 26)
    return chr(ord("a") + place) + (str(turn) if turn else "")
