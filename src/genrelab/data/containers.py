"""Detect audio files that hold less than their header promises.

libsndfile silently shortens a truncated WAV, AU, AIFF or Ogg file to what is there, and ffmpeg may do so with an
MPEG-4 file, so this module reads the containers itself.
FLAC and MP3 need no such check: they state their number of samples, and decoding yields fewer. (An old MP3 may state
none; nothing can reveal that such a file is truncated.)
"""

import mmap
import os
from collections.abc import Iterator
from typing import BinaryIO, Literal

from genrelab.data import mpeg4

# Writers round a size up to an even number or to a whole frame; so few missing bytes are not lost audio.
PADDING = 16
# A writer that cannot seek back (a pipe) leaves the largest size it knows: 0xffffffff, or 0x7ffff000 for sox.
UNKNOWN = range(0x7FFF_F000, 0x8000_0000)
UNKNOWN_MAX = 0xFFFF_FFFF

# What a WAV file may hold instead of samples, by format tag.
COMPRESSED = {0x0050: "MPEG layer II", 0x0055: "MP3", 0x00FF: "AAC", 0x0161: "Windows Media Audio"}
EMPTY_TAIL = 4096  # bytes after 0 bytes of audio that may be tags

MAX_CHUNKS = 10_000
OGG_HEADER = 27  # bytes before a page's segment table
OGG_PAGE = OGG_HEADER + 255 + 255 * 255  # bytes of the longest page
OGG_END = 0x04


Order = Literal["little", "big"]  # of the bytes of a number


def is_unknown(size: int) -> bool:
    """Whether a stated size is the placeholder of a writer that did not know it."""
    return size in UNKNOWN or size == UNKNOWN_MAX


def truncation(stream: BinaryIO) -> str:
    """Return how the audio in `stream` is known to be truncated, or an empty string if nothing shows that it is.

    `stream` is seekable; its position changes. Malformed and unknown containers are left to the decoder.
    """
    stream.seek(0)
    head = stream.read(12)
    if head[:4] in (b"RIFF", b"RF64") and head[8:] == b"WAVE":
        return _riff(stream)
    if head[:4] == b"FORM" and head[8:] in (b"AIFF", b"AIFC"):
        return _aiff(stream)
    if head[:4] == b".snd":
        return _short(stream, start=int.from_bytes(head[4:8], "big"), promised=int.from_bytes(head[8:], "big"))
    if head[:4] == b"OggS":
        return _ogg(stream)
    if head[4:8] == b"ftyp":
        return _mpeg4(stream)
    return ""


def foreign(stream: BinaryIO) -> str:
    """Return why the decoder would get the audio of a WAV file wrong, or an empty string.

    `stream` is seekable; its position changes.
    """
    stream.seek(0)
    head = stream.read(12)
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return ""
    for name, size in _chunks(stream, "little"):
        if name == b"fmt " and size >= 16:
            tag, rate = int.from_bytes(stream.read(2), "little"), stream.read(6)[2:]
            if tag in COMPRESSED:
                return (
                    f"is a WAV file that holds {COMPRESSED[tag]}, which is not supported; extract it from the container"
                )
            if not int.from_bytes(rate, "little"):
                return "states a sample rate of 0 Hz"
        elif name == b"data":
            start = stream.tell()
            behind = stream.seek(0, os.SEEK_END) - start
            if size == 0 and behind > EMPTY_TAIL:
                return f"declares 0 bytes of sound, but {behind} bytes follow; rewrite its header"
            return ""
    return ""


def _riff(stream: BinaryIO) -> str:
    long_size = UNKNOWN_MAX
    for name, size in _chunks(stream, "little"):
        if name == b"ds64":  # RF64: sizes that do not fit into 32 bits
            long_size = int.from_bytes(stream.read(16)[8:], "little")
        elif name == b"data":
            return _short(stream, stream.tell(), long_size if size == UNKNOWN_MAX else size)
    return ""


def _aiff(stream: BinaryIO) -> str:
    for name, size in _chunks(stream, "big"):
        if name == b"SSND":
            return _short(stream, stream.tell(), size)
    return ""


def _chunks(stream: BinaryIO, order: Order) -> Iterator[tuple[bytes, int]]:
    """Yield the name and size of each chunk, with `stream` at its first byte."""
    place = 12
    for _ in range(MAX_CHUNKS):
        stream.seek(place)
        head = stream.read(8)
        if len(head) < 8:
            return
        size = int.from_bytes(head[4:], order)
        yield head[:4], size
        place += 8 + size + size % 2


def _short(stream: BinaryIO, start: int, promised: int) -> str:
    if is_unknown(promised):
        return ""
    held = max(0, stream.seek(0, os.SEEK_END) - start)
    if promised - held <= PADDING:
        return ""
    return f"the header promises {promised} bytes of sound, but the file holds {held}"


def _mpeg4(stream: BinaryIO) -> str:
    with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        cut = [box for box in mpeg4.boxes(data, 0, len(data)) if box.end > len(data)]
        return f"its box {cut[0].name.decode('latin-1')} ends {cut[0].end - len(data)} bytes early" if cut else ""


def _ogg(stream: BinaryIO) -> str:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - OGG_PAGE))
    tail = stream.read()
    last = tail[tail.rfind(b"OggS") :]
    if len(last) < OGG_HEADER:
        return "the last Ogg page is cut off"
    segments = last[26]
    table = last[OGG_HEADER : OGG_HEADER + segments]
    if len(table) < segments or len(last) < OGG_HEADER + segments + sum(table):
        return "the last Ogg page is cut off"
    return "" if last[5] & OGG_END else "the last Ogg page is not the end of the stream"
