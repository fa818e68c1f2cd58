"""The thesis's CNN: two convolutions, each with wide pooling along time, and a dense layer.

Source: Ajufu 2020 (MSc, National College of Ireland), section 4; the text does not give the size of the dense layer,
which is 64 here. Input (bands, frames, 1), a mel-spectrogram of 128 x 660 in the thesis.

Reported by the thesis on GTZAN, ten genres, 200 test clips: accuracy 41% untuned, 70% tuned (the preset `thesis-both`).
The thesis does not say that its input is normalised; here each mel band is standardised by the mean and variance of
train. Without that, the net stalls near chance for most of 25 epochs.
"""

import keras
from keras import layers

from genrelab.layers import SoundingLength
from genrelab.models import Paper
from genrelab.models._compiled import compiled
from genrelab.models._front import front
from genrelab.models._thesis import ACTIVATIONS, SPACES

__all__ = ["FEATURES", "PAPER", "PRESETS", "SPACES", "build"]

FEATURES = ("mel",)
PAPER = Paper(
    cite="Ajufu 2020, the thesis",
    reported="41% untuned, 70% tuned",
    data="GTZAN, ten genres, 200 random test clips",
    left_open="the size of the dense layer, 64 here; the normalisation of the input.",
    differs="The input is standardised band by band; otherwise the net stalls near chance.",
)
BLOCKS = (32, 64)  # filters
POOL = (2, 4)  # bands, frames
# The best configurations that the thesis found in these spaces (its section 6.3).
PRESETS = {
    "thesis-units": {"conv1.units": 32, "conv2.units": 96, "dense.units": 112, "learning_rate": 2.1e-4},
    "thesis-activations": {
        "conv1.activation": "tanh",
        "conv2.activation": "tanh",
        "dense.activation": "elu",
        "learning_rate": 1.02e-3,
    },
    "thesis-both": {
        "conv1.units": 128,
        "conv1.activation": "tanh",
        "conv2.units": 48,
        "conv2.activation": "elu",
        "dense.units": 112,
        "dense.activation": "elu",
        "learning_rate": 2.84e-4,
    },
    "recipe": {
        "slices.seconds": 3.0,
        "slices.hop": 1.5,
        "training.epochs": 12,
        "training.batch_size": 32,
        "augment.equaliser": 10.0,
        "augment.pitch": 0.03,
        "augment.mask": 0.1,
        "augment.mixup": 0.2,
        "label_smoothing": 0.1,
        "anneal": True,
    },
}


def build(hp, input_shape: tuple[int, int], n_classes: int) -> keras.Model:
    """Return the compiled net; `hp` (keras_tuner.HyperParameters) registers every hyperparameter.

    Input (batch, bands, frames, 1) in dB; output (batch, n_classes), probabilities.
    """
    inputs = keras.Input((*input_shape, 1), name="spectrogram")
    x = front(inputs, hp, SoundingLength(name="length")(inputs))
    for i, filters in enumerate(BLOCKS, start=1):
        units = hp.Int(f"conv{i}.units", 32, 128, step=16, default=filters)
        activation = hp.Choice(f"conv{i}.activation", ACTIVATIONS, default="relu")
        x = layers.Conv2D(units, 3, name=f"conv{i}")(x)  # (bands - 2, frames - 2, units)
        x = layers.MaxPooling2D(POOL, name=f"pool{i}")(x)  # (bands / 2, frames / 4, units)
        # Every choice is monotonic, so pooling first gives the same result for an eighth of the work.
        x = layers.Activation(activation, name=f"{activation}{i}")(x)
    x = layers.Flatten(name="flatten")(x)
    units = hp.Int("dense.units", 32, 128, step=16, default=64)
    activation = hp.Choice("dense.activation", ACTIVATIONS, default="relu")
    x = layers.Dense(units, activation=activation, name="dense")(x)
    outputs = layers.Dense(n_classes, activation="softmax", name="genre")(x)
    net = keras.Model(inputs, outputs, name="cnn")
    return compiled(net, hp)
