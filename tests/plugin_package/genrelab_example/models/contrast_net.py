"""A net of one hidden layer on spectral contrasts, with a layer of this package's own.

Source: made up for genrelab's tests in 2026. Input: (2 * (bands + 1),), dB. No reported figures.
"""

import keras

from genrelab_example.models._scaling import Halve

FEATURES = ("contrast",)
TRAINING_DEFAULTS = {"training.epochs": 3}


def build(hp, input_shape, n_classes):
    """Return a compiled net."""
    inputs = keras.Input((*input_shape, 1))
    x = keras.layers.Flatten()(inputs)
    x = Halve(name="halve")(x)
    x = keras.layers.Dense(hp.Int("units", 8, 64, step=8, default=16), activation="relu", name="hidden")(x)
    net = keras.Model(inputs, keras.layers.Dense(n_classes, activation="softmax", name="genre")(x))
    rate = hp.Float("learning_rate", 1e-4, 1e-1, sampling="log", default=1e-2)
    net.compile(keras.optimizers.Adam(rate), loss="categorical_crossentropy", metrics=["accuracy"])
    return net
