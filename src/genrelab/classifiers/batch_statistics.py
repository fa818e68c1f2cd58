"""Batch normalisation's averages, computed exactly over clips instead of trailing behind the weights.

In training a batch is normalised by its own mean and variance; judging, a net takes moving averages of them, which lag
behind weights that change at every step. Few steps in, the two have little to do with each other, and validation
figures are far below what the weights are worth. Here each layer's mean and variance are those of its input over given
clips, as a judging net makes it: without dropout and augmentation, and with the layers below already corrected.

Source: Wu & Johnson 2021 (arXiv 2105.07576), Rethinking "Batch" in BatchNorm, who call it precise batch normalisation.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from genrelab.layers.keras_backend import keras

ops = keras.ops


class BatchStatistics:
    """The averages of a net's layers of batch normalisation.

    Parameters
    ----------
    net : keras.Model
        A net that is called on one input; it may have no such layer.
    """

    def __init__(self, net: Any) -> None:
        self.layers = [layer for layer in net.layers if isinstance(layer, keras.layers.BatchNormalization)]
        self.moments = [_moments(net, layer) for layer in self.layers]

    def recompute(self, batches: Iterable[np.ndarray]) -> None:
        """Set the averages to those over `batches`, float32 (clips, *input shape), which go by once a layer."""
        for layer, moments in zip(self.layers, self.moments, strict=True):
            clips, first, second = 0, np.zeros(()), np.zeros(())
            for x in batches:
                mean, variance = (np.asarray(value, np.float64) for value in moments.predict_on_batch(x))
                clips += len(x)
                first, second = first + len(x) * mean, second + len(x) * (variance + mean**2)
            mean = first / clips
            layer.moving_mean.assign(mean)
            layer.moving_variance.assign(np.maximum(second / clips - mean**2, 0))


def _moments(net: Any, layer: Any) -> Any:
    """Return a net of the mean and variance of a layer's input over a batch, each of shape (units,)."""
    values = ops.cast(layer.input, "float32")  # of a net that computes in bfloat16
    axes = [i for i in range(len(values.shape)) if i != layer.axis % len(values.shape)]
    return keras.Model(net.inputs, [ops.mean(values, axis=axes), ops.var(values, axis=axes)])
