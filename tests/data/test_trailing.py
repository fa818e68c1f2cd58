"""What lies behind the sound that a decoder reads is never dropped in silence."""

import io
import itertools
import struct

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from sounds import RATE, tone

from genrelab.data import audio, trailing
from genrelab.data.audio import AudioError

FORMATS = {name: (name, None) for name in ("WAV", "FLAC", "AIFF", "AU", "OGG", "MP3")} | {"OPUS": ("OGG", "OPUS")}
SECONDS = 0.5


def sound(name: str) -> bytes:
    kind, subtype = FORMATS[name]
    stream = io.BytesIO()
    rate = 48_000 if subtype else RATE
    soundfile.write(stream, tone(SECONDS, rate=rate), rate, format=kind, subtype=subtype)
    return stream.getvalue()


SOUNDS = {name: sound(name) for name in FORMATS}


@pytest.mark.parametrize(("first", "second"), [*itertools.product(FORMATS, FORMATS)])
def test_two_files_joined_are_decoded_whole_or_refused(first, second):
    joined = SOUNDS[first] + SOUNDS[second]
    if first == second == "MP3":
        samples, rate = audio.decode(joined)
        assert samples.shape[1] / rate == pytest.approx(2 * SECONDS, abs=0.2)
        return
    with pytest.raises(AudioError, match=r"holds .* after the sound that it begins with, which is not decoded; split"):
        audio.decode(joined)


@pytest.mark.parametrize("second", ["WAV", "FLAC", "AIFF", "AU", "OGG"])
@pytest.mark.parametrize("before", range(1, 12))
def test_a_sound_whose_first_bytes_lie_in_two_blocks_is_found(monkeypatch, second, before):
    monkeypatch.setattr(trailing, "LOOK", 100)
    with pytest.raises(AudioError, match="after the sound that it begins with"):
        audio.decode(SOUNDS["WAV"] + b"\0" * (100 - before) + SOUNDS[second])


TAILS = [b"\0" * 10_000, b"\0" * 300_000, b"TAG" + b"x" * 125, b"ID3\4\0\0\0\0\x1f\x76" + b"x" * 4086, b"x"]


@pytest.mark.parametrize("name", sorted(FORMATS))
@pytest.mark.parametrize("tail", TAILS, ids=len)
def test_padding_and_tags_are_no_sound(name, tail):
    alone, _ = audio.decode(SOUNDS[name])
    samples, _ = audio.decode(SOUNDS[name] + tail)
    np.testing.assert_array_equal(samples, alone)


@pytest.mark.parametrize("name", ["WAV", "FLAC", "AIFF", "AU"])
def test_a_tag_in_front_is_no_sound(name):
    samples, _ = audio.decode(b"ID3\4\0\0\0\0\0\x05title" + SOUNDS[name])
    assert samples.shape == (1, round(SECONDS * RATE))


@pytest.mark.parametrize("name", ["OGG", "OPUS"])
@pytest.mark.parametrize("tail", [b"", b"x" * 50], ids=len)
def test_a_cut_ogg_is_truncated_whatever_lies_behind(name, tail):
    with pytest.raises(AudioError, match="last Ogg page is cut") as refused:
        audio.decode(SOUNDS[name][:-200] + tail)
    assert refused.value.status == "truncated"


def test_a_wav_that_counts_a_part_of_its_sound_says_how_much_lies_behind():
    samples = np.random.default_rng(0).integers(-9999, 9999, 50_000, np.int16).tobytes()
    head = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    wav = b"RIFF" + struct.pack("<I", 40_036) + head + b"data" + struct.pack("<I", 40_000) + samples
    with pytest.raises(AudioError, match="holds 60000 bytes after the end of its sound"):
        audio.decode(wav)


def test_a_flac_with_something_unknown_behind_it_says_so():
    with pytest.raises(AudioError, match=r"holds \d+ bytes after the end of its sound"):
        audio.decode(SOUNDS["FLAC"] + bytes(range(1, 256)) * 200)


@given(
    sound=st.sampled_from(
        [
            b"",
            b"\0" * 401,
            np.random.default_rng(0).normal(0, 3000, 500).astype("<i2").tobytes(),  # few samples are loud
            np.random.default_rng(0).bytes(1001),  # as compressed sound is
            b"~" * 500,  # all are
        ]
    ),
    mark=st.sampled_from(sorted({*trailing.MARKS, trailing.M4A, b"RIFE", b"fto", b"zzzz"})),
    place=st.integers(0, 1001),
)
def test_a_mark_is_found_wherever_it_lies(sound, mark, place):
    data = sound[:place] + mark + sound[place:]
    assert trailing._has_mark(data) == any(known in data for known in {*trailing.MARKS, trailing.M4A})
