"""Batch normalisation averages, computed exactly over clips instead of trailing behind the weights.

In training, a batch is normalised by its own mean and variance. At inference, a net uses moving averages of them,
which lag behind weights that change at every step. After few steps the two have little in common, and validation
figures are far below what the weights are worth. Here, each layer's mean and variance are those of its input over
given clips, as at inference: without dropout and augmentation, and with the layers below already corrected.

Source: Wu & Johnson 2021 (arXiv 2105.07576), Rethinking "Batch" in BatchNorm, who call it precise batch normalisation.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from genrelab.layers.batchnorm import normalised_by_batch
from genrelab.layers.keras_backend import keras


class BatchStatistics:
    """The averages of a net's batch normalisation layers.

    Parameters
    ----------
    net : keras.Model
        A functional or sequential net with one input; it may have no such layer.
    """

    def __init__(self, net: Any) -> None:
        self.layers = [layer for layer in net.layers if isinstance(layer, keras.layers.BatchNormalization)]
        self.moments = [_moments(net, layer) for layer in self.layers]
        self.all_moments = _all_moments(net, self.layers) if self.layers else None

    def recompute(self, batches: Iterable[np.ndarray]) -> None:
        """Set the averages to those over `batches`, float32 (clips, *input shape); reads them once per layer."""
        for layer, moments in zip(self.layers, self.moments, strict=True):
            average = _Average()
            for x in batches:
                average.add(len(x), *moments.predict_on_batch(x))
            average.assign_to(layer)

    def estimate(self, batches: Iterable[np.ndarray]) -> None:
        """Set the averages in one pass over `batches`, float32 (clips, *input shape).

        On its way up, each batch is normalised by its own mean and variance, as in training. The averages of upper
        layers therefore differ a little from those of `recompute`, but take a third to a fifth of the time.
        """
        if self.all_moments is None:
            return
        averages = [_Average() for _ in self.layers]
        for x in batches:
            found = self.all_moments.predict_on_batch(x)
            for average, mean, variance in zip(averages, found[::2], found[1::2], strict=True):
                average.add(len(x), mean, variance)
        for average, layer in zip(averages, self.layers, strict=True):
            average.assign_to(layer)


class _Average:
    """Mean and variance over all clips, accumulated from those of batches."""

    def __init__(self) -> None:
        self.clips, self.first, self.second = 0, np.zeros(()), np.zeros(())

    def add(self, clips: int, mean: Any, variance: Any) -> None:
        mean, variance = np.asarray(mean, np.float64), np.asarray(variance, np.float64)
        self.clips += clips
        self.first, self.second = self.first + clips * mean, self.second + clips * (variance + mean**2)

    def assign_to(self, layer: Any) -> None:
        mean = self.first / self.clips
        layer.moving_mean.assign(mean)
        layer.moving_variance.assign(np.maximum(self.second / self.clips - mean**2, 0))


def _moments(net: Any, layer: Any) -> Any:
    """Return a net that outputs the mean and variance of a layer's input over a batch, each of shape (units,)."""
    values, *_ = keras.tree.flatten(layer.input)  # the rest may be a mask
    _, mean, variance = _NormalisedByBatch(layer)(values)
    return keras.Model(net.inputs, [mean, variance])


def _all_moments(net: Any, norms: list[Any]) -> Any:
    """Return a net that outputs every layer's input mean and variance, in order; it normalises batches by their own."""
    found: dict[str, Any] = {}

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        if layer not in norms:
            return layer(*args, **kwargs)
        outputs, *found[layer.name] = _NormalisedByBatch(layer)(args[0])
        return outputs

    net = keras.Model(net.inputs, net.outputs)  # functional, even if `net` was sequential
    again = keras.models.clone_model(net, clone_function=lambda layer: layer, call_function=call)
    return keras.Model(again.inputs, [value for layer in norms for value in found[layer.name]])


class _NormalisedByBatch(keras.layers.Layer):
    """A batch normalisation layer in training mode that also returns the moments, but keeps its averages."""

    def __init__(self, norm: Any) -> None:
        super().__init__(dtype=norm.dtype_policy)
        self.norm = norm
        self.supports_masking = True  # passes the mask on to the layers above; else Keras warns that it is lost

    def call(self, x: Any) -> tuple[Any, Any, Any]:
        """Return `x` normalised by its own moments, and the moments."""
        return normalised_by_batch(self.norm, x)
