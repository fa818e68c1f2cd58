"""Features computed from samples, one module per kind: `Params`, `shape(params)`, `extract(samples, params)`."""

from genrelab.features._base import Feature

__all__ = ["Feature"]
