"""Select columns of one feature, or of several joined features."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin


def columns_of(
    input_shape: Mapping[str, tuple[int, ...]], feature: str, rows: Sequence[int] | None = None
) -> list[int]:
    """Return the columns that a feature occupies among joined features; only those of `rows`, if given."""
    start = 0
    for name, shape in input_shape.items():
        if name == feature:
            break
        start += math.prod(shape)
    else:
        raise ValueError(f"there is no feature '{feature}' among {', '.join(input_shape)}")
    places = np.arange(start, start + math.prod(shape)).reshape(shape)
    return [int(place) for place in places[range(len(places)) if rows is None else list(rows)].ravel()]


def blocks_of(input_shape: Mapping[str, tuple[int, ...]] | tuple[int, ...]) -> dict[str, dict[str, list[int]]]:
    """Return the columns of each part of each joined feature, by feature name and part name.

    A feature that knows its parts (`embeddings`) has several; any other has one part, with its own name. A single
    feature is called `feature`.
    """
    found: dict[str, dict[str, list[int]]] = {}
    start = 0
    for kind, shape in (input_shape if isinstance(input_shape, Mapping) else {"feature": input_shape}).items():
        found[kind] = {}
        for part, size in getattr(shape, "blocks", ()) or ((kind, math.prod(shape)),):
            found[kind][part] = [*range(start, start + size)]
            start += size
    return found


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


class EvenBlocks(TransformerMixin, BaseEstimator):
    """Weight the columns of standardised blocks so that every block adds as much to distances, whatever its size.

    The mean squared weight is 1, so penalties mean the same with and without the weights.
    """

    def __init__(self, sizes: list[int]) -> None:
        self.sizes = sizes

    def fit(self, X: np.ndarray, y: np.ndarray | None = None) -> "EvenBlocks":
        """Learn nothing."""
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the weighted columns (clips, sum of sizes)."""
        sizes = np.asarray(self.sizes, dtype=float)
        return X * np.repeat(np.sqrt(sizes.sum() / (len(sizes) * sizes)), self.sizes)

    def __sklearn_is_fitted__(self) -> bool:
        return True
