"""Small made-up input for any model of the catalog, in the shape of its own feature."""

import pytest

from genrelab import plugins, testing
from genrelab.errors import DataError
from genrelab.pretrained import weights

CLASSES = testing.models.CLASSES
part = testing.models.examples
FRAMES = {"mel": 64, "mfcc": 64, "stft": 64, "scattering": 40, "musicnn": 190}  # few: nets are fitted in less time


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
