"""Masks of the frames of a clip that hold sound, so that nets ignore padding and, if asked to, silence.

A short clip is padded at its end, with the same value in every row. SoundingLength finds where the padding begins in
the input, whatever the value is; the other layers keep the padding out of convolutions, means, maxima and recurrence. A
net that uses them gives the same answer for a clip in a spectrogram of any width.
"""

from typing import Any

from genrelab.layers.keras_backend import keras

ops = keras.ops
register = keras.saving.register_keras_serializable("genrelab")


@register
class SoundingFrames(keras.layers.Layer):
    """Tell sounding frames from padding and silence: (batch, rows, frames, 1) -> bool (batch, frames).

    A frame is padding if all its rows equal `floor`. With `below` above 0, a frame is silent if its first row, which
    must follow the level, is more than `below` under the highest one of the clip.
    """

    always_float32 = True  # rounding must not make a level equal to the padding's

    def __init__(self, floor: float, below: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.floor, self.below = floor, below

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "floor": self.floor, "below": self.below}

    def compute_output_spec(self, x: Any) -> Any:
        """Return the mask's shape and type."""
        return keras.KerasTensor((x.shape[0], x.shape[2]), dtype="bool")

    def call(self, x: Any) -> Any:
        """Return the mask."""
        x = ops.squeeze(x, axis=-1)
        there = ops.any(ops.not_equal(x, self.floor), axis=1)
        if not self.below:
            return there
        level = x[:, 0]
        lowest = ops.min(level, axis=1, keepdims=True)
        highest = ops.max(ops.where(there, level, lowest), axis=1, keepdims=True)
        return ops.logical_and(there, level >= highest - self.below)


@register
class SoundingLength(keras.layers.Layer):
    """Count the frames before the padding: (batch, rows, frames, 1) -> int32 (batch,), at least 1.

    The padding is the frames at the end whose rows all equal the last value of the last frame.
    """

    always_float32 = True  # rounding must not make a level equal to the padding's

    def compute_output_spec(self, x: Any) -> Any:
        """Return the lengths' shape and type."""
        return keras.KerasTensor((x.shape[0],), dtype="int32")

    def call(self, x: Any) -> Any:
        """Return the lengths."""
        x = ops.squeeze(x, axis=-1)
        there = ops.any(ops.not_equal(x, x[:, -1:, -1:]), axis=1)  # (batch, frames)
        return ops.max(ops.where(there, ops.arange(1, x.shape[2] + 1, dtype="int32"), 1), axis=1)


class _UpToLength(keras.layers.Layer):
    """Base class: a sequence whose frames lie along `axis`, each covering `stride` frames of the clip.

    Frames at the end of a clip that do not fill a stride are dropped, as in pooling, but every clip keeps one frame.
    """

    def __init__(self, axis: int = 1, stride: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis, self.stride = axis, stride

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "axis": self.axis, "stride": self.stride}

    def frames(self, x: Any, length: Any) -> Any:
        """Return a mask of the sounding frames of `x`, bool (batch, frames)."""
        kept = ops.maximum(1, ops.floor_divide(length, self.stride))
        return ops.arange(x.shape[self.axis], dtype="int32")[None, :] < kept[:, None]

    def along(self, x: Any, length: Any) -> Any:
        """Return the same mask in a shape that broadcasts with `x`."""
        shape = [x.shape[i] if i == self.axis else 1 for i in range(1, len(x.shape))]
        return ops.reshape(self.frames(x, length), (-1, *shape))


@register
class SoundingSteps(_UpToLength):
    """Mask of the sounding steps of a sequence, for recurrent layers: bool (batch, frames)."""

    def compute_output_spec(self, x: Any, length: Any) -> Any:
        """Return the mask's shape and type."""
        return keras.KerasTensor((x.shape[0], x.shape[self.axis]), dtype="bool")

    def call(self, x: Any, length: Any) -> Any:
        """Return the mask."""
        return self.frames(x, length)


@register
class ZeroPadding(_UpToLength):
    """Set what follows a clip to 0, the value that convolutions assume beyond the edge."""

    def compute_output_shape(self, x_shape: tuple[Any, ...], length_shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the input's shape."""
        return x_shape

    def call(self, x: Any, length: Any) -> Any:
        """Return the sequence."""
        return x * ops.cast(self.along(x, length), x.dtype)


class _OverTime(_UpToLength):
    """Base class of poolings, which remove the frames' axis."""

    def compute_output_shape(self, x_shape: tuple[Any, ...], length_shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the input's shape without the frames."""
        return tuple(n for i, n in enumerate(x_shape) if i != self.axis)


@register
class SoundingMean(_OverTime):
    """The mean over the sounding frames."""

    def call(self, x: Any, length: Any) -> Any:
        """Return the means."""
        exact = ops.cast(x, "float32")  # bfloat16 cannot count to 257
        weight = ops.cast(self.along(x, length), "float32")
        return ops.cast(ops.sum(exact * weight, axis=self.axis) / ops.sum(weight, axis=self.axis), x.dtype)


@register
class SoundingMax(_OverTime):
    """The maximum over the sounding frames."""

    def call(self, x: Any, length: Any) -> Any:
        """Return the maxima."""
        return ops.max(ops.where(self.along(x, length), x, -1e30), axis=self.axis)
