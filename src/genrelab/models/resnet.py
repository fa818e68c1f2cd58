"""A small residual net for slices of three seconds: what training from scratch achieves with a few hundred clips.

Source: our own; residual blocks after He et al. 2016 (arXiv 1512.03385). Input (bands, frames, 1) in dB, a
mel-spectrogram: 3 s are 128 x 64.

The first convolution sees 7 bands at a time and has a stride of four bands. Four blocks follow, each of two 3 x 3
convolutions whose output is added to the block's input, with pooling by two between blocks: 32-16-8-4 bands, 16 to 128
filters. The mean and the maximum over what remains give 256 numbers, which are classified. Nothing is flattened, so the
net has as many weights for a clip as for a slice, 0.3 million.

To keep the net from memorising the few artists and productions, slices are changed in training: the balance of high and
low (`augment.equaliser`), the pitch (`augment.pitch`), SpecAugment's masks and mixup. Labels are smoothed, weights
decay, and the learning rate falls to zero over the epochs (`anneal`).
"""

from typing import Any

import keras
from keras import layers

from genrelab.layers import (
    BatchNormalization,
    SoundingLength,
    SoundingMax,
    SoundingMean,
    ZeroPadding,
)
from genrelab.models import Paper
from genrelab.models._compiled import compiled
from genrelab.models._front import front

__all__ = ["FEATURES", "PAPER", "SPACES", "TRAINING_DEFAULTS", "build"]

FEATURES = ("mel",)
TRAINING_DEFAULTS = {
    "slices.seconds": 3.0,
    "slices.vote": "geometric",
    "training.epochs": 80,
    "training.batch_size": 32,
}
PAPER = Paper(
    cite="own, after He et al. 2016, Deep Residual Learning for Image Recognition",
    reported="-",
    data="-",
    left_open="",
    differs="",
)
SPACES = {
    "augmentation": ("augment.*",),
    "regularisation": ("dropout", "label_smoothing", "weight_decay", "learning_rate"),
}
BLOCKS = (16, 32, 64, 128)  # filters
MOMENTUM = 0.9  # of the moving averages, as in the crnn


def build(hp, input_shape: tuple[int, int], n_classes: int) -> keras.Model:
    """Return the compiled net; `hp` (keras_tuner.HyperParameters) registers every hyperparameter.

    Input (batch, bands, frames, 1) in dB; output (batch, n_classes), probabilities.
    """
    inputs = keras.Input((*input_shape, 1), name="spectrogram")
    length = SoundingLength(name="length")(inputs)
    x = front(inputs, hp, length, equaliser=10.0, pitch=0.03, mask=0.2, mixup=0.2)
    scale = hp.Choice("scale", [0.5, 1.0, 2.0], default=1.0)
    filters = [int(n * scale) for n in BLOCKS]
    x = _convolved(x, filters[0], (7, 3), "stem", strides=(4, 1))
    x = layers.ReLU(name="stem_relu")(x)
    x, stride = _halved(x, "stem_pool", length, 1, bands=1)
    for i, n in enumerate(filters, start=1):
        x = _block(x, n, f"block{i}", length, stride)
        if i < len(filters):
            x, stride = _halved(x, f"pool{i}", length, stride)
    over_time = {"axis": 2, "stride": stride}
    mean = SoundingMean(**over_time, name="mean_over_time")(x, length)  # (bands, filters)
    maximum = SoundingMax(**over_time, name="maximum_over_time")(x, length)
    x = layers.Concatenate(name="summary")(
        [layers.GlobalAveragePooling1D(name="mean")(mean), layers.GlobalMaxPooling1D(name="maximum")(maximum)]
    )
    x = layers.Dropout(hp.Float("dropout", 0.0, 0.8, step=0.1, default=0.4), name="dropout")(x)
    outputs = layers.Dense(n_classes, activation="softmax", name="genre")(x)
    net = keras.Model(inputs, outputs, name="resnet")
    return compiled(net, hp, rate=2e-3, decay=1e-4, smoothing=0.1, anneal=True)


def _block(x, filters: int, name: str, length, stride: int) -> Any:
    """Return (..., filters): the input plus the output of two convolutions."""
    y = layers.ReLU(name=f"{name}_relu1")(_convolved(x, filters, 3, f"{name}_conv1"))
    y = ZeroPadding(axis=2, stride=stride, name=f"{name}_no_padding")(y, length)
    y = _convolved(y, filters, 3, f"{name}_conv2")
    if x.shape[-1] != filters:
        x = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_shortcut")(x)
    return layers.ReLU(name=f"{name}_relu2")(layers.Add(name=name)([x, y]))


def _convolved(x, filters: int, size: int | tuple[int, int], name: str, strides: tuple[int, int] = (1, 1)) -> Any:
    x = layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False, name=name)(x)
    return BatchNormalization(momentum=MOMENTUM, name=f"{name}_norm")(x)


def _halved(x, name: str, length, stride: int, bands: int = 2) -> tuple[Any, int]:
    """Return half the frames, and half the bands unless `bands` is 1, and the new stride; an axis of 1 stays."""
    pool = (min(bands, x.shape[1]), min(2, x.shape[2]))
    stride *= pool[1]
    x = layers.MaxPooling2D(pool, name=name)(x)
    return ZeroPadding(axis=2, stride=stride, name=f"{name}_no_padding")(x, length), stride
