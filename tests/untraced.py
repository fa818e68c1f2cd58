"""Nets called operation by operation: to trace a graph takes longer than the few calls of a test."""

import numpy as np
from numpy.typing import ArrayLike

from genrelab.layers.keras_backend import keras


def outputs(net: keras.Model, x: ArrayLike) -> np.ndarray | list[np.ndarray]:
    """Return what a net makes of a batch in judging: an array, or one an output if there are several."""
    found = net(x, training=False)
    return [*map(np.asarray, found)] if isinstance(found, list | tuple) else np.asarray(found)
