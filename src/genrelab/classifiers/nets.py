"""Keras nets."""

import functools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from genrelab.classifiers.base import BATCH, Examples, FitSettings, Layer, TemperatureScaled
from genrelab.data.streamed import Array, in_batches
from genrelab.errors import ModelError

VALUES = 2**20  # numbers in a net's batch: its activations take a thousand times the memory


def read(path: Path) -> Any:
    """Load a Keras net in safe mode: no code, and no classes but Keras's own and those of genrelab.layers."""
    from genrelab import layers  # noqa: F401  registers its classes with Keras
    from genrelab.layers.keras_backend import keras

    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (ValueError, TypeError) as error:
        raise ModelError(f"{path} contains what Keras cannot load safely: {' '.join(str(error).split())}") from None


class KerasClassifier(TemperatureScaled):
    """A compiled Keras net that ends in a softmax."""

    FILE = "model.keras"
    by_epochs = True

    def __init__(self, net: Any, *, mixup: float = 0.0, anneal: bool = False) -> None:
        self.net, self.mixup, self.anneal = net, mixup, anneal

    def fit(self, train: Examples, valid: Examples, how: FitSettings) -> None:
        """Fit epoch by epoch; see genrelab.classifiers.keras_fit."""
        from genrelab.classifiers.keras_fit import fit

        fit(self.net, train, valid, how, mixup=self.mixup, anneal=self.anneal)

    def uncalibrated(self, x: Array) -> np.ndarray:
        """Return softmax outputs, normalised to sum to 1 in double precision."""
        return self.uncalibrated_and_embedded(x)[0]  # tracing a separate function would take seconds

    @staticmethod
    def probabilities(outputs: np.ndarray) -> np.ndarray:
        """Return softmax outputs (clips, classes) in double precision, normalised to sum to 1."""
        exact = outputs.astype(np.float64)
        return exact / exact.sum(axis=1, keepdims=True)

    def embed(self, x: Array) -> np.ndarray:
        """Return the penultimate layer's output."""
        return self.uncalibrated_and_embedded(x)[1]

    def uncalibrated_and_embedded(self, x: Array) -> tuple[np.ndarray, np.ndarray]:
        """Return normalised softmax outputs in double precision, and the penultimate layer's, in one pass."""
        found = [self._both.predict_on_batch(batch) for batch in _batches(x)]
        softmax, before = (np.concatenate([np.asarray(pair[i]) for pair in found]) for i in range(2))
        return self.probabilities(softmax), before.reshape(len(x), -1).astype(np.float32, copy=False)

    @functools.cached_property
    def _both(self) -> Any:
        """The net with its penultimate layer's output as a second one; built once, as its first call is slow."""
        from genrelab.layers.keras_backend import keras

        return keras.Model(self.net.inputs, [self.net.outputs[0], self.net.layers[-1].input])

    def outputs(self, x: Array) -> np.ndarray:
        """Return the net's outputs for clips, float32."""
        found = np.concatenate([np.asarray(self.net.predict_on_batch(batch)) for batch in _batches(x)])
        return found.astype(np.float32, copy=False)

    def layers(self) -> list[Layer]:
        """Return the net's layers."""
        return [
            Layer(layer.name, type(layer).__name__, tuple(layer.output.shape[1:]), layer.count_params())
            for layer in self.net.layers
        ]

    def save(self, folder: Path) -> None:
        """Write model.keras, without the optimizer's state, and the temperature."""
        self.net.save(folder / self.FILE, include_optimizer=False)
        self.save_temperature(folder)


def _batches(x: Array) -> Iterator[np.ndarray]:
    size = max(1, min(BATCH, VALUES // max(1, math.prod(x.shape[1:]))))
    return (batch[..., np.newaxis] for batch in in_batches(x, size))
