"""What is computed from samples, one kind a module: `Params`, `shape(params)`, `extract(samples, params)`."""

from genrelab.features._base import Feature

__all__ = ["Feature"]
