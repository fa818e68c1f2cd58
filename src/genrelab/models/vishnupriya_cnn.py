"""One CNN for two features, mel-spectrogram and MFCC, to tell which of them serves it better.

Source: Vishnupriya & Meenakshi 2018, Automatic Music Genre Classification using Convolution Neural Network (ICCCI).
Input (rows, frames, 1): a mel-spectrogram in dB, or MFCC with `-P feature=mfcc`; nothing else changes.

Three convolutions (`blocks` sets one to three) of 3 x 3, each followed by batch normalisation, max-pooling and dropout,
then their mean over time, so that a dense layer need not learn every position in a clip separately. Each row, a band or
a coefficient, is standardised on train, so that scale puts neither feature at a disadvantage. There is no augmentation:
its strengths are in dB, and coefficients are not.

Reported: we know no figure for certain. The thesis (Ajufu 2020) says that MFCC wins; other sources say the reverse.
"""

import keras
from keras import layers

from genrelab.layers import BatchNormalization, SoundingLength, SoundingMean, ZeroPadding
from genrelab.models import Paper

FEATURES = ("mel", "mfcc")
TRAINING_DEFAULTS = {"slices.seconds": 3.0}
PAPER = Paper(
    cite="Vishnupriya & Meenakshi 2018, Automatic Music Genre Classification using Convolution Neural Network",
    reported="not found",
    data="GTZAN, ten genres",
    left_open="not known to us for certain: the number and sizes of the layers, dropout, optimizer and epochs. "
    "Sources disagree on which feature won.",
    differs="slices of 3 s, combined for each clip; standardised rows of the input; batch normalisation; "
    "the mean over time before the dense layer; wider pooling along time than along rows.",
)
SPACES = {"units": ("*.units", "learning_rate")}
FILTERS = (32, 64, 128)  # of the first, second, third block
POOLS = ((2, 4), (2, 4), (4, 4))  # rows, frames
MOMENTUM = 0.9  # see models/crnn.py for why not Keras's 0.99


def build(hp, input_shape: tuple[int, int], n_classes: int) -> keras.Model:
    """Return the compiled net; `hp` (keras_tuner.HyperParameters) registers every hyperparameter.

    Input (batch, rows, frames, 1), the rows of any unit; output (batch, n_classes), probabilities.
    """
    inputs = keras.Input((*input_shape, 1), name="rows")
    x = layers.Normalization(axis=1, name="standardise_rows")(inputs)
    length = SoundingLength(name="length")(inputs)
    x = ZeroPadding(axis=2, name="no_padding")(x, length)
    stride = 1  # frames of the clip per frame of the feature map
    blocks = hp.Int("blocks", 1, len(FILTERS), default=3)
    dropout = hp.Float("dropout", 0.0, 0.5, step=0.1, default=0.1)
    for i, (filters, pool) in enumerate(zip(FILTERS, POOLS, strict=True), start=1):
        units = hp.Int(f"conv{i}.units", 16, 256, step=16, default=filters)
        if i > blocks:
            continue
        x = layers.Conv2D(units, 3, padding="same", activation="relu", name=f"conv{i}")(x)
        x = BatchNormalization(momentum=MOMENTUM, name=f"norm{i}")(x)
        pool = (min(pool[0], x.shape[1]), min(pool[1], x.shape[2]))
        x = layers.MaxPooling2D(pool, name=f"pool{i}")(x)
        stride *= pool[1]
        x = ZeroPadding(axis=2, stride=stride, name=f"no_padding{i}")(x, length)
        x = layers.Dropout(dropout, name=f"dropout{i}")(x)
    x = SoundingMean(axis=2, stride=stride, name="over_time")(x, length)
    x = layers.Flatten(name="flatten")(x)  # (remaining rows * units,)
    x = layers.Dense(hp.Int("dense.units", 32, 256, step=32, default=128), activation="relu", name="dense")(x)
    x = layers.Dropout(hp.Float("dense.dropout", 0.0, 0.6, step=0.1, default=0.3), name="dropout")(x)
    outputs = layers.Dense(n_classes, activation="softmax", name="genre")(x)
    net = keras.Model(inputs, outputs, name="vishnupriya_cnn")
    rate = hp.Float("learning_rate", 1e-4, 1e-2, sampling="log", default=1e-3)
    net.compile(keras.optimizers.Adam(rate), "categorical_crossentropy", metrics=["accuracy"])
    return net
