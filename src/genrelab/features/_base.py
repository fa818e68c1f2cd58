"""The feature that a model takes as input: one kind with its parameters, or several kinds joined.

Joined features (`timbre+rhythm`) form one row per clip: each is flattened, then they are concatenated in that order.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from genrelab import plugins
from genrelab.config import Config, validate

JOIN = "+"


class ArrayShape(tuple[int, ...]):
    """Shape of a clip's feature, with the meaning of its rows.

    `frequencies` holds the frequency of each row in Hz, low to high; None if rows are not frequencies or if those are
    unknown, as for a plain tuple. `blocks` holds the names and sizes of the parts of a single-row feature; empty if it
    has no parts.
    """

    frequencies: tuple[float, ...] | None = None
    blocks: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, shape: Iterable[int], frequencies: Iterable[float] | None) -> "ArrayShape":
        """Return a shape whose rows lie at these frequencies (Hz)."""
        found = cls(shape)
        found.frequencies = None if frequencies is None else tuple(map(float, frequencies))
        return found


Shape = tuple[int, ...] | dict[str, tuple[int, ...]]  # of one feature, or of several, keyed by kind


def row_frequencies(shape: Shape) -> tuple[float, ...] | None:
    """Return the frequency of each row in Hz, or None if the shape does not know it."""
    return getattr(shape, "frequencies", None)


@dataclass(frozen=True)
class Feature:
    """Kinds of features, each with its validated parameters. Small enough to hand to worker processes."""

    params: Mapping[str, Any]

    @classmethod
    def of(cls, config: Config, name: str = "") -> "Feature":
        """Return the feature `name` (default: the config's) with its parameters in params.yaml."""
        return cls({kind: config.feature_params(kind)[1] for kind in (name or config.feature).split(JOIN)})

    @classmethod
    def from_params(cls, name: str, params: Mapping[str, Any]) -> "Feature":
        """Return a feature from its name and the output of `dump`."""
        kinds = name.split(JOIN)
        each = params if len(kinds) > 1 else {name: params}
        return cls(
            {kind: validate(plugins.load("features", kind).Params, each[kind], f"features.{kind}") for kind in kinds}
        )

    @property
    def name(self) -> str:
        """The kinds, joined by +."""
        return JOIN.join(self.params)

    @property
    def kinds(self) -> list[str]:
        """The kinds, in order."""
        return list(self.params)

    @property
    def encoders(self) -> list[str]:
        """The pretrained nets whose vectors make up the feature: modules of encoders/."""
        return [name for one in self.params.values() for name in getattr(one, "encoders", [])]

    @property
    def sample_rates(self) -> list[int]:
        """The sample rates that the kinds take, in Hz, without repeats."""
        return list(dict.fromkeys(one.sample_rate for one in self.params.values()))

    @property
    def input_shape(self) -> Shape:
        """The input shape to build models for: the shape of one clip's feature, or of several by kind."""
        shapes: dict[str, tuple[int, ...]] = {
            kind: _shape(plugins.load("features", kind), one) for kind, one in self.params.items()
        }
        return shapes if len(shapes) > 1 else shapes[self.name]

    def sliced_shape(self, frames: int) -> Shape:
        """Return the input shape to build models for when slices are `frames` wide."""
        whole = self.input_shape
        return ArrayShape.of((*self.shape[:-1], frames), row_frequencies(whole))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array computed for one clip."""
        shape = self.input_shape
        return (sum(map(math.prod, shape.values())),) if isinstance(shape, dict) else shape

    @property
    def seconds(self) -> float | None:
        """Seconds of sound that fill the width; None if there is no width or if sounds are stretched to it."""
        module, params = self._only()
        if not hasattr(module, "seconds") or getattr(params, "fit", "pad") != "pad":
            return None
        return module.seconds(params)

    @property
    def frame_rate(self) -> float | None:
        """Frames per second along the last axis; None if that axis is not time."""
        module, params = self._only()
        return module.frame_rate(params) if hasattr(module, "frame_rate") and len(self.shape) > 1 else None

    @property
    def pad_value(self) -> float | None:
        """The value that short sounds are padded with; None if they are not padded."""
        module, params = self._only()
        return module.pad_value(params) if hasattr(module, "pad_value") else None

    def _only(self) -> tuple[Any, Any]:
        """Return the module and parameters of the only kind; None for both if the feature is joined."""
        if len(self.params) > 1:
            return None, None
        return plugins.load("features", self.name), self.params[self.name]

    def extract(self, sound: Mapping[int, np.ndarray]) -> np.ndarray:
        """Return the feature of a mono sound, given its samples at each of `sample_rates`: float32 of `shape`."""
        found = [
            plugins.load("features", kind).extract(sound[one.sample_rate], one) for kind, one in self.params.items()
        ]
        return join([one[np.newaxis] for one in found])[0]

    def dump(self) -> dict[str, Any]:
        """Return the parameters as plain values to store; keyed by kind for joined features."""
        dumped = {kind: one.model_dump() for kind, one in self.params.items()}
        return dumped if len(dumped) > 1 else dumped[self.name]

    def non_default(self) -> dict[str, Any]:
        """Return the parameters that differ from their defaults; as `kind.name` for joined features."""
        if len(self.params) == 1:
            return self.params[self.name].non_default()
        return {f"{kind}.{key}": value for kind, one in self.params.items() for key, value in one.non_default().items()}


def _shape(module: Any, params: Any) -> ArrayShape:
    frequencies = module.frequencies(params) if hasattr(module, "frequencies") else None
    shape = ArrayShape.of(module.shape(params), frequencies)
    shape.blocks = tuple(module.blocks(params).items()) if hasattr(module, "blocks") else ()
    return shape


def join(arrays: list[np.ndarray]) -> np.ndarray:
    """Return a single array as it is; flatten several, each (clips, *shape), and concatenate them: (clips, total)."""
    return arrays[0] if len(arrays) == 1 else np.concatenate([one.reshape(len(one), -1) for one in arrays], axis=1)
