"""Periodicities in autocorrelations: what is a multiple of a shorter one taken away, and the strongest."""

import numpy as np

MULTIPLES = (2, 3, 5, 7)  # and by them 4, 6, 8, 9 and 10


def without_multiples(alike: np.ndarray) -> np.ndarray:
    """Return an autocorrelation by lag, (lags,), with its negative values and the echoes of short periods at 0.

    A sound of period T is alike itself at 2 T, 3 T and so on, too. So the highest of the curves
    stretched by these numbers is taken away from it.

    Source: Tolonen & Karjalainen 2000, A Computationally Efficient Multipitch Analysis Model.
    """
    clipped = np.maximum(alike, 0)
    lags = np.arange(len(alike))
    echoes = np.max([np.interp(lags / factor, lags, clipped) for factor in MULTIPLES], axis=0)
    return np.maximum(clipped - echoes, 0)


def periods(alike: np.ndarray, lowest: float, highest: float, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the `count` strongest periods of an autocorrelation (lags,) between two lags, and their strengths.

    They are its local maxima, placed between lags by the parabola through each and its neighbours; their strength is
    what the echoes of shorter periods leave of them. Strongest first, those of which nothing is left out.
    """
    inner = np.arange(1, len(alike) - 1)
    at = inner[(alike[inner] > alike[inner - 1]) & (alike[inner] >= alike[inner + 1])]
    before, here, after = alike[at - 1], alike[at], alike[at + 1]
    bend = before - 2 * here + after
    places = at + np.where(bend < 0, 0.5 * (before - after) / np.where(bend < 0, bend, 1), 0)
    heights = without_multiples(alike)[at]
    inside = (places >= lowest) & (places <= highest) & (heights > 0)
    places, heights = places[inside], heights[inside]
    order = np.argsort(-heights, kind="stable")[:count]
    return places[order], heights[order]
