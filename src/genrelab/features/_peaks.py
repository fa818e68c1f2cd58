"""Find the strongest periods in autocorrelations, and remove the multiples of shorter ones."""

import numpy as np

MULTIPLES = (2, 3, 5, 7)  # these cover 4, 6, 8, 9 and 10 too


def without_multiples(alike: np.ndarray) -> np.ndarray:
    """Return an autocorrelation by lag, (lags,), with negative values and the echoes of short periods set to 0.

    A sound of period T also resembles itself at 2 T, 3 T and so on. To remove these echoes, stretch the curve by each
    of MULTIPLES and subtract the maximum of the stretched curves.

    Source: Tolonen & Karjalainen 2000, A Computationally Efficient Multipitch Analysis Model.
    """
    clipped = np.maximum(alike, 0)
    lags = np.arange(len(alike))
    echoes = np.max([np.interp(lags / factor, lags, clipped) for factor in MULTIPLES], axis=0)
    return np.maximum(clipped - echoes, 0)


def periods(alike: np.ndarray, lowest: float, highest: float, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the `count` strongest periods of an autocorrelation (lags,) between two lags, and their strengths.

    Periods are the local maxima, placed between lags by a parabola through each and its neighbours. Their strength is
    what remains without the echoes of shorter periods; a period with nothing left is dropped. Strongest first.
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
