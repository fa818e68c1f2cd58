"""Classifiers, one per module: `FEATURES`, `build(hp, input_shape, n_classes)`."""

from genrelab.models._base import Candidates, Paper, Staged

__all__ = ["Candidates", "Paper", "Staged"]
