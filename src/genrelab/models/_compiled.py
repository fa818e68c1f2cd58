"""How a net learns: the optimizer and what it minimises, as hyperparameters.

learning_rate; weight_decay (AdamW, Loshchilov & Hutter 2019); label_smoothing (share of a target that all classes
get); anneal (the learning rate falls to zero over the epochs, as half a cosine does; see
genrelab.classifiers.keras_fit).
"""

from typing import Any

import keras

__all__ = ["compiled"]


def compiled(
    net: Any, hp: Any, *, rate: float = 1e-3, decay: float = 0.0, smoothing: float = 0.0, anneal: bool = False
) -> Any:
    """Return the net, compiled; the defaults are Adam and plain cross-entropy, as the thesis has them."""
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
