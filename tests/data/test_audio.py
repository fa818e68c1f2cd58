import functools
import io
import os
import pickle
import shutil
import stat
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from sounds import RATE, cut, text, tone, write

from genrelab.config import Checks
from genrelab.data import audio, containers, mpeg_frames
from genrelab.data.audio import AudioError

CHECKS = Checks(min_seconds=1.0, silence_db=-60.0, max_minutes=20.0)
FORMATS = {
    "wav": {},
    "flac": {},
    "au": {},
    "aiff": {},
    "aif": {"format": "AIFF"},
    "ogg": {},
    "opus": {"format": "OGG", "subtype": "OPUS"},
    "mp3": {},
}
# libsndfile can write no m4a: a minimal beginning of one must do where none is decoded.
M4A = struct.pack(">I", 24) + b"ftypM4A \0\0\0\0M4A mp42" + bytes(100)


def fault(source, **limits):
    with pytest.raises(AudioError) as caught:
        audio.decode(source, **limits)
    return caught.value


def rate_of(suffix):
    return 48_000 if suffix == "opus" else RATE


def sound(path, suffix, seconds=2.0):
    rate = rate_of(suffix)
    return write(path / f"a.{suffix}", tone(seconds, rate=rate), rate, **FORMATS[suffix])


@pytest.mark.parametrize("suffix", FORMATS)
def test_decodes_every_format_from_file_and_from_bytes(tmp_path, suffix):
    path, rate = sound(tmp_path, suffix, 10.0), rate_of(suffix)
    samples, found = audio.decode(path)
    assert found == rate
    assert samples.dtype == np.float32
    assert samples.shape == (1, 10 * rate)
    # All of it: an MP3 that is read in pieces goes wrong after the first.
    lossy = suffix in ("ogg", "opus", "mp3")
    away = np.abs(samples[0] - tone(10.0, rate=rate)[:, 0])
    assert away[: -rate // 10].max() < (0.1 if lossy else 1e-4)  # Opus does not encode an abrupt end well
    from_bytes, _ = audio.decode(path.read_bytes())
    np.testing.assert_array_equal(from_bytes, samples)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
@pytest.mark.parametrize("file_format", ["WAV", "WAVEX", "RF64"])
def test_samples_of_a_wav_are_those_of_libsndfile(tmp_path, monkeypatch, subtype, file_format):
    path = tmp_path / "a.wav"
    samples = np.random.default_rng(0).uniform(-1, 1, (2 * RATE, 2))
    samples[:2] = [[-1, 1], [1, -1]]
    soundfile.write(path, samples, RATE, subtype=subtype, format=file_format)
    expected, _ = soundfile.read(path, dtype="float32", always_2d=True)
    monkeypatch.setattr(audio, "BLOCK", 9_973)  # the last block is not full
    np.testing.assert_array_equal(audio.decode(path)[0], expected.T)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_cut_file_is_truncated(tmp_path, suffix):
    path = cut(sound(tmp_path, suffix, 10.0))
    assert fault(path).status == "truncated"
    assert fault(path.read_bytes()).status == "truncated"


@functools.cache
def whole(suffix):
    with tempfile.TemporaryDirectory() as folder:
        return sound(Path(folder), suffix).read_bytes()


@pytest.mark.parametrize("suffix", FORMATS)
@given(share=st.floats(0, 1, exclude_max=True))
@settings(deadline=None)
def test_a_file_cut_anywhere_never_passes_and_never_crashes(suffix, share):
    # The last of an MP3 is within the slack that encoders and decoders have.
    spared = len(whole(suffix)) // 4 if suffix == "mp3" else containers.PADDING
    left = whole(suffix)[: int(share * (len(whole(suffix)) - spared))]
    assert fault(left).status in {"truncated", "unreadable", "empty"}


def test_damage_in_the_middle_of_a_flac_is_found(tmp_path):
    path = write(tmp_path / "a.flac", tone(20.0))
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 200] = bytes(200)
    error = fault(bytes(data))
    assert error.status == "truncated"
    assert error.reason == "breaks off before the end of its 20.0 s"


def test_padding_is_no_truncation(tmp_path):
    path = write(tmp_path / "a.wav")
    data = bytearray(path.read_bytes())
    data[40:44] = struct.pack("<I", struct.unpack("<I", data[40:44])[0] + 8)
    assert audio.decode(bytes(data))[0].shape == (1, 2 * RATE)


@pytest.mark.parametrize(("suffix", "place"), [("wav", 40), ("au", 8)])
def test_an_unknown_length_is_no_truncation(tmp_path, suffix, place):
    data = bytearray(write(tmp_path / f"a.{suffix}").read_bytes())
    data[place : place + 4] = b"\xff\xff\xff\xff"
    assert audio.decode(bytes(data))[0].shape == (1, 2 * RATE)


def test_chunks_before_and_after_the_sound_are_passed_over(tmp_path):
    data = write(tmp_path / "a.wav").read_bytes()
    extra = b"LIST" + struct.pack("<I", 5) + b"hello\0"
    data = data[:12] + extra + data[12:] + extra
    assert audio.decode(data)[0].shape == (1, 2 * RATE)
    assert fault(data[:-20_000]).status == "truncated"


def test_rf64_states_its_size_elsewhere(tmp_path):
    path = write(tmp_path / "a.wav", format="RF64")
    assert audio.decode(path)[0].shape == (1, 2 * RATE)
    assert fault(cut(path)).status == "truncated"


def test_an_ogg_whose_end_is_missing_is_truncated_even_at_a_page(tmp_path):
    data = write(tmp_path / "a.ogg", tone(10.0)).read_bytes()
    assert fault(data[: data.rfind(b"OggS")]).status == "truncated"


def test_a_flac_of_unknown_length_is_refused(tmp_path):
    data = bytearray(write(tmp_path / "a.flac").read_bytes())
    data[21] &= 0xF0  # the 36 bits of STREAMINFO's number of samples
    data[22:26] = bytes(4)
    assert fault(bytes(data)).reason == "does not state its length; encode it again"


def test_samples_beyond_full_scale_are_kept(tmp_path):
    path = write(tmp_path / "a.wav", tone(level=1.5), subtype="FLOAT")
    assert audio.decode(path)[0].max() == pytest.approx(1.5, abs=1e-3)


def test_what_is_no_sound_is_unreadable(tmp_path):
    error = fault(text(tmp_path / "a.wav"))
    assert error.status == "unreadable"
    assert error.reason == "cannot be decoded: its format is unknown"
    assert "a.wav" not in error.reason
    assert fault(text(tmp_path / "a.mp3")).status == "unreadable"
    assert fault(b"x").status == "unreadable"


def test_files_that_cannot_be_opened(tmp_path):
    assert "No such file" in fault(tmp_path / "none.wav").reason
    assert fault(tmp_path).status == "unreadable"


def test_empty(tmp_path):
    (tmp_path / "a.wav").touch()
    assert fault(tmp_path / "a.wav").status == "empty"
    assert fault(b"").status == "empty"
    assert fault(write(tmp_path / "b.wav", tone(0.0))).status == "empty"


def test_too_long_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    path = write(tmp_path / "a.flac", tone(3.0))
    monkeypatch.setattr(soundfile.SoundFile, "read", lambda *_: pytest.fail("decoded"))
    error = fault(path, max_seconds=2.0)
    assert error.status == "too_long"
    assert error.reason == "lasts 0.1 minutes, more than 0.0333333"


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_no_sound_takes_more_memory_than_allowed(tmp_path, monkeypatch, suffix):
    path = write(tmp_path / f"a.{suffix}", tone(2.0, channels=2))
    monkeypatch.setattr(audio, "MAX_BYTES", 2 * RATE * 2 * 4 - 1)
    assert fault(path).status == "too_long"
    monkeypatch.setattr(audio, "MAX_BYTES", 2 * RATE * 2 * 4)
    assert audio.decode(path)[0].shape == (2, 2 * RATE)


def test_resampling_cannot_fill_the_memory(tmp_path):
    path = write(tmp_path / "a.wav", tone(seconds=3_000_000, hz=0.1, rate=1), rate=1)
    with pytest.raises(AudioError, match="would not fit in memory"):
        audio.load(path, RATE)


class EnoughError(Exception):
    """Raised to end a decoding."""


@pytest.mark.parametrize("suffix", ["wav", "flac", "au", "aiff"])
def test_a_long_sound_is_decoded_in_blocks_and_can_be_left_between_them(tmp_path, monkeypatch, suffix):
    path = write(tmp_path / f"a.{suffix}", np.random.default_rng(0).normal(0, 0.1, 50_000))
    whole, _ = audio.decode(path)
    monkeypatch.setattr(audio, "BLOCK", 7001)
    calls = []
    samples, _ = audio.decode(path, go_on=lambda: calls.append("called"))
    np.testing.assert_array_equal(samples, whole)
    assert len(calls) == 8

    def stop():
        calls.append("called")
        if len(calls) == 8 + 3:
            raise EnoughError

    with pytest.raises(EnoughError):
        audio.decode(path, go_on=stop)


def test_a_transcoding_ends_when_it_is_told_to(ffmpeg):
    ffmpeg("import time; time.sleep(60)")

    def stop():
        raise EnoughError

    with pytest.raises(EnoughError):
        audio.decode(M4A, go_on=stop)


def test_mpg123_is_kept_off_the_terminal(tmp_path, capfd):
    data = bytearray(write(tmp_path / "a.mp3", tone(5.0)).read_bytes())
    data[len(data) // 2 : len(data) // 2 + 400] = bytes(range(200)) * 2
    (tmp_path / "a.mp3").write_bytes(data)
    try:
        audio.decode(tmp_path / "a.mp3")
    except AudioError as error:
        assert error.status == "truncated"
    with pytest.raises(AudioError, match="cannot be decoded"):
        audio.decode(text(tmp_path / "words.MP3"))
    os.write(2, b"still there\n")
    assert capfd.readouterr().err == "still there\n"


def test_load_mixes_and_resamples(tmp_path):
    path = write(tmp_path / "a.wav", tone(2.0, rate=96_000, channels=2, level=0.5), rate=96_000)
    y = audio.load(path, RATE)
    assert y.dtype == np.float32
    assert y.shape == (2 * RATE,)
    stereo = tone(2.0, channels=2, level=0.5).mean(axis=1)
    assert np.abs(y - stereo)[500:-500].max() < 1e-3


def test_resampling_does_not_fold_what_it_cannot_hold():
    y = audio.resample(tone(1.0, hz=20_000, rate=48_000)[:, 0], 48_000, RATE)
    assert np.abs(y[500:-500]).max() < 1e-3


def test_sound_at_the_rate_asked_for_is_untouched(tmp_path):
    path = write(tmp_path / "a.wav")
    np.testing.assert_array_equal(audio.load(path, RATE), audio.decode(path)[0][0])


@pytest.mark.parametrize(
    ("samples", "status"),
    [
        (tone(0.0), "empty"),
        (tone(0.5), "too_short"),
        (tone(2.0, level=0.0), "silent"),
        (tone(2.0, level=0.0009), "silent"),
        (np.where(np.arange(2 * RATE) == 7, np.nan, tone()[:, 0])[:, None], "not_finite"),
        (np.where(np.arange(2 * RATE) == 7, -np.inf, tone()[:, 0])[:, None], "not_finite"),
    ],
)
def test_check_names_the_fault(samples, status):
    with pytest.raises(AudioError) as caught:
        audio.check(audio.mono(samples.T), RATE, CHECKS)
    assert caught.value.status == status


def test_check_lets_sound_pass():
    audio.check(tone(1.0)[:, 0], RATE, CHECKS)
    audio.check(tone(2.0, level=0.00101)[:, 0], RATE, CHECKS)


def test_an_error_survives_the_way_from_a_worker():
    error = pickle.loads(pickle.dumps(AudioError("silent", "peaks at -inf dB")))
    assert (error.status, str(error)) == ("silent", "peaks at -inf dB")


def test_m4a_without_ffmpeg(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    error = fault(M4A)
    assert (error.status, error.reason) == ("unreadable", "no decoder for .m4a here; install ffmpeg")


@pytest.fixture
def ffmpeg(tmp_path, monkeypatch):
    """Put a stand-in on PATH that runs the given Python code with the arguments of ffmpeg."""

    def install(code):
        program = tmp_path / "bin" / "ffmpeg"
        program.parent.mkdir()
        program.write_text(f"#!{sys.executable}\nimport sys\n{code}")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", str(program.parent))

    return install


def test_m4a_with_ffmpeg(tmp_path, ffmpeg):
    wav = write(tmp_path / "a.wav")
    ffmpeg(
        f"import shutil; assert '-f mov -i file:/' in ' '.join(sys.argv); shutil.copy({str(wav)!r}, sys.argv[-1][5:])"
    )
    m4a = tmp_path / "-a b.m4a"
    m4a.write_bytes(M4A)
    for source in (m4a, M4A):
        np.testing.assert_array_equal(audio.decode(source)[0], audio.decode(wav)[0])


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content


def m4a_of(seconds: int, media: bytes = bytes(100)) -> bytes:
    """The boxes of an MPEG-4 file that states a length; its channels are left open."""
    handler = box(b"hdlr", bytes(8) + b"soun" + bytes(13))
    stated = box(b"mdhd", bytes(12) + struct.pack(">II", RATE, seconds * RATE) + bytes(4))
    track = box(b"trak", box(b"mdia", stated + handler))
    return box(b"ftyp", b"M4A \0\0\0\0") + box(b"moov", track) + box(b"mdat", media)


def test_an_m4a_that_decodes_short_of_its_stated_length_is_truncated(tmp_path, ffmpeg):
    wav = write(tmp_path / "a.wav", tone(2.0))
    ffmpeg(f"import shutil; shutil.copy({str(wav)!r}, sys.argv[-1][5:])")
    assert audio.decode(m4a_of(2))[0].shape[1] == 2 * RATE
    error = fault(m4a_of(3))
    assert (error.status, error.reason) == ("truncated", "breaks off after 2.0 of its 3.0 s")
    error = fault(m4a_of(2)[:-40])
    assert (error.status, error.reason) == ("truncated", "its box mdat ends 40 bytes early")
    assert fault(m4a_of(7200), max_seconds=60).status == "too_long"
    assert audio.header(m4a_of(2)) == (2.0, 2, 0)


def test_two_m4a_joined_are_refused(tmp_path, ffmpeg):
    ffmpeg("sys.exit('is not asked')")
    assert "holds MPEG-4 after" in fault(2 * m4a_of(2)).reason


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="no ffmpeg here")
@pytest.mark.parametrize("options", [[], ["-movflags", "+faststart"], ["-c:a", "alac"]], ids=str)
def test_real_m4a_is_as_long_as_it_states(tmp_path, options):
    path, m4a = write(tmp_path / "a.wav", tone(3.0, channels=2)), tmp_path / "a.m4a"
    subprocess.run(["ffmpeg", "-v", "error", "-i", path, *options, m4a], check=True)
    samples, rate = audio.decode(m4a)
    assert samples.shape == (2, pytest.approx(3 * rate, abs=0.1 * rate))
    assert audio.stated(m4a.read_bytes()) == (pytest.approx(3, abs=0.1), 2)
    assert fault(cut(m4a, 0.7)).status == "truncated"


def test_m4a_that_ffmpeg_refuses(ffmpeg):
    ffmpeg("sys.exit('[mov @ 0x55f3] moov atom not found\\n[in#0] Error opening')")
    assert fault(M4A).reason == "ffmpeg cannot decode it"


def test_m4a_on_which_ffmpeg_hangs(ffmpeg, monkeypatch):
    ffmpeg("import time; time.sleep(60)")
    monkeypatch.setattr(audio, "FFMPEG_SECONDS", 0.2)
    assert "did not finish" in fault(M4A).reason


@given(st.binary(max_size=2000))
@settings(deadline=None)
def test_random_bytes_are_refused_in_words(data):
    for head in (b"", b"RIFF\0\0\0\0WAVE", b"FORM\0\0\0\0AIFF", b".snd", b"OggS", b"fLaC", b"ID3", b"\xff\xfb"):
        assert fault(head + data, max_seconds=60).reason


def test_a_file_of_empty_chunks_is_not_read_to_its_end():
    class Counting(io.BytesIO):
        reads = 0

        def read(self, *size):
            self.reads += 1
            return super().read(*size)

    stream = Counting(b"RIFF\0\0\0\0WAVE" + (b"junk" + bytes(4)) * (2 * containers.MAX_CHUNKS))
    assert containers.truncation(stream) == ""
    assert stream.reads <= containers.MAX_CHUNKS + 1


def variable_mp3(path, seconds=20.0):
    """Write an MP3 whose bitrate varies, quiet first, without the header that states its length."""
    y = tone(seconds)[:, 0] * np.linspace(0, 1, round(seconds * RATE), dtype=np.float32) ** 4
    y[len(y) // 2 :] += np.random.default_rng(0).normal(0, 0.1, len(y) - len(y) // 2).astype(np.float32)
    write(path, y, bitrate_mode="VARIABLE", compression_level=0.5)
    whole = path.read_bytes()
    stream = mpeg_frames.scan(whole)
    assert stream.stated == len(stream.frames)
    path.write_bytes(whole[stream.frames[0].start :])
    return path


def test_the_length_of_an_mp3_without_a_header_is_counted(tmp_path):
    path = variable_mp3(tmp_path / "a.mp3")
    assert abs(soundfile.info(path).duration - 20) > 10  # an estimate, from the first frame's bitrate
    samples, rate = audio.decode(path)
    assert samples.shape[1] / rate == pytest.approx(20, abs=0.1)


def test_two_mp3_files_joined_are_decoded_whole(tmp_path):
    first, second = (write(tmp_path / f"{hz}.mp3", tone(5.0, hz=hz)) for hz in (300, 3000))
    joined = tmp_path / "joined.mp3"
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    samples, rate = audio.decode(joined)
    assert samples.shape[1] / rate == pytest.approx(10, abs=0.2)
    spectrum = np.abs(np.fft.rfft(samples[0, -2 * rate :]))
    assert np.fft.rfftfreq(2 * rate, 1 / rate)[spectrum.argmax()] == pytest.approx(3000, abs=2)


@pytest.mark.parametrize("order", [(0, 1), (0, 1, 0)])
def test_an_mp3_with_a_stream_at_another_rate_says_so(tmp_path, order):
    files = [write(tmp_path / f"{rate}.mp3", tone(3.0, rate=rate), rate).read_bytes() for rate in (22_050, 44_100)]
    joined = tmp_path / "joined.mp3"
    joined.write_bytes(b"".join(files[i] for i in order))
    error = fault(joined)
    assert error.status == "unreadable"
    assert "second stream at another sample rate" in str(error)


@pytest.mark.parametrize("mode", ["CONSTANT", "AVERAGE", "VARIABLE"])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [8000, 22_050, 44_100, 48_000])
def test_every_frame_of_an_mp3_is_counted(tmp_path, mode, channels, rate):
    path = write(tmp_path / "a.mp3", tone(2.0, rate=rate, channels=channels), rate, bitrate_mode=mode)
    stream = mpeg_frames.scan(path.read_bytes())
    assert stream.samples == pytest.approx(2 * rate, abs=4 * 1152)
    (tmp_path / "b.mp3").write_bytes(mpeg_frames.with_count(path.read_bytes(), stream))
    assert soundfile.info(tmp_path / "b.mp3").frames == pytest.approx(stream.samples, abs=2 * 1152)


@given(st.binary(max_size=2000))
def test_any_bytes_have_frames_or_none(data):
    stream = mpeg_frames.scan(data)
    assert all(frame.start + frame.size <= len(data) for frame in stream.frames)


def test_channels_that_cancel_are_silent(tmp_path):
    y = tone(2.0)[:, 0]
    path = write(tmp_path / "a.wav", np.stack([y, -y], axis=1))
    with pytest.raises(AudioError) as caught:
        audio.load_at(path, [RATE], CHECKS)
    assert caught.value.status == "silent"


def test_an_overflow_of_the_mix_and_an_absurd_peak_are_not_finite(tmp_path):
    for name, level, channels in (("mix", 3e38, 2), ("peak", 1e18, 1)):
        y = np.full((2 * RATE, channels), level, np.float32)
        path = write(tmp_path / f"{name}.wav", y, subtype="FLOAT")
        with pytest.raises(AudioError) as caught:
            audio.load_at(path, [RATE], CHECKS)
        assert caught.value.status == "not_finite"
    assert "1e+18 of full scale, above 1000" in str(caught.value)


def wav_header(path, tag=1, rate=RATE, size=None):
    """Change the format tag, sample rate or data size of a WAV file."""
    data = bytearray(path.read_bytes())
    data[20:22], data[24:28] = struct.pack("<H", tag), struct.pack("<I", rate)
    if size is not None:
        place = data.index(b"data") + 4
        data[place : place + 4] = struct.pack("<I", size)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"tag": 0x55}, "holds MP3, which is not supported"),
        ({"rate": 0}, "states a sample rate of 0 Hz"),
        ({"size": 0}, "declares 0 bytes of sound, but 88200 bytes follow"),
    ],
)
def test_a_wav_that_misstates_itself_says_how(tmp_path, change, reason):
    error = fault(wav_header(write(tmp_path / "a.wav", tone(2.0)), **change))
    assert error.status == "unreadable"
    assert reason in str(error)


def test_what_is_no_regular_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.wav")
    assert str(fault(tmp_path / "a.wav")) == "cannot be read: is not a regular file"
    assert fault(tmp_path).status == "unreadable"
