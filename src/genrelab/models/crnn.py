"""The thesis's CRNN: four convolutional blocks that shrink the frequency axis to one, then two GRUs over time.

Source: Nasrullah & Zhao 2019 (arXiv 1901.04555), as adopted by the thesis (Ajufu 2020, section 4). Input (bands,
frames, 1); with 128 x 660, the bands go 128-64-16-4-1 and the frames 660-330-165-82-41.

Reported by the thesis on GTZAN, ten genres, 200 test clips: accuracy 66% untuned, 66% tuned (the preset `thesis-both`).

Deviation: the moving averages of batch normalisation use momentum 0.9, not Keras's 0.99. An epoch on a corpus of
GTZAN's size has forty steps; with 0.99, the averages lag behind the weights for many epochs, and so do the validation
figures. docs/crnn.md shows the measurement.
"""

import keras
from keras import layers

from genrelab.layers import BatchNormalization, SoundingLength, SoundingSteps, ZeroPadding
from genrelab.models import Paper
from genrelab.models._compiled import compiled
from genrelab.models._front import front
from genrelab.models._thesis import ACTIVATIONS, SPACES

__all__ = ["FEATURES", "PAPER", "PRESETS", "SPACES", "build"]

FEATURES = ("mel",)
PAPER = Paper(
    cite="Nasrullah & Zhao 2019, Music Artist Classification with CRNNs, and Ajufu 2020, the thesis",
    reported="the thesis: 66% untuned, 66% tuned; Nasrullah & Zhao: F1 0.937 by song split, 0.65-0.67 by album split",
    data="the thesis: GTZAN, ten genres, 200 random test clips; Nasrullah & Zhao: artists of Artist20",
    left_open="",
    differs="Batch normalisation uses momentum 0.9; the input is standardised band by band.",
)
BLOCKS = ((64, (2, 2)), (128, (4, 2)), (128, (4, 2)), (128, (4, 2)))  # filters, pooling over (bands, frames)
MOMENTUM = 0.9
# The best configurations that the thesis found in these spaces (its section 6.3). For the last one, it does not give
# the GRUs' activations, which stay at their default.
PRESETS = {
    "thesis-units": {
        "conv1.units": 128,
        "conv2.units": 48,
        "conv3.units": 48,
        "conv4.units": 80,
        "gru1.units": 112,
        "gru2.units": 48,
        "learning_rate": 2.8e-4,
    },
    "thesis-activations": {
        "conv1.activation": "elu",
        "conv2.activation": "relu",
        "conv3.activation": "relu",
        "conv4.activation": "tanh",
        "gru1.activation": "elu",
        "gru2.activation": "elu",
        "learning_rate": 4.54e-4,
    },
    "thesis-both": {
        "conv1.units": 96,
        "conv1.activation": "relu",
        "conv2.units": 48,
        "conv2.activation": "sigmoid",
        "conv3.units": 64,
        "conv3.activation": "tanh",
        "conv4.units": 80,
        "conv4.activation": "tanh",
        "gru1.units": 112,
        "gru2.units": 96,
        "learning_rate": 4.93e-4,
    },
    "recipe": {
        "slices.seconds": 3.0,
        "slices.hop": 1.5,
        "training.epochs": 14,
        "training.batch_size": 16,
        "conv1.units": 32,
        "conv2.units": 32,
        "conv3.units": 64,
        "augment.equaliser": 10.0,
        "augment.pitch": 0.03,
        "augment.mask": 0.1,
        "label_smoothing": 0.1,
        "anneal": True,
    },
}


def build(hp, input_shape: tuple[int, int], n_classes: int) -> keras.Model:
    """Return the compiled net; `hp` (keras_tuner.HyperParameters) registers every hyperparameter.

    Input (batch, bands, frames, 1) in dB; output (batch, n_classes), probabilities.
    """
    inputs = keras.Input((*input_shape, 1), name="spectrogram")
    length = SoundingLength(name="length")(inputs)
    x = front(inputs, hp, length)
    stride = 1  # frames of the clip per frame of the feature map
    for i, (filters, pool) in enumerate(BLOCKS, start=1):
        units = hp.Int(f"conv{i}.units", 32, 128, step=16, default=filters)
        activation = hp.Choice(f"conv{i}.activation", ACTIVATIONS, default="elu")
        x = layers.Conv2D(units, 3, padding="same", activation=activation, name=f"conv{i}")(x)
        x = BatchNormalization(momentum=MOMENTUM, name=f"norm{i}")(x)
        # An input smaller than the thesis's may have fewer bands or frames left than the pool size.
        pool = (min(pool[0], x.shape[1]), min(pool[1], x.shape[2]))
        x = layers.MaxPooling2D(pool, name=f"pool{i}")(x)
        stride *= pool[1]
        x = ZeroPadding(axis=2, stride=stride, name=f"no_padding{i}")(x, length)
        x = layers.Dropout(0.1, name=f"dropout{i}")(x)
    x = layers.Permute((2, 1, 3), name="time_first")(x)  # (frames / 16, bands / 128, units)
    x = layers.Reshape((x.shape[1], x.shape[2] * x.shape[3]), name="sequence")(x)
    heard = SoundingSteps(stride=stride, name="heard")(x, length)
    for i, sequences in ((1, True), (2, False)):
        units = hp.Int(f"gru{i}.units", 32, 128, step=16, default=32)
        activation = hp.Choice(f"gru{i}.activation", ACTIVATIONS, default="tanh")
        x = layers.GRU(units, activation=activation, return_sequences=sequences, name=f"gru{i}")(x, mask=heard)
    x = layers.Dropout(0.3, name="dropout")(x)
    outputs = layers.Dense(n_classes, activation="softmax", name="genre")(x)
    net = keras.Model(inputs, outputs, name="crnn")
    return compiled(net, hp)
