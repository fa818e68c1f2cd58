"""Classifiers, one a module: `FEATURES`, `build(hp, input_shape, n_classes)`."""

from genrelab.models._base import Paper, Staged

__all__ = ["Paper", "Staged"]
