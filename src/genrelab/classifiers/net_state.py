"""A fit's state after an epoch, as a file: a net's weights and its optimizer's variables.

Keras writes what a net holds at that moment. This module copies first, so that a thread can write while the net trains.
"""

from pathlib import Path
from typing import Any

import numpy as np

from genrelab.errors import DataError
from genrelab.layers.keras_backend import keras
from genrelab.state import files, npz

__all__ = ["load", "of", "write"]


def of(net: Any) -> list[np.ndarray]:
    """Return a copy of the variables of a compiled net and its optimizer."""
    return [keras.ops.convert_to_numpy(variable) for variable in _variables(net)]


def write(path: Path, state: list[np.ndarray]) -> None:
    """Write such a copy atomically."""
    with files.replacing(path) as partial:
        np.savez(partial, *state)


def load(net: Any, path: Path) -> None:
    """Load what `write` wrote; DataError, with the net unchanged, if it belongs to a different net."""
    arrays, variables = [*npz.read(path).values()], _variables(net)
    if [array.shape for array in arrays] != [tuple(variable.shape) for variable in variables]:
        raise DataError(f"{path} belongs to another net")
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
    for layer in net.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # it computes with values derived from its weights


def _variables(net: Any) -> list[Any]:
    return [*net.weights, *net.optimizer.variables]
