"""Split long spectrograms into patches of the width that a pretrained net takes."""

from typing import Any

from genrelab.layers.keras_backend import keras

ops = keras.ops
register = keras.saving.register_keras_serializable("genrelab")


@register
class Patches(keras.layers.Layer):
    """Cut along time: (batch, bands, frames, 1) -> (batch * patches, width, bands, 1), time first.

    Frames at the end that do not fill a patch are dropped; a shorter input is one patch, padded with 0.
    """

    always_float32 = True  # it passes on the net's input

    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "width": self.width}

    def count(self, frames: int) -> int:
        """Return the number of patches in so many frames."""
        return max(1, frames // self.width)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the output's shape."""
        return None, self.width, input_shape[1], 1

    def call(self, x: Any) -> Any:
        """Return the patches of the first clip, then those of the second, and so on."""
        _, bands, frames, _ = x.shape
        n = self.count(frames)
        x = ops.transpose(x[..., 0], (0, 2, 1))  # (batch, frames, bands)
        x = ops.pad(x, [[0, 0], [0, max(0, self.width - frames)], [0, 0]])[:, : n * self.width]
        return ops.reshape(x, (-1, self.width, bands, 1))


@register
class PatchMean(keras.layers.Layer):
    """The mean over a clip's `count` patches: (batch * count, size) and the patches -> (batch, size).

    Patches that a sound does not fill, because it is shorter than the spectrogram and zeros follow, do not count; the
    first one always does.
    """

    always_float32 = True

    def __init__(self, count: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.count = count

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "count": self.count}

    def compute_output_shape(self, shapes: Any) -> tuple[int | None, ...]:
        """Return the output's shape."""
        return None, shapes[0][-1]

    def call(self, inputs: Any) -> Any:
        """Return the means."""
        values, patches = inputs
        width = patches.shape[1]
        there = ops.reshape(ops.any(patches != 0, axis=(2, 3)), (-1, self.count * width))
        length = ops.max(ops.where(there, ops.arange(1, self.count * width + 1), 0), axis=1, keepdims=True)
        ends = ops.arange(1, self.count + 1) * width
        filled = ops.logical_or(ends <= ops.maximum(length, width), ends == width)
        weight = ops.cast(filled, values.dtype)[..., None]
        values = ops.reshape(values, (-1, self.count, values.shape[-1]))
        return ops.sum(values * weight, axis=1) / ops.sum(weight, axis=1)
