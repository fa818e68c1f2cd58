"""A CNN over the frames of short slices, with both maximum and mean pooling over time, and a shortcut.

Source: Zhang, Lei, Xu & Xing 2016, Improved Music Genre Classification with Convolutional Neural Networks
(Interspeech), nets 1 and 2. Input (bins, frames, 1) in dB: slices of 3 s of the magnitude of a short-time Fourier
transform, in the paper 513 bins x 128 frames (windows of 1024 samples at 22,050 Hz, half overlapping).

Convolutions run along time only; each sees all bins of four frames. Net 1 stacks three, with max-pooling in between.
Net 2 (`shortcut`, the default) has one, and a residual block of three more whose input is added to its output. The
maximum and the mean of each feature over the slice are concatenated (`pooling: both`) and go to dense layers of 300 and
150. A clip's prediction combines those of its slices.

Reported on GTZAN, ten genres: accuracy 87.4% (net 2, both poolings).
"""

from typing import Any

import keras
from keras import layers

from genrelab.layers import BatchNormalization, SoundingLength, SoundingMax, SoundingMean, ZeroPadding
from genrelab.models import Paper
from genrelab.models._front import front
from genrelab.models._thesis import ACTIVATIONS
from genrelab.models._thesis import SPACES as SHARED

__all__ = ["FEATURES", "PAPER", "SPACES", "TRAINING_DEFAULTS", "build"]

FEATURES = ("stft", "mel")
TRAINING_DEFAULTS = {"slices.seconds": 3.0}
PAPER = Paper(
    cite="Zhang et al. 2016, Improved Music Genre Classification with Convolutional Neural Networks",
    reported="87.4%",
    data="GTZAN, ten genres, slices of 3 s that vote",
    left_open="not known to us for certain: how clips were split, the pooling between convolutions, the number of "
    "convolutions in net 1, dropout, optimizer and epochs.",
    differs="batch normalisation after each convolution, momentum 0.9; padded edges; no overlap of slices by "
    "default; input in decibels, standardised bin by bin.",
)
SPACES = {
    "idea": ("shortcut", "pooling"),
    **SHARED,
}
MOMENTUM = 0.9  # see models/crnn.py for why not Keras's 0.99
CONVOLUTIONS = 3  # of net 1, and of net 2's block


def build(hp, input_shape: tuple[int, int], n_classes: int) -> keras.Model:
    """Return the compiled net; `hp` (keras_tuner.HyperParameters) registers every hyperparameter.

    Input (batch, bins, frames, 1) in dB; output (batch, n_classes), probabilities.
    """
    units = hp.Int("conv.units", 32, 512, step=32, default=256)
    width = hp.Int("conv.width", 2, 8, default=4)  # frames
    activation = hp.Choice("conv.activation", ACTIVATIONS, default="relu")
    inputs = keras.Input((*input_shape, 1), name="spectrogram")
    length = SoundingLength(name="length")(inputs)
    x = layers.Reshape(input_shape, name="picture")(front(inputs, hp, length))
    x = layers.Permute((2, 1), name="time_first")(x)  # (frames, bins)
    x = _convolution(x, units, width, "conv1", activation)
    x, stride = _shrunk(x, 4, "pool1", length, 1)  # (frames / 4, units)
    if hp.Boolean("shortcut", default=True):
        x = _block(x, units, width, activation, length, stride)
    else:
        for i in range(2, CONVOLUTIONS + 1):
            x = _convolution(x, units, width, f"conv{i}", activation)
            if i < CONVOLUTIONS:
                x, stride = _shrunk(x, 2, f"pool{i}", length, stride)
    x = _over_time(x, length, stride, hp.Choice("pooling", ["both", "max", "average"], default="both"))
    dropout = hp.Float("dropout", 0.0, 0.6, step=0.1, default=0.2)
    activation = hp.Choice("dense.activation", ACTIVATIONS, default="relu")
    for i, default in ((1, 300), (2, 150)):
        units = hp.Int(f"dense{i}.units", 50, 500, step=50, default=default)
        x = layers.Dense(units, activation=activation, name=f"dense{i}")(x)
        x = layers.Dropout(dropout, name=f"dropout{i}")(x)
    outputs = layers.Dense(n_classes, activation="softmax", name="genre")(x)
    net = keras.Model(inputs, outputs, name="zhang_cnn")
    rate = hp.Float("learning_rate", 1e-4, 1e-2, sampling="log", default=1e-3)
    net.compile(keras.optimizers.Adam(rate), "categorical_crossentropy", metrics=["accuracy"])
    return net


def _convolution(x: Any, units: int, width: int, name: str, activation: str | None) -> Any:
    x = layers.Conv1D(units, width, padding="same", use_bias=False, name=name)(x)
    x = BatchNormalization(momentum=MOMENTUM, name=f"{name}_norm")(x)
    return layers.Activation(activation, name=f"{name}_{activation}")(x) if activation else x


def _shrunk(x: Any, by: int, name: str, length: Any, stride: int) -> tuple[Any, int]:
    """Return one frame for each `by` frames, and the new stride."""
    by = min(by, x.shape[1])
    x = layers.MaxPooling1D(by, name=name)(x)
    return ZeroPadding(stride=stride * by, name=f"{name}_no_padding")(x, length), stride * by


def _block(x: Any, units: int, width: int, activation: str, length: Any, stride: int) -> Any:
    """Return the input (frames, units) plus what the block's convolutions make of it."""
    y = x
    for i in range(1, CONVOLUTIONS + 1):
        y = _convolution(y, units, width, f"block{i}", activation if i < CONVOLUTIONS else None)
        y = ZeroPadding(stride=stride, name=f"block{i}_no_padding")(y, length)
    return layers.Activation(activation, name="block")(layers.Add(name="shortcut")([x, y]))


def _over_time(x: Any, length: Any, stride: int, pooling: str) -> Any:
    """Return the maxima over time (units,), the means, or the maxima followed by the means (2 * units,)."""
    parts = {
        "max": SoundingMax(stride=stride, name="maxima"),
        "average": SoundingMean(stride=stride, name="means"),
    }
    if pooling != "both":
        return parts[pooling](x, length)
    return layers.Concatenate(name="maxima_and_means")([pool(x, length) for pool in parts.values()])
