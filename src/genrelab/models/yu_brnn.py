"""A bidirectional recurrent net over the frames of a spectrogram, with attention: not all frames count equally.

Source: Yu, Luo, Liu, Qiao, Liu & Feng 2020, Deep attention based music genre classification (Neurocomputing 372). Input
(bins, frames, 1) in dB, the magnitude of a short-time Fourier transform; slices of 3 s by default.

GRUs read the frames forwards and backwards, and their outputs for a frame are concatenated. A clip is represented by
their mean, weighted by `attention`:
  none      no weights: the last output of each direction;
  serial    weights computed from the GRUs' own output, after them, by a linear score and a softmax over time;
  parallel  weights computed from the net's input, in parallel with the GRUs, by a linear score;
  cnn       weights computed from the net's input by a convolution along time (the default, the paper's best).
A clip's prediction combines those of its slices.

Reported on GTZAN, ten genres: accuracy about 92.7% (cnn).
"""

from typing import Any

import keras
from keras import layers

from genrelab.layers import ConvAttention, LinearAttention, SoundingLength, SoundingSteps
from genrelab.models import Paper
from genrelab.models._front import front

__all__ = ["FEATURES", "PAPER", "SPACES", "TRAINING_DEFAULTS", "build"]

FEATURES = ("stft", "mel")
TRAINING_DEFAULTS = {"slices.seconds": 3.0}
PAPER = Paper(
    cite="Yu et al. 2020, Deep attention based music genre classification",
    reported="about 92.7%",
    data="GTZAN, ten genres",
    left_open="not known to us for certain: how clips were split, the length of slices, the sizes of the GRUs and of "
    "the attention's convolution, dropout, optimizer and epochs.",
    differs="input in decibels, standardised bin by bin; slices of 3 s, combined for each clip; one layer of GRUs; "
    "without attention, the last output of each direction.",
)
SPACES = {
    "attention": ("attention", "attention.*", "learning_rate"),
    "units": ("gru.units", "learning_rate"),
}


def build(hp, input_shape: tuple[int, int], n_classes: int) -> keras.Model:
    """Return the compiled net; `hp` (keras_tuner.HyperParameters) registers every hyperparameter.

    Input (batch, bins, frames, 1) in dB; output (batch, n_classes), probabilities.
    """
    inputs = keras.Input((*input_shape, 1), name="spectrogram")
    length = SoundingLength(name="length")(inputs)
    x = layers.Reshape(input_shape, name="picture")(front(inputs, hp, length))
    frames = layers.Permute((2, 1), name="time_first")(x)  # (frames, bins)
    sounding = SoundingSteps(name="sounding")(frames, length)
    units = hp.Int("gru.units", 32, 256, step=32, default=128)  # of each direction
    attention = hp.Choice("attention", ["none", "serial", "parallel", "cnn"], default="cnn")
    filters = hp.Int("attention.filters", 16, 128, step=16, default=64)
    width = hp.Int("attention.width", 3, 9, step=2, default=5)  # frames
    gru = layers.GRU(units, return_sequences=attention != "none", name="gru")
    x = layers.Bidirectional(gru, name="both_ways")(frames, mask=sounding)
    if attention != "none":
        x = _attention(attention, filters, width)(x, x if attention == "serial" else frames, sounding)
    x = layers.Dropout(hp.Float("dropout", 0.0, 0.7, step=0.1, default=0.5), name="dropout")(x)
    outputs = layers.Dense(n_classes, activation="softmax", name="genre")(x)
    net = keras.Model(inputs, outputs, name="yu_brnn")
    rate = hp.Float("learning_rate", 1e-4, 1e-2, sampling="log", default=1e-3)
    net.compile(keras.optimizers.Adam(rate), "categorical_crossentropy", metrics=["accuracy"])
    return net


def _attention(kind: str, filters: int, width: int) -> Any:
    return ConvAttention(filters, width, name="attention") if kind == "cnn" else LinearAttention(name="attention")
