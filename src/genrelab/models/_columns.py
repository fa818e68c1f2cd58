"""Picking columns of features: of one, or of several that are joined."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin


def columns_of(
    input_shape: Mapping[str, tuple[int, ...]], feature: str, rows: Sequence[int] | None = None
) -> list[int]:
    """Return the columns that a feature takes among joined ones; of some of its rows, if given."""
    start = 0
    for name, shape in input_shape.items():
        if name == feature:
            break
        start += math.prod(shape)
    else:
        raise ValueError(f"there is no feature '{feature}' among {', '.join(input_shape)}")
    places = np.arange(start, start + math.prod(shape)).reshape(shape)
    return [int(place) for place in places[range(len(places)) if rows is None else list(rows)].ravel()]


class Columns(TransformerMixin, BaseEstimator):
    """Pick columns: (clips, *shape), flattened in C order -> (clips, len(columns))."""

    def __init__(self, columns: list[int]) -> None:
        self.columns = columns

    def fit(self, X: np.ndarray, y: np.ndarray | None = None) -> "Columns":
        """Learn nothing."""
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the columns."""
        return X.reshape(len(X), -1)[:, self.columns]

    def __sklearn_is_fitted__(self) -> bool:
        return True
