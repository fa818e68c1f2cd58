"""Near duplicates in a corpus: the same recording at another level, offset or speed, through a codec, with noise.

Two clips are near duplicates where landmarks of both are equal at one distance in time, and these are a good share of
all that the clip with fewer has. Of all: clips that use the same drum sounds at the same tempo may agree well for a
bar at the end of one and the beginning of the other. So two cuts of one recording are found only where they overlap
by some half of the shorter one. MATCHES and SHARE were chosen on gtzan_mini and synthetic, cut to 3 to 30 s.

A record that is played faster has all its frequencies multiplied and all times divided by one number: landmarks of a
clip are looked up at each of SPEEDS as well, computed from its hashes. Coarse hashes lose some in that, so that fewer
must agree there, SPED_SHARE; other clips share a twentieth of that.

All landmarks stand in one sorted list; each clip is looked up in it by itself, so that beside that list no more
memory is taken than one clip needs.
"""

import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from genrelab.errors import DataError
from genrelab.quality import fingerprint
from genrelab.quality.fingerprint import BINS, HOP, MAX_FRAMES, RATE

MATCHES = 6  # landmarks that must agree
SHARE = 0.2  # of the landmarks of the clip with fewer that must agree
SPED_SHARE = 0.1  # of the same, at another speed
# Of one clip against another: up to 2% and a little more, so finely that landmarks drift apart by no more than a frame.
SPEEDS = tuple(1 + percent / 100 for percent in np.arange(-2.2, 2.21, 0.2).round(1) if percent)
CLIPS = 2**20  # that the list can tell apart: hash, clip and time of a landmark fill the 64 bits of one number
# Clips that have a hash more often than this are looked up only as far back: a common hash tells little, and a
# recording that is in a corpus a thousand times is still joined to the copies before it.
LOOKED_UP = 500

CLIP_BITS = (CLIPS - 1).bit_length()
TIME_BITS = (MAX_FRAMES - 1).bit_length()
SPAN = 2 * MAX_FRAMES  # of distances in time


class Prints(NamedTuple):
    """The landmarks of all clips, one clip after the other.

    `hashes` uint32 (landmarks,), `times` int32 (landmarks,) in frames, ascending in each clip, `starts` int64
    (clips + 1,): clip i has the landmarks from starts[i] to starts[i + 1].
    """

    hashes: np.ndarray
    times: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, clips: Iterable[tuple[np.ndarray, np.ndarray]]) -> "Prints":
        """Gather what `landmarks.extract` returned for each clip."""
        found = list(clips)
        return cls(
            np.concatenate([np.zeros(0, np.uint32), *(hashes for hashes, _ in found)]),
            np.concatenate([np.zeros(0, np.int32), *(times for _, times in found)]),
            np.concatenate([[0], np.cumsum([len(times) for _, times in found], dtype=np.int64)]),
        )

    def of_clip(self, clip: int) -> tuple[np.ndarray, np.ndarray]:
        """Return hashes and times of one clip's landmarks, as `fingerprint.extract` does."""
        own = slice(self.starts[clip], self.starts[clip + 1])
        return self.hashes[own], self.times[own]


class Match(NamedTuple):
    """Two clips that hold the same recording, and what speaks for it.

    `one` < `other` are their places in the prints. `other` begins `offset_seconds` after the beginning of `one`
    (before it, if negative), to about 0.02 s. There, `matches` landmarks agree: `share` (0...1) of those that the
    clip with fewer has where both overlap. `other` is `speed` times as fast as `one`, to about 0.1%.
    """

    one: int
    other: int
    offset_seconds: float
    matches: int
    share: float
    speed: float = 1.0


def near_duplicates(prints: Prints, *, first: int = 0) -> list[Match]:
    """Return all pairs of near duplicates, in the order of their clips.

    Only pairs whose later clip is `first` or comes after it are looked for. Where two clips agree at several
    offsets, as music does that repeats itself, the one with the most matches is reported.
    Raises DataError where there are more clips than CLIPS.
    """
    clips = len(prints.starts) - 1
    if clips > CLIPS:
        raise DataError(f"{clips} clips are too many to look for near duplicates among; at most {CLIPS} will do")
    index = _index(prints)
    found: list[Match] = []
    bar = tqdm(range(first, clips), "near duplicates", unit="clip", leave=False, disable=not sys.stderr.isatty())
    for clip in bar:
        best: dict[int, Match] = {}
        for speed in (1.0, *SPEEDS):
            hashes, others = at_speed(*prints.of_clip(clip), speed)
            least = SHARE if speed == 1 else SPED_SHARE
            for one, offset, matches in _agreeing(index, hashes, others, clip):
                times = prints.of_clip(one)[1]
                known = best.get(one)
                if matches >= least * min(len(times), len(others)) and (known is None or matches > known.matches):
                    share = min(1.0, matches / _overlapping(times, others, offset))
                    best[one] = Match(one, clip, offset * HOP / RATE, matches, share, speed)
        found.extend(best.values())
    return sorted(found)


def at_speed(hashes: np.ndarray, times: np.ndarray, speed: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the landmarks of a clip as they are before it is played `speed` times as fast: (hashes, times).

    Those that leave the range of a hash are lost.
    """
    if speed == 1 or not len(hashes):
        return hashes, times
    *bins, steps = fingerprint.parts(hashes)
    first, second = (np.rint((one + BINS.start) / speed) - BINS.start for one in bins)
    apart = np.floor((steps + 0.5) * speed)
    highest = 1 << fingerprint.BITS_SECOND
    kept = (np.minimum(first, second) >= 0) & (np.maximum(first, second) < highest)
    kept &= apart < 1 << fingerprint.BITS_APART
    found = fingerprint.joined(*(part[kept].astype(np.uint32) for part in (first, second, apart)))
    return found, np.rint(times[kept] * speed).astype(np.int32)


def _index(prints: Prints) -> np.ndarray:
    """Return all landmarks, uint64, ascending: from the high bits to the low, hash, clip and time."""
    clips = np.arange(len(prints.starts) - 1, dtype=np.uint32)
    # In place: beside the prints themselves, this list is what takes the memory.
    keys = prints.hashes.astype(np.uint64)
    keys <<= CLIP_BITS
    keys |= np.repeat(clips, np.diff(prints.starts))
    keys <<= TIME_BITS
    keys |= prints.times.astype(np.uint32)
    keys.sort()
    return keys


def _agreeing(index: np.ndarray, hashes: np.ndarray, times: np.ndarray, clip: int) -> Iterator[tuple[int, float, int]]:
    """Yield each clip before `clip` with which MATCHES landmarks agree, where `clip` begins in it (frames), how many.

    Sound that is cut between two frames agrees at the two distances next to it: these count together.
    """
    order = np.argsort(hashes)  # neighbours in the list are looked up one after the other
    lowest = hashes[order].astype(np.uint64) << (CLIP_BITS + TIME_BITS)
    stops = np.searchsorted(index, lowest | np.uint64(clip << TIME_BITS))
    starts = np.maximum(np.searchsorted(index, lowest), stops - LOOKED_UP)
    counts = stops - starts
    ends = np.cumsum(counts)
    landmarks = index[np.repeat(stops - ends, counts) + np.arange(counts.sum())].astype(np.int64)
    distances = (landmarks & (MAX_FRAMES - 1)) - np.repeat(times[order], counts)
    clips = landmarks >> TIME_BITS & (CLIPS - 1)
    votes, counts = np.unique(clips * SPAN + distances + MAX_FRAMES, return_counts=True)
    following = np.append(np.where(np.diff(votes) == 1, counts[1:], 0), 0)
    best: dict[int, tuple[int, float]] = {}
    for place in np.flatnonzero(counts + following >= MATCHES):
        one, distance = divmod(int(votes[place]), SPAN)
        here, next_to = int(counts[place]), int(following[place])
        if here + next_to > best.get(one, (0, 0.0))[0]:
            best[one] = here + next_to, distance - MAX_FRAMES + next_to / (here + next_to)
    for one, (matches, offset) in best.items():
        yield one, offset, matches


def _overlapping(one: np.ndarray, other: np.ndarray, offset: float) -> int:
    """Return how many landmarks the clip with fewer has where both have some, if `other` begins at `offset` in `one`.

    Takes their times, ascending; all in frames.
    """
    low, high = max(one[0], other[0] + offset) - 1, min(one[-1], other[-1] + offset) + 1
    return min(int(((low <= times) & (times <= high)).sum()) for times in (one, other + offset))
