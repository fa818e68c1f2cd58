"""Shared by features with a time axis: the duration they hold, the frame rate and the padding value.

Feature modules import these functions, and genrelab looks them up there by name.
"""

from typing import Protocol


class Frames(Protocol):
    """Parameters of a feature whose last axis is time."""

    frames: int

    @property
    def sample_rate(self) -> int:
        """Sample rate in Hz."""
        ...

    @property
    def hop(self) -> int:
        """Samples between frames."""
        ...


class Decibels(Protocol):
    """Parameters of a feature in decibels below the clip's maximum."""

    top_db: float


def seconds(params: Frames) -> float:
    """Return the duration of sound that fills the width, in seconds."""
    return params.frames * params.hop / params.sample_rate


def frame_rate(params: Frames) -> float:
    """Return the frames per second, before any stretching or removal of silent frames."""
    return params.sample_rate / params.hop


def pad_value(params: Decibels) -> float:
    """Return the padding value in dB, which is also the lowest value."""
    return -params.top_db
