"""Compile a net: the optimizer and the loss, as hyperparameters.

learning_rate; weight_decay (AdamW, Loshchilov & Hutter 2019); label_smoothing (share of a target that is spread over
all classes); anneal (the learning rate falls to zero over the epochs along half a cosine; see
genrelab.classifiers.keras_fit).
"""

from typing import Any

import keras

__all__ = ["compiled"]


def compiled(
    net: Any, hp: Any, *, rate: float = 1e-3, decay: float = 0.0, smoothing: float = 0.0, anneal: bool = False
) -> Any:
    """Return the compiled net; the defaults are the thesis's, Adam and plain cross-entropy."""
    rate = hp.Float("learning_rate", 1e-4, 1e-2, sampling="log", default=rate)
    decay = hp.Choice("weight_decay", [0.0, 1e-4, 1e-3, 1e-2], default=decay)
    smoothing = hp.Choice("label_smoothing", [0.0, 0.05, 0.1, 0.2], default=smoothing)
    hp.Boolean("anneal", default=anneal)
    net.compile(
        keras.optimizers.AdamW(rate, weight_decay=decay) if decay else keras.optimizers.Adam(rate),
        keras.losses.CategoricalCrossentropy(label_smoothing=smoothing),
        metrics=["accuracy"],
    )
    return net
