"""Small made-up input for any model of the catalog, in the shape of its own feature."""

import math
from collections.abc import Mapping

import numpy as np
import pytest

from genrelab import plugins
from genrelab.classifiers.factory import Examples
from genrelab.errors import DataError
from genrelab.pretrained import weights

CLASSES = 3
FRAMES = {"mel": 160, "mfcc": 100, "stft": 100, "scattering": 40, "musicnn": 190}  # as few as the nets can take


def shape_of(model: str, frames: int = 0) -> tuple[int, ...] | dict[str, tuple[int, ...]]:
    """Return the input shape of a model for its first feature, or one of that many frames."""
    kinds = plugins.load("models", model).FEATURES[0].split("+")
    if "musicnn" in kinds:
        weights_or_skip()
    shapes = {kind: _shape(kind, frames) for kind in kinds}
    return shapes if len(kinds) > 1 else shapes[kinds[0]]


def weights_or_skip() -> None:
    """Skip a test that needs pretrained nets where their weights cannot be had."""
    try:
        for net in weights.NETS:
            weights.weights(net)
    except DataError as error:
        pytest.skip(f"the pretrained nets are not at hand: {error}")


def _shape(kind: str, frames: int) -> tuple[int, ...]:
    feature = plugins.load("features", kind)
    has_time = "frames" in feature.Params.model_fields
    return feature.shape(feature.Params(frames=frames or FRAMES[kind]) if has_time else feature.Params())


def has_time(model: str) -> bool:
    """Whether the model's feature can be cut along time."""
    (kind, *others) = plugins.load("models", model).FEATURES[0].split("+")
    return not others and hasattr(plugins.load("features", kind), "frame_rate")


def flat(shape: tuple[int, ...] | Mapping[str, tuple[int, ...]]) -> tuple[int, ...]:
    """Return the shape in which a clip comes: joined features are one row."""
    return (sum(map(math.prod, shape.values())),) if isinstance(shape, Mapping) else shape


def part(shape, n: int = 12, seed: int = 0) -> Examples:
    """Return clips of CLASSES classes, which differ in a third of the rows."""
    shape, rng = flat(shape), np.random.default_rng(seed)
    y = np.arange(n) % CLASSES
    x = rng.uniform(-80, 0, (n, *shape))
    x[:, : max(1, shape[0] // 3)] += 20 * y.reshape(-1, *[1] * len(shape))
    return Examples(x.astype(np.float32), y)


def silence(model: str, shape) -> np.ndarray:
    """Return a clip of nothing but padding, or for features without time of zeros."""
    (kind, *_) = plugins.load("models", model).FEATURES[0].split("+")
    feature = plugins.load("features", kind)
    pad_value = feature.pad_value(feature.Params()) if has_time(model) else 0.0
    return np.full((1, *flat(shape)), pad_value, np.float32)
