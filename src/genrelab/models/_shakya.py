"""Shared by Shakya et al.'s two models: the paper, and the descriptors that they use."""

from collections.abc import Mapping

from genrelab.features import timbre
from genrelab.models import Paper
from genrelab.models._columns import columns_of

FEATURES = ("timbre",)
USED = (*(f"mfcc{i}" for i in range(1, 14)), "rolloff", "centroid", "zero_crossings")
PAPER = Paper(
    cite="Shakya et al. 2017, Music Classification based on Genre and Mood",
    reported="not found",
    data="GTZAN for genre; labels of mood from FMA",
    left_open="how a clip's frames are combined, and the settings of both classifiers.",
    differs="A clip is described by the means and deviations of its frames over texture windows of one second.",
)


def columns(input_shape: tuple[int, ...]) -> list[int]:
    """Return the columns of the descriptors used, with all their statistics."""
    shapes: Mapping[str, tuple[int, ...]] = {"timbre": input_shape}
    return columns_of(shapes, "timbre", rows=[timbre.DESCRIPTORS.index(name) for name in USED])
