"""Count the frames of an MP3 file one by one.

An MP3 states its length only in a Xing, Info or VBRI header, and only for the stream that starts with the header.
Without one, libsndfile derives the length from the first frame's bitrate and the file size, which is wrong if the
bitrate varies; with one, it stops after the stated count, even if another stream follows. A header of our own in front
of all frames fixes both.

Source: ISO/IEC 11172-3 and 13818-3, layer III; the Xing header as LAME writes it.
"""

import mmap
import re
import struct
from typing import NamedTuple

MPEG1, LAYER3 = 3, 1  # as coded in a frame header
BITRATES = {  # kbit/s of layer III by index in the header
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
RATES = (44_100, 48_000, 32_000)  # Hz of MPEG 1; halved for MPEG 2, quartered for 2.5
HEADERS = (b"Xing", b"Info", b"VBRI")
# Possible first bytes of a layer III frame: only valid versions, bitrate indices and sample rate indices.
HEADER = re.compile(
    b"\xff[\xe2\xe3\xf2\xf3\xfa\xfb][%s]" % b"".join(b"\\x%02x" % i for i in range(0x10, 0xF0) if i >> 2 & 3 != 3)
)


class Frame(NamedTuple):
    """A frame: its first byte, size in bytes, samples per channel, and the kind that all frames of a stream share."""

    start: int
    size: int
    samples: int
    kind: tuple[int, int]  # MPEG version as coded, sample rate in Hz


class Stream(NamedTuple):
    """All audio frames of a file, the count in its header (None: not stated), and the number of foreign frames."""

    frames: list[Frame]
    stated: int | None
    foreign: int = 0

    @property
    def samples(self) -> int:
        """Samples per channel over all frames."""
        return sum(frame.samples for frame in self.frames)


def scan(data: bytes) -> Stream:
    """Return the audio frames in the bytes of an MP3 file, whatever tags lie before, between and after them.

    Frames with a Xing, Info or VBRI header are not audio. `foreign` counts the frames of other streams, at another
    sample rate, between and after those of the first.
    """
    frames: list[Frame] = []
    stated: int | None = None
    place = foreign = 0
    while (frame := _next(data, place, frames[0].kind if frames else None)) is not None:
        if frames and frame.start > place:
            foreign += len(scan(data[place : frame.start]).frames)
        body = data[frame.start : frame.start + min(frame.size, 64)]
        header = next((name for name in HEADERS if name in body), None)
        if header is None:
            frames.append(frame)
        elif not frames:
            stated = _stated(data, frame, body, header)
        place = frame.start + frame.size
    if frames and place < len(data):
        foreign += len(scan(data[place:]).frames)
    return Stream(frames, stated, foreign)


def run(data: bytes) -> int:
    """Return the length of the longest run of frames without a gap in `data`."""
    longest, place = 0, 0
    while found := HEADER.search(data, place):
        start, n = found.start(), 0
        while frame := _frame(data, start):
            start, n = start + frame.size, n + 1
        longest = max(longest, n)
        place = start if n > 1 else found.start() + 1
    return longest


def with_count(data: bytes, stream: Stream) -> bytes:
    """Return an MP3 with all frames of `stream`, preceded by a header that states their number."""
    first = stream.frames[0]
    # The header gets a frame of its own, as large as the first frame of at least 64 bytes: smaller ones cannot hold it.
    shape = next(frame for frame in stream.frames if frame.size >= 64) if first.size < 64 else first
    head = bytearray(shape.size)
    head[:4] = data[shape.start : shape.start + 4]
    head[1] |= 1  # no checksum
    offset = 4 + _side_bytes(data, shape)
    head[offset : offset + 12] = b"Info" + struct.pack(">II", 1, len(stream.frames))
    return bytes(head) + b"".join(data[frame.start : frame.start + frame.size] for frame in stream.frames)


def tag_size(data: bytes | mmap.mmap, place: int = 0) -> int:
    """Return the size in bytes of the ID3 tag at `place`; 0 if there is none."""
    head = data[place : place + 10]
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    return 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])


def _next(data: bytes, place: int, kind: tuple[int, int] | None) -> Frame | None:
    """Return the first frame at or after `place`, of this kind if one is given."""
    place += tag_size(data, place)  # a tag may hold what looks like a frame
    while (place := data.find(b"\xff", place)) >= 0:
        frame = _frame(data, place)
        # A single header may be chance: unless the file ends, another frame or a tag must follow.
        if frame and (kind is None or frame.kind == kind):
            after = place + frame.size
            follows = _frame(data, after)
            if after >= len(data) or data[after : after + 3] in (b"ID3", b"TAG") or data[after : after + 4] == b"APET":
                return frame if after <= len(data) else None
            if follows and follows.kind == frame.kind:
                return frame
        place += 1
    return None


def _frame(data: bytes, start: int) -> Frame | None:
    head = data[start : start + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, rate, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if version == 1 or layer != LAYER3 or bitrate in (0, 15) or rate == 3:
        return None
    hertz = RATES[rate] >> {MPEG1: 0, 2: 1, 0: 2}[version]
    samples = 1152 if version == MPEG1 else 576
    size = samples // 8 * BITRATES[version == MPEG1][bitrate] * 1000 // hertz + padding
    return Frame(start, size, samples, (version, hertz))


def _side_bytes(data: bytes, frame: Frame) -> int:
    """Return the size of a frame's side information, which precedes a Xing or Info header."""
    single = data[frame.start + 3] >> 6 == 3
    if frame.kind[0] == MPEG1:
        return 17 if single else 32
    return 9 if single else 17


def _stated(data: bytes, frame: Frame, body: bytes, header: bytes) -> int | None:
    place = frame.start + body.index(header)
    if header == b"VBRI":
        return int.from_bytes(data[place + 14 : place + 18], "big") or None
    flags = int.from_bytes(data[place + 4 : place + 8], "big")
    return int.from_bytes(data[place + 8 : place + 12], "big") or None if flags & 1 else None
