"""Tests of whether two classifiers differ."""

import numpy as np


def holm(p: np.ndarray) -> np.ndarray:
    """Return p values corrected for their number after Holm 1979: float (n,), each at least what it was, at most 1."""
    order = np.argsort(p)
    steps = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(steps, 1)
    return corrected
