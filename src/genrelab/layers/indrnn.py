"""Independently recurrent layers."""

from typing import Any

from genrelab.layers._saved_shapes import renamed
from genrelab.layers.keras_backend import keras

ops = keras.ops
register = keras.saving.register_keras_serializable("genrelab")


@register
class Within(keras.constraints.Constraint):
    """Keeps weights in -bound...bound."""

    def __init__(self, bound: float) -> None:
        self.bound = bound

    def __call__(self, w: Any) -> Any:
        """Return the weights, cut off where they go beyond."""
        return ops.clip(w, -self.bound, self.bound)

    def get_config(self) -> dict[str, Any]:
        """Return what it is made from."""
        return {"bound": self.bound}


@register
class IndRNN(keras.layers.Layer):
    """Recurrent units of which each remembers its own state alone: h(t) = relu(W x(t) + u * h(t - 1) + b).

    Takes (batch, frames, features), gives (batch, frames, units), or (batch, units), the last state, where not
    `sequences`. The recurrent weights u, one a unit, begin uniform in 0...B and stay in -B...B, where B is `growth` to
    the power 1 / frames: over a whole sequence, a state is multiplied by `growth` at most. Frames that the
    mask `sounding`, bool (batch, frames), leaves out change no state.

    Source: Li et al. 2018 (arXiv 1803.04831).
    """

    def __init__(self, units: int, sequences: bool = True, growth: float = 2.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units, self.sequences, self.growth = units, sequences, growth

    def build(self, x_shape: tuple[Any, ...], sounding_shape: tuple[Any, ...] | None = None) -> None:
        """Make the weights; the number of frames must be known."""
        frames, features = x_shape[1:]
        bound = self.growth ** (1 / frames)
        self.kernel = self.add_weight(shape=(features, self.units), initializer="he_normal", name="kernel")
        self.recurrent = self.add_weight(
            shape=(self.units,),
            initializer=keras.initializers.RandomUniform(0.0, bound),
            constraint=Within(bound),
            name="recurrent",
            autocast=False,
        )
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias", autocast=False)
        self.built = True

    def call(self, x: Any, sounding: Any = None) -> Any:
        """Return the states, or the last."""
        # All frames' inputs in one product; what is left for the steps costs little.
        # The steps are made in float32: next to 1, where recurrent weights lie, bfloat16 knows 0.996 and 1.008.
        product = ops.cast(ops.matmul(x, self.kernel), "float32")
        drive = ops.transpose(product + self.bias, (1, 0, 2))  # (frames, batch, units)

        def step(state: Any, now: Any) -> tuple[Any, Any]:
            state = ops.relu(now + self.recurrent * state)
            return state, state

        def masked(state: Any, now: Any) -> tuple[Any, Any]:
            drive, sounds = now
            state = ops.where(sounds, ops.relu(drive + self.recurrent * state), state)
            return state, state

        if sounding is None:
            last, states = ops.scan(step, ops.zeros_like(drive[0]), drive)
        else:
            sounds = ops.transpose(sounding, (1, 0))[..., None]  # (frames, batch, 1)
            last, states = ops.scan(masked, ops.zeros_like(drive[0]), (drive, sounds))
        return ops.cast(ops.transpose(states, (1, 0, 2)) if self.sequences else last, x.dtype)

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Make the weights of a net that was saved."""
        super().build_from_config(renamed(config))

    def compute_output_shape(
        self, x_shape: tuple[Any, ...], sounding_shape: tuple[Any, ...] | None = None
    ) -> tuple[Any, ...]:
        """Return the shape of what it gives."""
        batch, frames, _ = x_shape
        return (batch, frames, self.units) if self.sequences else (batch, self.units)

    def get_config(self) -> dict[str, Any]:
        """Return what it is made from."""
        return {**super().get_config(), "units": self.units, "sequences": self.sequences, "growth": self.growth}
