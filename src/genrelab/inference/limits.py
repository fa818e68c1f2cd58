"""Limits on the cost of a server request and on concurrent requests, so that hostile ones cannot block the server."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from genrelab.data import audio
from genrelab.errors import GenreLabError

RUNNING = 2  # requests processed at a time
WAITING = 8  # further requests that may wait; any more are refused at once
LIGHT = 600.0  # channel-seconds up to which a request may take any place; heavier ones always leave one free
CHANNEL_SECONDS = 3600.0  # of decoded sound per request: seconds times channels
MAX_BYTES = 64 * 2**20  # per audio file: an hour of MP3, six minutes of CD audio
USUAL_RATE = 48_000  # Hz; sound at a higher rate counts proportionally more, because decoding costs that much more


class CostError(GenreLabError):
    """A request asks for more work than it is allowed."""


class BusyError(GenreLabError):
    """The server has no room or no time for a request; a later attempt may succeed."""


class Cost:
    """The remaining budget of a request: channel-seconds of sound, and seconds until its deadline."""

    def __init__(self, seconds: float, channel_seconds: float = CHANNEL_SECONDS) -> None:
        self._deadline = time.monotonic() + seconds
        self._budget = channel_seconds
        self._spent = 0.0
        self.seconds = seconds

    @property
    def left(self) -> float:
        """Seconds until the deadline, at least 0."""
        return max(0.0, self._deadline - time.monotonic())

    def check_time(self) -> None:
        """Raise BusyError after the deadline: nobody is waiting for the answer any more."""
        if not self.left:
            raise self.expired()

    def expired(self) -> BusyError:
        """Return the error for a missed deadline."""
        return BusyError(f"the request was not finished within {self.seconds:g} s")

    def check_sound(self, channel_seconds: float) -> None:
        """Raise CostError if this is more sound than the request may hold."""
        if channel_seconds > self._budget:
            raise CostError(
                f"the request holds at least {channel_seconds:.0f} s of sound, each channel counted, more than "
                f"{self._budget:g}; send fewer or shorter sounds at a time"
            )

    def spend(self, channel_seconds: float) -> None:
        """Count decoded sound, whatever its header stated; raise CostError once it exceeds the limit."""
        self._spent += channel_seconds
        self.check_sound(self._spent)

    def count(self, seconds: float, channels: int, rate: int) -> None:
        """Spend a decoded sound of this many seconds and channels at `rate` Hz."""
        self.spend(channel_seconds(seconds, channels, rate))


def stated(sound: bytes, max_minutes: float) -> float:
    """Return the channel-seconds in a sound's header, up to `max_minutes`: longer sounds are refused anyway."""
    found = audio.header(sound)
    return channel_seconds(min(found.seconds, 60 * max_minutes), found.channels, found.rate)


def channel_seconds(seconds: float, channels: int, rate: int) -> float:
    """Return the channel-seconds that a sound counts for."""
    return seconds * channels * max(1.0, rate / USUAL_RATE)


class Turns:
    """A bounded queue with places to run and places to wait, in which heavy requests leave room for others."""

    def __init__(self, running: int = RUNNING, waiting: int = WAITING) -> None:
        self._places = threading.BoundedSemaphore(running + waiting)
        self._running = threading.BoundedSemaphore(running)
        self._heavy_places = threading.BoundedSemaphore(max(1, running - 1) + waiting // 2)
        self._heavy_running = threading.BoundedSemaphore(max(1, running - 1))

    @contextmanager
    def turn(self, cost: Cost, *, heavy: bool = False) -> Iterator[None]:
        """Wait for a turn, until the deadline at most; raise BusyError at once if too many requests wait."""
        places = [self._heavy_places, self._places] if heavy else [self._places]
        running = [self._heavy_running, self._running] if heavy else [self._running]
        with ExitStack() as held:
            for place in places:
                if not place.acquire(blocking=False):
                    raise BusyError("the server has too many waiting requests; try again later")
                held.callback(place.release)
            for place in running:
                if not place.acquire(timeout=cost.left):
                    cost.check_time()
                held.callback(place.release)
            yield
