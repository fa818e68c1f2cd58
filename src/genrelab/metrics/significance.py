"""Whether models differ by more than chance on the same clips: pure functions.

Source: McNemar 1947 (exact form: a two-sided binomial test on the clips that only one of two models has right);
Holm 1979. Clips count as independent; where several are of one artist, the tests find differences too easily.
"""

import numpy as np
from scipy.stats import binomtest

LEVEL = 0.05  # a corrected p below it is a difference


def mcnemar(one: np.ndarray, other: np.ndarray) -> float:
    """Return the exact two-sided p of two models being right equally often.

    `one` and `other` are bool, shape (clips,): whether each has the clip right. Without a clip that only one of them
    has right, p is 1. Raises ValueError for different shapes.
    """
    if one.shape != other.shape or one.ndim != 1:
        raise ValueError(f"both must have the shape (clips,) of the same clips, got {one.shape} and {other.shape}")
    only_one, only_other = int((one & ~other).sum()), int((other & ~one).sum())
    if only_one + only_other == 0:
        return 1.0
    return float(binomtest(only_one, only_one + only_other).pvalue)


def holm(p: np.ndarray) -> np.ndarray:
    """Return p values corrected for their number after Holm 1979: float (n,), each at least what it was, at most 1."""
    order = np.argsort(p)
    steps = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(steps, 1)
    return corrected


def compact_letter_display(differ: np.ndarray) -> list[str]:
    """Return for each model the letters of the groups it belongs to: models that share one do not differ.

    `differ` is bool, shape (models, models), symmetric: whether two models differ. A group is a largest possible set
    of models no two of which differ; a model may be in several. Groups are lettered in the order of their models, so
    that the first model has the letter a. Raises ValueError where `differ` is not square and symmetric.
    """
    n = len(differ)
    if differ.shape != (n, n) or (differ != differ.T).any():
        raise ValueError(f"differ must be square and symmetric, got the shape {differ.shape}")
    alike = [{j for j in range(n) if j != i and not differ[i, j]} for i in range(n)]
    groups = sorted(sorted(group) for group in _cliques(alike, set(), set(range(n)), set()))
    return ["".join(_letter(g) for g, group in enumerate(groups) if i in group) for i in range(n)]


def _cliques(alike: list[set[int]], inside: set[int], possible: set[int], tried: set[int]) -> list[set[int]]:
    """Return the maximal cliques that hold `inside` and any of `possible`, none of `tried` (Bron and Kerbosch 1973)."""
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
