"""Read the length and channels of the audio in an MPEG-4 file (.m4a) from its boxes.

Source: ISO/IEC 14496-12, the ISO base media file format.
"""

import mmap
import re
from collections.abc import Iterator
from typing import NamedTuple

Data = bytes | mmap.mmap

NAME = re.compile(rb"[\x20-\x7e\xa9]{4}")
STEREO = 2  # channels, if not stated


class Box(NamedTuple):
    """A box: its name, and where its content starts and ends; the end may lie beyond that of a truncated file."""

    name: bytes
    start: int
    end: int


class Sound(NamedTuple):
    """The first audio track: seconds (0 if not stated, as in fragmented files) and channels."""

    seconds: float
    channels: int


def boxes(data: Data, place: int, end: int) -> Iterator[Box]:
    """Yield the boxes between two offsets, up to the first invalid one."""
    while place + 8 <= end and NAME.fullmatch(name := data[place + 4 : place + 8]):
        size, head = _number(data, place, 4), 8
        if size == 1:  # the size does not fit into 32 bits
            size, head = _number(data, place + 8, 8), 16
        if size == 0:
            size = end - place
        if size < head:
            return
        yield Box(name, place + head, place + size)
        place += size


def sound(data: Data) -> Sound | None:
    """Return what the file states about its first audio track; None if it has no readable one."""
    movie = _find(data, 0, len(data), b"moov")
    if movie is None:
        return None
    header = _find(data, movie.start, movie.end, b"mvhd")
    scale = _scale_and_duration(data, header)[0] if header else 0
    for track in boxes(data, movie.start, min(movie.end, len(data))):
        media = _find(data, track.start, track.end, b"mdia") if track.name == b"trak" else None
        handler = _find(data, media.start, media.end, b"hdlr") if media else None
        if media and handler and data[handler.start + 8 : handler.start + 12] == b"soun":
            return Sound(_seconds(data, track, media, scale), _channels(data, media))
    return None


def _seconds(data: Data, track: Box, media: Box, movie_scale: int) -> float:
    """Return a track's length: that of its media, or that after its edits, whichever is shorter."""
    found = []
    header = _find(data, media.start, media.end, b"mdhd")
    if header:
        found.append(_scale_and_duration(data, header))
    if edited := _find(data, track.start, track.end, b"tkhd"):
        wide = _number(data, edited.start, 1) == 1  # version 1 stores times in 64 bits
        found.append((movie_scale, _number(data, edited.start + (28 if wide else 20), 8 if wide else 4)))
    lengths = [duration / scale for scale, duration in found if scale and duration]
    return min(lengths, default=0.0)


def _scale_and_duration(data: Data, header: Box) -> tuple[int, int]:
    """Return the units per second and the duration in units of an mvhd or mdhd box."""
    if _number(data, header.start, 1) == 1:
        return _number(data, header.start + 20, 4), _number(data, header.start + 24, 8)
    return _number(data, header.start + 12, 4), _number(data, header.start + 16, 4)


def _channels(data: Data, media: Box) -> int:
    place: Box | None = media
    for name in (b"minf", b"stbl", b"stsd"):
        place = _find(data, place.start, place.end, name) if place else None
    # 8 bytes up to the entry count, then the first entry: 8 bytes of header, 16 before the channels.
    return _number(data, place.start + 8 + 8 + 16, 2) or STEREO if place else STEREO


def _find(data: Data, start: int, end: int, name: bytes) -> Box | None:
    return next((box for box in boxes(data, start, min(end, len(data))) if box.name == name), None)


def _number(data: Data, start: int, size: int) -> int:
    return int.from_bytes(data[start : start + size], "big")
