"""What features of frames have in common: how long a sound they hold, and what stands where there is none.

Their modules import these names, under which genrelab looks for them.
"""

from typing import Protocol


class Frames(Protocol):
    """Parameters of a feature whose last axis is time."""

    frames: int

    @property
    def sample_rate(self) -> int:
        """Samples a second, in Hz."""
        ...

    @property
    def hop(self) -> int:
        """Samples between frames."""
        ...


class Decibels(Protocol):
    """Parameters of a feature in decibels below the clip's maximum."""

    top_db: float


def seconds(params: Frames) -> float:
    """Return the duration of sound, in seconds, that fills the width."""
    return params.frames * params.hop / params.sample_rate


def frame_rate(params: Frames) -> float:
    """Return the frames a second; of stretched pictures, or of the parts that sound, before that is done to them."""
    return params.sample_rate / params.hop


def pad_value(params: Decibels) -> float:
    """Return the value of padding, and the lowest there is, in dB."""
    return -params.top_db
