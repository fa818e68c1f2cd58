"""Independently recurrent layers."""

from typing import Any

from genrelab.layers._saved_shapes import renamed
from genrelab.layers.keras_backend import keras

ops = keras.ops
register = keras.saving.register_keras_serializable("genrelab")


@register
class Within(keras.constraints.Constraint):
    """Constrain weights to -bound...bound."""

    def __init__(self, bound: float) -> None:
        self.bound = bound

    def __call__(self, w: Any) -> Any:
        """Return the weights, clipped to the bounds."""
        return ops.clip(w, -self.bound, self.bound)

    def get_config(self) -> dict[str, Any]:
        """Return the constraint's configuration."""
        return {"bound": self.bound}


@register
class IndRNN(keras.layers.Layer):
    """Recurrent units that each see only their own previous state: h(t) = relu(W x(t) + u * h(t - 1) + b).

    Takes (batch, frames, features) and returns (batch, frames, units), or the last state, (batch, units), unless
    `sequences`. The recurrent weights u, one per unit, start uniform in 0...B and stay in -B...B, where B is `growth`
    to the power 1 / frames: over a whole sequence, a state is multiplied by `growth` at most. Frames that the mask
    `sounding`, bool (batch, frames), leaves out do not change the state.

    Source: Li et al. 2018 (arXiv 1803.04831).
    """

    def __init__(self, units: int, sequences: bool = True, growth: float = 2.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units, self.sequences, self.growth = units, sequences, growth

    def build(self, x_shape: tuple[Any, ...], sounding_shape: tuple[Any, ...] | None = None) -> None:
        """Create the weights; the number of frames must be known."""
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
        """Return the states, or the last one."""
        # One product covers the inputs of all frames; the remaining work per step is cheap.
        # The steps run in float32: near 1, where recurrent weights lie, bfloat16 has only 0.996 and 1.008.
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
        """Create the weights of a saved net."""
        super().build_from_config(renamed(config))

    def compute_output_shape(
        self, x_shape: tuple[Any, ...], sounding_shape: tuple[Any, ...] | None = None
    ) -> tuple[Any, ...]:
        """Return the output's shape."""
        batch, frames, _ = x_shape
        return (batch, frames, self.units) if self.sequences else (batch, self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "units": self.units, "sequences": self.sequences, "growth": self.growth}
