"""Deepak & Prasad 2020: a recurrent net (LSTM) over the MFCC of the parts of a clip that are not silent.

Input (rows, frames, 1): MFCC, by default 13 with their first and second derivatives, in frames of 46 ms; the first row
follows the level. Padding and silent frames are masked, so the net skips them as if they were not there. A frame is
silent if its level, the mean over the mel bands in dB, is more than `silence` below that of the loudest frame of the
clip (or slice); with `features.mfcc.only_sounding`, silence is already cut out of the feature. Two LSTMs read the
frames in order; the last output of the second goes into a softmax.

The paper reports that an SVM on the LSTM's features is better than the LSTM alone (see deepak_lstm_svm). The sizes of
its net are not known here; those below are common ones. By default, the net takes slices of three seconds.
"""

import math

import keras
from keras import layers

from genrelab.features import mfcc
from genrelab.layers import SoundingFrames
from genrelab.models import Paper

FEATURES = ("mfcc",)
TRAINING_DEFAULTS = {"slices.seconds": 3.0}
PAPER = Paper(
    cite="Deepak & Prasad 2020, Music Classification based on Genre using LSTM",
    reported="not found",
    data="not found",
    left_open="the number and sizes of the layers, the length of sequences, and what counts as silent.",
    differs="A clip is classified by all of its slices of 3 s; silence is masked inside the net.",
)
SPACES = {"units": ("lstm*.units",)}
BANDS = 128  # mel bands behind the coefficients; the first coefficient is their mean times sqrt(BANDS)


def build(hp, input_shape: tuple[int, int], n_classes: int) -> keras.Model:
    """Return the compiled net; `hp` (keras_tuner.HyperParameters) registers every hyperparameter.

    Input (batch, rows, frames, 1); output (batch, n_classes), probabilities.
    """
    rows, frames = input_shape
    inputs = keras.Input((rows, frames, 1), name="coefficients")
    silence = hp.Choice("silence", [0.0, 20.0, 30.0, 40.0, 50.0], default=40.0)  # dB; 0: only padding is masked
    sounding = SoundingFrames(mfcc.FLOOR, silence * math.sqrt(BANDS), name="sounding")(inputs)
    x = layers.Normalization(axis=1, name="standardise_rows")(inputs)
    x = layers.Reshape((rows, frames), name="no_channel")(x)
    x = layers.Permute((2, 1), name="time_first")(x)
    dropout = hp.Float("dropout", 0.0, 0.5, step=0.1, default=0.2)
    for i, (size, sequences) in enumerate(((128, True), (64, False)), start=1):
        units = hp.Int(f"lstm{i}.units", 32, 256, step=32, default=size)
        # cuDNN does not support masks with holes, which silence within a clip makes.
        lstm = layers.LSTM(units, return_sequences=sequences, use_cudnn=False, name=f"lstm{i}")
        x = layers.Dropout(dropout, name=f"dropout{i}")(lstm(x, mask=sounding))
    outputs = layers.Dense(n_classes, activation="softmax", name="genre")(x)
    net = keras.Model(inputs, outputs, name="deepak_lstm")
    rate = hp.Float("learning_rate", 1e-4, 1e-2, sampling="log", default=1e-3)
    net.compile(keras.optimizers.Adam(rate), "categorical_crossentropy", metrics=["accuracy"])
    return net
