"""Attention over time: how much each frame of a sequence counts.

A layer takes two sequences of equal length, `values` (batch, time, units) and `source` (batch, time, rows). It returns
the weighted mean of the values (batch, units). The weights come from the source: a score for each frame and a softmax
over time. Source and values may be the same (serial attention), or the source may be a tensor from before the values
were computed (parallel attention). Frames that a mask `sounding`, bool (batch, time), leaves out have no weight.

Source: Yu et al. 2020, Deep attention based music genre classification (Neurocomputing 372).
"""

from typing import Any

from genrelab.layers._saved_shapes import renamed
from genrelab.layers.keras_backend import keras

ops = keras.ops
register = keras.saving.register_keras_serializable("genrelab")


class _Attention(keras.layers.Layer):
    """Base class: turn scores into weights, and return the weighted mean."""

    def call(self, values: Any, source: Any, sounding: Any = None) -> Any:
        exact = ops.cast(values, "float32")
        return ops.cast(ops.sum(exact * self.weights_over_time(source, sounding), axis=1), values.dtype)

    def compute_output_shape(
        self,
        values_shape: tuple[int | None, ...],
        source_shape: tuple[int | None, ...],
        sounding_shape: tuple[int | None, ...] | None = None,
    ) -> tuple[int | None, ...]:
        return values_shape[0], values_shape[2]

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        """Return no mask: the time axis is gone, and `sounding` replaces the mask that Keras attached to the values."""

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Create the weights of a saved net."""
        super().build_from_config(renamed(config))

    def weights_over_time(self, source: Any, sounding: Any = None) -> Any:
        """Return the weight of each frame, float32, at least 0, with sum 1: (batch, time, 1)."""
        scores = ops.cast(self.scores(source), "float32")
        return ops.softmax(scores if sounding is None else ops.where(sounding[..., None], scores, -1e30), axis=1)

    def scores(self, source: Any) -> Any:
        """Return a score for each frame: (batch, time, 1)."""
        raise NotImplementedError


@register
class LinearAttention(_Attention):
    """Score a frame by a weighted sum of its rows."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # No bias: the softmax over time cancels what is added to all frames.
        self.score = keras.layers.Dense(1, use_bias=False, name="score", dtype=self.dtype_policy)

    def build(
        self,
        values_shape: tuple[int | None, ...],
        source_shape: tuple[int | None, ...],
        sounding_shape: tuple[int | None, ...] | None = None,
    ) -> None:
        """Create the weights of the score, one per row of the source."""
        self.score.build(source_shape)

    def scores(self, source: Any) -> Any:
        """Return a score for each frame."""
        return self.score(source)


@register
class ConvAttention(_Attention):
    """Score a frame by itself and its neighbours: a convolution along time, ReLU, and a weighted sum.

    Args:
        filters: Number of filters of the convolution.
        width: Frames that the convolution sees at once.
    """

    def __init__(self, filters: int, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters, self.width = filters, width
        like = {"dtype": self.dtype_policy}
        self.look = keras.layers.Conv1D(filters, width, padding="same", activation="relu", name="look", **like)
        self.score = keras.layers.Dense(1, use_bias=False, name="score", **like)

    def build(
        self,
        values_shape: tuple[int | None, ...],
        source_shape: tuple[int | None, ...],
        sounding_shape: tuple[int | None, ...] | None = None,
    ) -> None:
        """Create the weights of the convolution and of the score, one per filter."""
        self.look.build(source_shape)
        self.score.build((*source_shape[:-1], self.filters))

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "filters": self.filters, "width": self.width}

    def scores(self, source: Any) -> Any:
        """Return a score for each frame."""
        return self.score(self.look(source))
