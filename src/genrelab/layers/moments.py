"""What a clip's frames amount to."""

from typing import Any

from genrelab.layers.keras_backend import keras

ops = keras.ops
register = keras.saving.register_keras_serializable("genrelab")


@register
class WindowMoments(keras.layers.Layer):
    """Mean and variance over windows of frames: (batch, frames, units) -> (batch, windows, 2 * units), means first.

    A window is `window` frames long, or the whole sequence where that is shorter, and begins `hop` frames after the one
    before; frames at the end that fill no window are left out.
    """

    def __init__(self, window: int, hop: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.window, self.hop = window, hop

    def call(self, x: Any) -> Any:
        """Return the moments."""
        window = min(self.window, x.shape[1])

        def mean(values: Any) -> Any:
            return ops.average_pool(values, window, strides=self.hop, padding="valid", data_format="channels_last")

        # Around the sequence's mean, lest the difference of two large numbers lose the variance.
        middle = ops.mean(x, axis=1, keepdims=True)
        apart = mean(x - middle)
        variance = ops.maximum(mean(ops.square(x - middle)) - ops.square(apart), 0.0)
        return ops.concatenate([apart + middle, variance], axis=-1)

    def compute_output_shape(self, input_shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the shape of what it gives."""
        batch, frames, units = input_shape
        return batch, (frames - min(self.window, frames)) // self.hop + 1, 2 * units

    def get_config(self) -> dict[str, Any]:
        """Return what it is made from."""
        return {**super().get_config(), "window": self.window, "hop": self.hop}


@register
class First(keras.layers.Layer):
    """Gives the first of its inputs; the others are parts of the net without a say in its output."""

    def call(self, inputs: list[Any]) -> Any:
        """Return the first."""
        return inputs[0]

    def compute_output_shape(self, input_shape: list[tuple[Any, ...]]) -> tuple[Any, ...]:
        """Return the shape of what it gives."""
        return tuple(input_shape[0])
