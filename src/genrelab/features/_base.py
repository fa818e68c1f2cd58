"""The feature that a model takes: a kind of feature with its parameters, or several kinds joined.

Joined features (`timbre+rhythm`) are one row a clip: each is flattened, and they follow one another as they are named.
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
    """Shape of a clip's feature, which also knows what its rows stand for.

    `frequencies` is the frequency of each row in Hz, low to high; None where rows are no frequencies, or where that is
    not known, as of a plain tuple. `blocks` are the names and sizes of the parts of a feature that is one row; empty
    where it has no parts.
    """

    frequencies: tuple[float, ...] | None = None
    blocks: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, shape: Iterable[int], frequencies: Iterable[float] | None) -> "ArrayShape":
        """Return a shape whose rows lie at these frequencies (Hz)."""
        found = cls(shape)
        found.frequencies = None if frequencies is None else tuple(map(float, frequencies))
        return found


Shape = tuple[int, ...] | dict[str, tuple[int, ...]]  # of one feature, or of several by kind


def row_frequencies(shape: Shape) -> tuple[float, ...] | None:
    """Return the frequency of each row in Hz, or None where the shape does not know it."""
    return getattr(shape, "frequencies", None)


@dataclass(frozen=True)
class Feature:
    """Kinds of features, each with its validated parameters. Small, so that worker processes can be handed one."""

    params: Mapping[str, Any]

    @classmethod
    def of(cls, config: Config, name: str = "") -> "Feature":
        """Return the feature `name`, by default that of the config, as params.yaml has it."""
        return cls({kind: config.feature_params(kind)[1] for kind in (name or config.feature).split(JOIN)})

    @classmethod
    def from_params(cls, name: str, params: Mapping[str, Any]) -> "Feature":
        """Return a feature from its name and what `dump` has written."""
        kinds = name.split(JOIN)
        each = params if len(kinds) > 1 else {name: params}
        return cls(
            {kind: validate(plugins.load("features", kind).Params, each[kind], f"features.{kind}") for kind in kinds}
        )

    @property
    def name(self) -> str:
        """The kinds with + between them."""
        return JOIN.join(self.params)

    @property
    def kinds(self) -> list[str]:
        """The kinds, in order."""
        return list(self.params)

    @property
    def encoders(self) -> list[str]:
        """The pretrained nets whose vectors it consists of: modules of encoders/."""
        return [name for one in self.params.values() for name in getattr(one, "encoders", [])]

    @property
    def sample_rates(self) -> list[int]:
        """Those at which the kinds take sound, in Hz, each once."""
        return list(dict.fromkeys(one.sample_rate for one in self.params.values()))

    @property
    def input_shape(self) -> Shape:
        """The input shape that models are built for: the shape of one clip's feature, or of several by kind."""
        shapes: dict[str, tuple[int, ...]] = {
            kind: _shape(plugins.load("features", kind), one) for kind, one in self.params.items()
        }
        return shapes if len(shapes) > 1 else shapes[self.name]

    def sliced_shape(self, frames: int) -> Shape:
        """Return what models are told of slices that are `frames` wide."""
        whole = self.input_shape
        return ArrayShape.of((*self.shape[:-1], frames), row_frequencies(whole))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array that a clip becomes."""
        shape = self.input_shape
        return (sum(map(math.prod, shape.values())),) if isinstance(shape, dict) else shape

    @property
    def seconds(self) -> float | None:
        """Duration of sound that fills the width; None where there is no width, or sounds are stretched to it."""
        module, params = self._only()
        if not hasattr(module, "seconds") or getattr(params, "fit", "pad") != "pad":
            return None
        return module.seconds(params)

    @property
    def frame_rate(self) -> float | None:
        """Frames a second along the last axis; None where that is not time."""
        module, params = self._only()
        return module.frame_rate(params) if hasattr(module, "frame_rate") and len(self.shape) > 1 else None

    @property
    def pad_value(self) -> float | None:
        """The value with which short sounds are filled up; None where they are not."""
        module, params = self._only()
        return module.pad_value(params) if hasattr(module, "pad_value") else None

    def _only(self) -> tuple[Any, Any]:
        """Return module and parameters of the one kind there is; of joined ones there is none to ask."""
        if len(self.params) > 1:
            return None, None
        return plugins.load("features", self.name), self.params[self.name]

    def extract(self, sound: Mapping[int, np.ndarray]) -> np.ndarray:
        """Return the feature of mono samples, one sound at each of `sample_rates`: float32 of `shape`."""
        found = [
            plugins.load("features", kind).extract(sound[one.sample_rate], one) for kind, one in self.params.items()
        ]
        return join([one[np.newaxis] for one in found])[0]

    def dump(self) -> dict[str, Any]:
        """Return the parameters as they are written down; of joined features by kind."""
        dumped = {kind: one.model_dump() for kind, one in self.params.items()}
        return dumped if len(dumped) > 1 else dumped[self.name]

    def non_default(self) -> dict[str, Any]:
        """Return the parameters that are not at their defaults; of joined features as `kind.name`."""
        if len(self.params) == 1:
            return self.params[self.name].non_default()
        return {f"{kind}.{key}": value for kind, one in self.params.items() for key, value in one.non_default().items()}


def _shape(module: Any, params: Any) -> ArrayShape:
    frequencies = module.frequencies(params) if hasattr(module, "frequencies") else None
    shape = ArrayShape.of(module.shape(params), frequencies)
    shape.blocks = tuple(module.blocks(params).items()) if hasattr(module, "blocks") else ()
    return shape


def join(arrays: list[np.ndarray]) -> np.ndarray:
    """Return one array as it is; several, each (clips, *shape), flattened and side by side: (clips, total)."""
    return arrays[0] if len(arrays) == 1 else np.concatenate([one.reshape(len(one), -1) for one in arrays], axis=1)
