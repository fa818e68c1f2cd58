"""Detect audio files that hold more than their decoder reads.

A decoder stops where the first stream ends and does not report what follows: the second of two joined files, or audio
that a header does not count. MP3 after MP3 needs no check here: all of its frames are counted (see mpeg_frames.py).
"""

import mmap
import re
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from genrelab.data import containers, mpeg4, mpeg_frames

TAGS = (b"ID3", b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"3DI")  # what players append that is not audio
FEW = 4096  # bytes of any kind that may follow the audio
TAIL = 2**16  # bytes at the end of a file that are searched for MP3 frames
BLOCK = 2**13  # bytes that libFLAC reads ahead
LOOK = 2**22  # bytes searched at a time
LONGEST_START = 32  # bytes by which blocks overlap, so that no file start is missed at a block boundary
RUN = 10  # MP3 frames in a row that cannot be chance
# First bytes of an audio file, long enough not to occur inside another one by chance.
STARTS = {
    b"fLaC\x00\x00\x00\x22": "FLAC",
    b"fLaC\x80\x00\x00\x22": "FLAC",
    b"OggS\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00": "Ogg",
}
FORMS = {b"RIFF": (b"WAVE",), b"FORM": (b"AIFF", b"AIFC")}  # their kind stands 8 bytes after their start
AU = b".snd\x00\x00"
FLAC = b"fLaC"
OGG = b"OggS"
MARKS = frozenset({*FORMS, FLAC, OGG, b".snd"})
M4A = b"ftyp"
MARK_WORDS = np.frombuffer(b"".join([*sorted(MARKS), M4A]), "<u4")
LEAST_LETTER = min(map(min, [*MARKS, M4A]))  # the smallest byte of a mark
RARE = 50  # if more than one pair of samples in this many may be a mark, compare all words
OGG_BEGIN = 0x02  # flag of a page
PRINTABLE = re.compile(rb"[\x20-\x7e]{4}")  # the name of a chunk


def behind(stream: BinaryIO, decoded: int | None = None) -> str:
    """Return what an audio file holds after the audio that its decoder reads, or an empty string.

    `decoded` is the number of bytes that a decoder has read, accurate to a block. Without it, FLAC is not checked, as
    only its frames tell where it ends.
    """
    try:
        data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    except ValueError:  # an empty file
        return ""
    with data:
        return _behind(data, decoded)


def ogg_end(stream: BinaryIO) -> int:
    """Return where the first Ogg file in `stream` ends; beyond the end of `stream` if it is truncated."""
    with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return _end_of_pages(data)[0]


def _behind(data: mmap.mmap, decoded: int | None) -> str:
    head = data[:12]
    end, joined = len(data), ""
    if head[:4] == FLAC:
        if decoded is None:
            return ""
        end = decoded
    elif head[:4] == OGG:
        end, joined = _end_of_pages(data)
    elif head[4:8] == M4A:
        end, joined = _end_of_boxes(data)
    elif head[:4] in FORMS:
        end = _end_of_chunks(data, "little" if head[:4] == b"RIFF" else "big")
    elif head[:4] == b".snd" and not containers.is_unknown(size := int.from_bytes(head[8:], "big")):
        end = int.from_bytes(head[4:8], "big") + size
    start = end if end < len(data) else mpeg_frames.tag_size(data) + 4  # a tag may precede any audio
    if head[:4] == FLAC:
        start = max(4, end - BLOCK)
    kind = joined or _second(data, start)
    # An MP3 can start in so many ways that only files known to be something else are searched for one.
    if not kind and (head[:4] in MARKS or head[4:8] == M4A) and mpeg_frames.run(data[-TAIL:]) >= RUN:
        kind = "MP3"
    if kind:
        return f"holds {kind} after the sound that it begins with, which is not decoded; split it"
    rest = len(data) - end
    if rest <= FEW or data[end : end + 16].startswith(TAGS) or not data[end:].strip(b"\0"):
        return ""
    return f"holds {rest} bytes after the end of its sound, which are not decoded; split it, or fix its header"


def _second(data: mmap.mmap, start: int) -> str:
    """Return the kind of an audio file that starts at or after `start`, or an empty string."""
    with memoryview(data) as whole:
        for place in range(start, len(data), LOOK):
            with whole[place : place + LOOK + LONGEST_START] as block:
                kind = _begun(bytes(block)) if _has_mark(block) else ""
            if kind:
                return kind
    return ""


def _has_mark(data: bytes | memoryview) -> bool:
    """Return whether `data` holds one of the marks that audio files start with; faster than seven searches.

    Read as 16-bit samples, a mark of four letters looks like two consecutive samples above a third of full scale. If
    these are rare, as in most music, only they are inspected.
    """
    loud = np.frombuffer(data, "<i2", len(data) // 2) >= LEAST_LETTER << 8
    pairs = np.flatnonzero(loud[1:] & loud[:-1])
    if len(pairs) > len(loud) // RARE:
        aligned = (np.frombuffer(data, "<u4", (len(data) - shift) // 4, shift) for shift in range(min(4, len(data))))
        return any((words == word).any() for words in aligned for word in MARK_WORDS)
    starts = np.concatenate([2 * pairs, 2 * pairs + 1])
    starts = starts[starts <= len(data) - 4]
    words = np.frombuffer(data, np.uint8)[starts[:, np.newaxis] + np.arange(4)].view("<u4")
    return bool(np.isin(words, MARK_WORDS).any())


def _begun(data: bytes) -> str:
    """Return the kind of an audio file that starts in `data`, or an empty string."""
    for mark, kind in STARTS.items():
        if mark in data:
            return kind
    for mark, kinds in FORMS.items():
        for place in _places(data, mark):
            if data[place + 8 : place + 12] in kinds:
                return kinds[0].decode()
    for place in _places(data, AU):
        # The audio offset, encoding, rate and channels must be valid for AU.
        offset, _, encoding, rate, channels = (
            int.from_bytes(data[place + i : place + i + 4], "big") for i in range(4, 24, 4)
        )
        if 24 <= offset < 2**16 and 1 <= encoding <= 27 and 1 <= rate < 2**20 and 1 <= channels <= 64:
            return "AU"
    for place in _places(data, M4A):
        if data[max(0, place - 4) : place - 1] == b"\0\0\0" and data[place + 4 : place + 7].isalnum():
            return "MPEG-4"
    return ""


def _places(data: bytes, mark: bytes) -> Iterator[int]:
    place = -1
    while (place := data.find(mark, place + 1)) >= 0:
        yield place


def _end_of_chunks(data: mmap.mmap, order: containers.Order) -> int:
    """Return where the last chunk of a RIFF or AIFF file ends; a truncated audio chunk ends with the file."""
    place = 12
    while (name := data[place : place + 4]) and PRINTABLE.fullmatch(name):
        size = int.from_bytes(data[place + 4 : place + 8], order)
        if name in (b"data", b"SSND") and (containers.is_unknown(size) or place + 8 + size > len(data)):
            return len(data)
        if name in MARKS or place + 8 + size > len(data):
            break
        place += 8 + size + size % 2
    return place


def _end_of_boxes(data: mmap.mmap) -> tuple[int, str]:
    """Return where the first MPEG-4 file ends, and the kind of a second file that starts there, if any."""
    end = 0
    for box in mpeg4.boxes(data, 0, len(data)):
        if end and box.name == M4A:
            return end, "MPEG-4"
        end = box.end
    return end, ""


def _end_of_pages(data: mmap.mmap) -> tuple[int, str]:
    """Return where the first Ogg file ends (its streams may start together), and the kind of a second one, if any."""
    place, begun = 0, False
    while data[place : place + 4] == b"OggS" or (place := data.find(b"OggS", place)) >= 0:
        begins = bool(data[place + 5] & OGG_BEGIN) if place + 5 < len(data) else False
        if begins and begun:
            return place, "Ogg"
        begun |= not begins
        segments = data[place + 27 : place + 27 + (data[place + 26] if place + 26 < len(data) else 0)]
        end = place = place + 27 + len(segments) + sum(segments)
    return end, ""
