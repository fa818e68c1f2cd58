"""Five independently recurrent layers on a scattering transform.

Source: Wu, Han, Wang & Sun 2018 (in the thesis: 2019), Music Genre Classification Using Independent Recurrent Neural
Network; the layers are those of Li et al. 2018 (arXiv 1803.04831). Input (paths, frames), scattering of first and
second order in dB, one path per row, by default 455 paths and 162 frames of 186 ms. Each unit of a layer sees only its
own previous state, so gradients of long sequences neither vanish nor explode, and many layers can be stacked. Batch
normalisation follows each layer. The last state of the last layer is classified.

Reported: 97% on GTZAN, according to the thesis; an independent replication has 84%, with MFCC in addition to the
scattering.
"""

import keras
from keras import layers

from genrelab.layers import IndRNN, SoundingLength, SoundingSteps
from genrelab.models import Paper
from genrelab.models._front import front

FEATURES = ("scattering",)
# With such a small learning rate, 25 epochs are too few.
TRAINING_DEFAULTS = {"training.epochs": 100}
PAPER = Paper(
    cite="Wu et al. 2018, Music Genre Classification Using Independent Recurrent Neural Network",
    reported="97% (by the thesis); an independent replication: 84%",
    data="GTZAN",
    left_open="not known from the abstract and the thesis: the scattering's scales, the layers' sizes, dropout, "
    "batches, epochs and the split; the values here are our own.",
    differs="scattering of whole clips at 11,025 Hz in frames of 186 ms, in dB; batch normalisation with momentum 0.9.",
)
SPACES = {"regularisation": ("dropout", "learning_rate", "units")}
LAYERS = 5
MOMENTUM = 0.9


def build(hp, input_shape: tuple[int, int], n_classes: int) -> keras.Model:
    """Return the compiled net; `hp` (keras_tuner.HyperParameters) registers every hyperparameter.

    Input (batch, paths, frames, 1) in dB; output (batch, n_classes), probabilities.
    """
    inputs = keras.Input((*input_shape, 1), name="scattering")
    length = SoundingLength(name="length")(inputs)
    x = front(inputs, hp, length)
    x = layers.Permute((2, 1, 3), name="time_first")(x)
    x = layers.Reshape((input_shape[1], input_shape[0]), name="sequence")(x)
    sounding = SoundingSteps(name="sounding")(x, length)
    units = hp.Choice("units", [64, 128, 256, 512], default=128)
    dropout = hp.Float("dropout", 0.0, 0.7, default=0.2)
    for i in range(1, LAYERS + 1):
        x = IndRNN(units, sequences=i < LAYERS, name=f"indrnn{i}")(x, sounding)
        x = layers.BatchNormalization(momentum=MOMENTUM, name=f"norm{i}")(x)
        x = layers.Dropout(dropout, name=f"dropout{i}")(x)
    outputs = layers.Dense(n_classes, activation="softmax", name="genre")(x)
    net = keras.Model(inputs, outputs, name="wu_indrnn")
    rate = hp.Float("learning_rate", 1e-5, 1e-2, sampling="log", default=2e-4)
    net.compile(keras.optimizers.Adam(rate), "categorical_crossentropy", metrics=["accuracy"])
    return net
