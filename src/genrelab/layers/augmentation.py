"""Augmentation of spectrograms, in training only.

Each layer takes and returns float32 (batch, bands, frames, 1), whatever the net's precision, draws new random numbers
for each clip of a batch, and returns its input unchanged when a net predicts. Levels are in dB relative to the clip's
maximum.
"""

from typing import Any

import numpy as np

from genrelab.layers.keras_backend import keras

ops = keras.ops
FLOOR = -80.0  # dB: the level at which noise starts to show in a mel-spectrogram at its defaults
MASKS = 2  # of each kind
KNOTS = 6  # bands for which an equaliser draws gains
register = keras.saving.register_keras_serializable("genrelab")


class _Augmentation(keras.layers.Layer):
    """Base class: a strength, a random generator, and a no-op outside of training."""

    always_float32 = True

    def __init__(self, strength: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.strength = strength
        self.seeds = keras.random.SeedGenerator()

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "strength": self.strength}

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def call(self, x: Any, training: bool | None = None) -> Any:
        return self.change(x) if training else x

    def change(self, x: Any) -> Any:
        """Return the batch as changed in training."""
        raise NotImplementedError

    def drawn(self, x: Any, low: float, high: float) -> Any:
        """Return a random number for each clip, uniform in low...high: (batch, 1, 1, 1)."""
        return keras.random.uniform((ops.shape(x)[0], 1, 1, 1), low, high, seed=self.seeds)


@register
class Gain(_Augmentation):
    """Make a clip louder or softer by at most `strength` dB."""

    def change(self, x: Any) -> Any:
        """Add a random number of dB to each clip."""
        return x + self.drawn(x, -self.strength, self.strength)


@register
class AdditiveNoise(_Augmentation):
    """Add noise, white on the mel scale, at a level between FLOOR and `strength` dB above it; powers are added."""

    def change(self, x: Any) -> Any:
        """Add noise whose power in each band and frame is exponentially distributed, like that of white noise."""
        level = self.drawn(x, FLOOR, FLOOR + self.strength)
        chance = keras.random.uniform(ops.shape(x), 1e-7, 1.0, seed=self.seeds)
        power = ops.power(10.0, x / 10) - ops.power(10.0, level / 10) * ops.log(chance)
        return 10 * ops.log10(power)


@register
class TimeShift(_Augmentation):
    """Shift a clip circularly along time, by at most `strength` of its length.

    If the clips' lengths in frames, int (batch,), are given, the padding after them stays in place.
    """

    def call(self, x: Any, training: bool | None = None, length: Any = None) -> Any:
        """Return the clips, shifted in training."""
        return self.change(x, length) if training else x

    def compute_output_shape(
        self, x_shape: tuple[int | None, ...], length_shape: tuple[int | None, ...] | None = None
    ) -> tuple[int | None, ...]:
        """Return the input's shape."""
        return x_shape

    def change(self, x: Any, length: Any = None) -> Any:
        """Roll each clip by its own number of frames."""
        frames = x.shape[2]
        length = ops.full((1, 1, 1, 1), frames, "int32") if length is None else length[:, None, None, None]
        share = self.drawn(x, -self.strength, self.strength)
        by = ops.cast(ops.round(share * ops.cast(length, share.dtype)), "int32")
        place = ops.arange(frames, dtype="int32")[None, None, :, None]
        place = ops.where(place < length, ops.mod(place - by, length), place)
        return ops.take_along_axis(x, ops.broadcast_to(place, ops.shape(x)), axis=2)


@register
class Masks(_Augmentation):
    """Hide two stretches of bands and two of frames, each at most `strength` of the axis.

    Source: Park et al. 2019 (arXiv 1904.08779), SpecAugment, without its warping. Hidden values become 0, which is the
    mean if the input is standardised.
    """

    def change(self, x: Any) -> Any:
        """Set the hidden values to 0."""
        for axis in (1, 2):
            for _ in range(MASKS):
                x = x * self._mask(x, axis)
        return x

    def _mask(self, x: Any, axis: int) -> Any:
        n = x.shape[axis]
        width = self.drawn(x, 0.0, self.strength) * n
        start = self.drawn(x, 0.0, 1.0) * (n - width)
        place = ops.reshape(ops.arange(n, dtype="float32"), [n if i == axis else 1 for i in range(4)])
        return ops.cast(ops.logical_or(place < start, place >= start + width), x.dtype)


@register
class Equaliser(_Augmentation):
    """Change the balance of high and low: at most `strength` dB more or less per band, similar for neighbours.

    The gains are drawn at KNOTS bands, evenly spaced from the lowest to the highest, and interpolated linearly in
    between.
    """

    def change(self, x: Any) -> Any:
        """Add a gain to each band, the same in all frames."""
        at = np.linspace(0, KNOTS - 1, x.shape[1])
        shares = np.maximum(0, 1 - np.abs(at - np.arange(KNOTS)[:, np.newaxis])).astype("float32")  # (knots, bands)
        gains = keras.random.uniform((ops.shape(x)[0], KNOTS), -self.strength, self.strength, seed=self.seeds)
        return x + ops.matmul(gains, shares)[:, :, None, None]


@register
class PitchShift(_Augmentation):
    """Shift a clip up or down by at most `strength` of the bands; the outermost band fills the gap."""

    def change(self, x: Any) -> Any:
        """Shift each clip by its own number of bands."""
        bands = x.shape[1]
        by = ops.cast(ops.round(self.drawn(x, -self.strength, self.strength) * bands), "int32")
        place = ops.arange(bands, dtype="int32")[None, :, None, None]
        return ops.take_along_axis(x, ops.broadcast_to(ops.clip(place - by, 0, bands - 1), ops.shape(x)), axis=1)
