"""Four small convolutions on slices of three seconds of a song's spectrogram.

Source: Pelchat & Gelowitz 2019, Neural Network Music Genre Classification (CCECE; extended in the Canadian Journal of
Electrical and Computer Engineering 2020). Input (bands, frames, 1) in dB. The paper cuts songs into slices of about
three seconds, 128 bands x 128 frames; here 3 s have 64 frames at the default hop, and 129 with
`-P features.mel.hop=512 features.mel.frames=1320`.

Four convolutions of 2 x 2 with 64, 128, 256 and 512 filters, each followed by max-pooling, then a dense layer with
dropout and a softmax. The dense layer has 256 units, since four million weights are enough for a thousand songs. The
hyperparameter `activation` compares ReLU with ELU, which lets negative values through. A clip's prediction combines
those of its slices.

Reported on the authors' own songs, eight genres: accuracy 67%.
"""

import keras
from keras import layers

from genrelab.layers import SoundingLength
from genrelab.models import Paper
from genrelab.models._front import front

__all__ = ["FEATURES", "PAPER", "SPACES", "TRAINING_DEFAULTS", "build"]

FEATURES = ("mel",)
TRAINING_DEFAULTS = {"slices.seconds": 3.0}
PAPER = Paper(
    cite="Pelchat & Gelowitz 2019, Neural Network Music Genre Classification",
    reported="67%",
    data="the authors' own songs, eight genres, pictures of about 3 s",
    left_open="not known to us for certain: the sizes of the filters and of the dense layer, dropout, optimizer, and "
    "which figure belongs to which activation.",
    differs="The slices are mel-spectrograms in decibels, standardised band by band, and 64 frames wide at the default "
    "hop; figures are for whole clips, by all of their slices.",
)
SPACES = {
    "activations": ("activation", "learning_rate"),
    "units": ("*.units", "learning_rate"),
    "both": ("*.units", "activation", "learning_rate"),
}
FILTERS = (64, 128, 256, 512)


def build(hp, input_shape: tuple[int, int], n_classes: int) -> keras.Model:
    """Return the compiled net; `hp` (keras_tuner.HyperParameters) registers every hyperparameter.

    Input (batch, bands, frames, 1) in dB; output (batch, n_classes), probabilities.
    """
    inputs = keras.Input((*input_shape, 1), name="spectrogram")
    x = front(inputs, hp, SoundingLength(name="length")(inputs))
    activation = hp.Choice("activation", ["relu", "elu"], default="relu")
    for i, filters in enumerate(FILTERS, start=1):
        units = hp.Int(f"conv{i}.units", 16, 512, step=16, default=filters)
        x = layers.Conv2D(units, 2, padding="same", activation=activation, name=f"conv{i}")(x)
        x = layers.MaxPooling2D((min(2, x.shape[1]), min(2, x.shape[2])), name=f"pool{i}")(x)  # 1/16 after the fourth
    x = layers.Flatten(name="flatten")(x)
    units = hp.Int("dense.units", 64, 1024, step=64, default=256)
    x = layers.Dense(units, activation=activation, name="dense")(x)
    x = layers.Dropout(hp.Float("dropout", 0.0, 0.8, step=0.1, default=0.5), name="dropout")(x)
    outputs = layers.Dense(n_classes, activation="softmax", name="genre")(x)
    net = keras.Model(inputs, outputs, name="pelchat_cnn")
    rate = hp.Float("learning_rate", 1e-5, 1e-2, sampling="log", default=1e-4)
    net.compile(keras.optimizers.RMSprop(rate), "categorical_crossentropy", metrics=["accuracy"])
    return net
