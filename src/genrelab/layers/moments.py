"""Statistics over the frames of a clip."""

from typing import Any

from genrelab.layers.keras_backend import keras

ops = keras.ops
register = keras.saving.register_keras_serializable("genrelab")


@register
class WindowMoments(keras.layers.Layer):
    """Mean and variance over windows of frames: (batch, frames, units) -> (batch, windows, 2 * units), means first.

    A window is `window` frames long, or the whole sequence if that is shorter, and begins `hop` frames after the
    previous one; frames at the end that do not fill a window are left out. If the clips' lengths in frames, int
    (batch,), are given, windows that end in the padding after a clip are 0 throughout, except the first, which covers
    the frames there are.
    """

    def __init__(self, window: int, hop: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.window, self.hop = window, hop

    def call(self, x: Any, length: Any = None) -> Any:
        """Return the moments."""
        given, x = x.dtype, ops.cast(x, "float32")  # in bfloat16, a small difference of large numbers would be lost
        return ops.cast(self._moments(x, length), given)

    def _moments(self, x: Any, length: Any) -> Any:
        window = min(self.window, x.shape[1])
        if length is not None:
            return self._heard(x, length, window)

        def mean(values: Any) -> Any:
            return ops.average_pool(values, window, strides=self.hop, padding="valid", data_format="channels_last")

        # Centred on the sequence's mean, so that the difference of two large numbers does not lose the variance.
        middle = ops.mean(x, axis=1, keepdims=True)
        apart = mean(x - middle)
        variance = ops.maximum(mean(ops.square(x - middle)) - ops.square(apart), 0.0)
        return ops.concatenate([apart + middle, variance], axis=-1)

    def _heard(self, x: Any, length: Any, window: int) -> Any:
        """Return the moments of the sounding frames; 0 in windows that are not full, except the first."""
        sounds = ops.cast(ops.arange(x.shape[1], dtype="int32")[None, :] < length[:, None], x.dtype)[..., None]

        def total(values: Any) -> Any:
            means = ops.average_pool(
                values * sounds, window, strides=self.hop, padding="valid", data_format="channels_last"
            )
            return means * window

        count = ops.maximum(total(ops.ones_like(x[..., :1])), 1.0)
        middle = ops.sum(x * sounds, axis=1, keepdims=True) / ops.sum(sounds, axis=1, keepdims=True)
        apart = total(x - middle) / count
        variance = ops.maximum(total(ops.square(x - middle)) / count - ops.square(apart), 0.0)
        starts = ops.arange(apart.shape[1], dtype="int32")[None, :] * self.hop
        full = ops.logical_or(starts + window <= length[:, None], starts == 0)
        return ops.concatenate([apart + middle, variance], axis=-1) * ops.cast(full, x.dtype)[..., None]

    def compute_output_shape(
        self, x_shape: tuple[Any, ...], length_shape: tuple[Any, ...] | None = None
    ) -> tuple[Any, ...]:
        """Return the output's shape."""
        batch, frames, units = x_shape
        return batch, (frames - min(self.window, frames)) // self.hop + 1, 2 * units

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "window": self.window, "hop": self.hop}


@register
class First(keras.layers.Layer):
    """Return the first input; the others are parts of the net that do not affect its output."""

    def call(self, inputs: list[Any]) -> Any:
        """Return the first input."""
        return inputs[0]

    def compute_output_shape(self, input_shape: list[tuple[Any, ...]]) -> tuple[Any, ...]:
        """Return the output's shape."""
        return tuple(input_shape[0])
