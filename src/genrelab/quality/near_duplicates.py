"""Find near duplicates: the same recording at another level, offset or speed, through a codec, with noise.

Two clips are near duplicates if landmarks of both agree at one offset in time, and these are a good share of all
landmarks of the clip with fewer. All of them count, not only those in the overlap: clips with the same drum sounds at
the same tempo may agree well for a bar at the end of one and the beginning of the other. So two cuts of one recording
are found only if they overlap by about half of the shorter one. MATCHES and SHARE were chosen on gtzan_mini and
synthetic, cut to 3 to 30 s.

Playing a record faster multiplies all frequencies and divides all times by one factor, so a clip's landmarks are also
looked up at each of SPEEDS, computed from its hashes. Coarse hashes lose some landmarks, so fewer must agree there,
SPED_SHARE; unrelated clips share a twentieth of that.

All landmarks are in one sorted list, and each clip is looked up in it separately: memory beyond the list is what one
clip needs.
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
SHARE = 0.2  # share of landmarks that must agree, in the clip with fewer
SPED_SHARE = 0.1  # the same, at another speed
# Of one clip relative to another: up to slightly over 2%, in steps so fine that landmarks drift by at most a frame.
SPEEDS = tuple(1 + percent / 100 for percent in np.arange(-2.2, 2.21, 0.2).round(1) if percent)
CLIPS = 2**20  # at most; the hash, clip and time of a landmark fill the 64 bits of one number
# Look up at most this many earlier landmarks per hash, the latest ones: a common hash tells little, and a recording
# that is in a corpus a thousand times is still matched to the copies before it.
LOOKED_UP = 500

CLIP_BITS = (CLIPS - 1).bit_length()
TIME_BITS = (MAX_FRAMES - 1).bit_length()
SPAN = 2 * MAX_FRAMES  # number of possible offsets in time


class Prints(NamedTuple):
    """The landmarks of all clips, one clip after the other.

    `hashes` uint32 (landmarks,); `times` int32 (landmarks,) in frames, ascending in each clip; `starts` int64
    (clips + 1,): clip i has the landmarks from starts[i] to starts[i + 1].
    """

    hashes: np.ndarray
    times: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, clips: Iterable[tuple[np.ndarray, np.ndarray]]) -> "Prints":
        """Gather the results of `fingerprint.extract` for each clip."""
        found = list(clips)
        return cls(
            np.concatenate([np.zeros(0, np.uint32), *(hashes for hashes, _ in found)]),
            np.concatenate([np.zeros(0, np.int32), *(times for _, times in found)]),
            np.concatenate([[0], np.cumsum([len(times) for _, times in found], dtype=np.int64)]),
        )

    def of_clip(self, clip: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the hashes and times of one clip's landmarks, as `fingerprint.extract` does."""
        own = slice(self.starts[clip], self.starts[clip + 1])
        return self.hashes[own], self.times[own]


class Match(NamedTuple):
    """Two clips that hold the same recording, and the evidence.

    `one` < `other` are their positions in the prints. `other` begins `offset_seconds` after the beginning of `one`
    (before it, if negative), to about 0.02 s. At that offset `matches` landmarks agree: `share` (0...1) of those in
    the overlap, in the clip with fewer. `other` is `speed` times as fast as `one`, to about 0.1%.
    """

    one: int
    other: int
    offset_seconds: float
    matches: int
    share: float
    speed: float = 1.0


def near_duplicates(prints: Prints, *, first: int = 0) -> list[Match]:
    """Return all pairs of near duplicates, in the order of their clips.

    It searches only pairs whose later clip is `first` or comes after it. If two clips agree at several offsets, as
    repetitive music does, it reports the one with the most matches. Raises DataError if there are more clips than
    CLIPS.
    """
    clips = len(prints.starts) - 1
    if clips > CLIPS:
        raise DataError(f"{clips} clips are too many for the search for near duplicates; the limit is {CLIPS}")
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
    """Return a clip's landmarks as they were before it was played `speed` times as fast: (hashes, times).

    Landmarks that leave the range of a hash are lost.
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
    """Return all landmarks, uint64, ascending; from high to low bits: hash, clip and time."""
    clips = np.arange(len(prints.starts) - 1, dtype=np.uint32)
    # In place: apart from the prints themselves, this list takes the most memory.
    keys = prints.hashes.astype(np.uint64)
    keys <<= CLIP_BITS
    keys |= np.repeat(clips, np.diff(prints.starts))
    keys <<= TIME_BITS
    keys |= prints.times.astype(np.uint32)
    keys.sort()
    return keys


def _agreeing(index: np.ndarray, hashes: np.ndarray, times: np.ndarray, clip: int) -> Iterator[tuple[int, float, int]]:
    """Yield each earlier clip with at least MATCHES equal landmarks, where `clip` begins in it (frames), and how many.

    Sound cut between two frames agrees at the two nearest offsets, which count together.
    """
    order = np.argsort(hashes)  # look up neighbours in the list one after the other
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
    """Return how many landmarks the clip with fewer has in the overlap, if `other` begins at `offset` in `one`.

    Takes the landmarks' times, ascending; all in frames.
    """
    low, high = max(one[0], other[0] + offset) - 1, min(one[-1], other[-1] + offset) + 1
    return min(int(((low <= times) & (times <= high)).sum()) for times in (one, other + offset))
