"""Which frames of a clip hold sound: nets are kept from hearing padding, and silence if asked to.

A short clip is padded at its end, in every row with the same value. SoundingLength tells from the input where that
begins, whatever the value is; the other layers keep what follows out of convolutions, means, maxima and recurrence. A
net that uses them says the same of a clip in a spectrogram of any width.
"""

from typing import Any

from genrelab.layers.keras_backend import keras

ops = keras.ops
register = keras.saving.register_keras_serializable("genrelab")


@register
class SoundingFrames(keras.layers.Layer):
    """Tell the frames that sound from padding and silence: (batch, rows, frames, 1) -> bool (batch, frames).

    A frame all of whose rows equal `floor` is padding. With `below` above 0, a frame is silent whose first row, which
    must follow the level, lies by more than `below` under the highest of the same clip.
    """

    always_float32 = True  # a level near the padding's must not become equal to it

    def __init__(self, floor: float, below: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.floor, self.below = floor, below

    def get_config(self) -> dict[str, Any]:
        """Return what the layer is made of."""
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

    Padding are the frames at the end all of whose rows equal the last value of the last frame.
    """

    always_float32 = True  # a level near the padding's must not become equal to it

    def compute_output_spec(self, x: Any) -> Any:
        """Return the lengths' shape and type."""
        return keras.KerasTensor((x.shape[0],), dtype="int32")

    def call(self, x: Any) -> Any:
        """Return the lengths."""
        x = ops.squeeze(x, axis=-1)
        there = ops.any(ops.not_equal(x, x[:, -1:, -1:]), axis=1)  # (batch, frames)
        return ops.max(ops.where(there, ops.arange(1, x.shape[2] + 1, dtype="int32"), 1), axis=1)


class _UpToLength(keras.layers.Layer):
    """What the layers share: a sequence whose frames lie along `axis`, each of `stride` frames of the clip.

    Of a clip's last frames that fill no stride nothing is kept, as poolings have it; of each clip one frame is.
    """

    def __init__(self, axis: int = 1, stride: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis, self.stride = axis, stride

    def get_config(self) -> dict[str, Any]:
        """Return what the layer is made of."""
        return {**super().get_config(), "axis": self.axis, "stride": self.stride}

    def frames(self, x: Any, length: Any) -> Any:
        """Return which frames of `x` sound: bool (batch, frames)."""
        kept = ops.maximum(1, ops.floor_divide(length, self.stride))
        return ops.arange(x.shape[self.axis], dtype="int32")[None, :] < kept[:, None]

    def along(self, x: Any, length: Any) -> Any:
        """Return the same in a shape that can be held against `x`."""
        shape = [x.shape[i] if i == self.axis else 1 for i in range(1, len(x.shape))]
        return ops.reshape(self.frames(x, length), (-1, *shape))


@register
class SoundingSteps(_UpToLength):
    """Tell recurrent layers which steps of a sequence sound: its mask, bool (batch, frames)."""

    def compute_output_spec(self, x: Any, length: Any) -> Any:
        """Return the mask's shape and type."""
        return keras.KerasTensor((x.shape[0], x.shape[self.axis]), dtype="bool")

    def call(self, x: Any, length: Any) -> Any:
        """Return the mask."""
        return self.frames(x, length)


@register
class ZeroPadding(_UpToLength):
    """Set what follows a clip to 0, which is what convolutions take to lie beyond the edge."""

    def compute_output_shape(self, x_shape: tuple[Any, ...], length_shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the input's shape."""
        return x_shape

    def call(self, x: Any, length: Any) -> Any:
        """Return the sequence."""
        return x * ops.cast(self.along(x, length), x.dtype)


class _OverTime(_UpToLength):
    """What poolings share: the frames' axis is gone afterwards."""

    def compute_output_shape(self, x_shape: tuple[Any, ...], length_shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the input's shape without the frames."""
        return tuple(n for i, n in enumerate(x_shape) if i != self.axis)


@register
class SoundingMean(_OverTime):
    """The mean over the frames that sound."""

    def call(self, x: Any, length: Any) -> Any:
        """Return the means."""
        exact = ops.cast(x, "float32")  # bfloat16 cannot count to 257
        weight = ops.cast(self.along(x, length), "float32")
        return ops.cast(ops.sum(exact * weight, axis=self.axis) / ops.sum(weight, axis=self.axis), x.dtype)


@register
class SoundingMax(_OverTime):
    """The maximum over the frames that sound."""

    def call(self, x: Any, length: Any) -> Any:
        """Return the maxima."""
        return ops.max(ops.where(self.along(x, length), x, -1e30), axis=self.axis)
