"""Which frames of a clip hold sound: a mask for recurrent layers."""

from typing import Any

from genrelab.layers.keras_backend import keras

ops = keras.ops


@keras.saving.register_keras_serializable("genrelab")
class SoundingFrames(keras.layers.Layer):
    """Tell the frames that sound from padding and silence: (batch, rows, frames, 1) -> bool (batch, frames).

    A frame all of whose rows equal `floor` is padding. With `below` above 0, a frame is silent whose first row, which
    must follow the level, lies by more than `below` under the highest of the same clip.
    """

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
