"""Audio input: decode any supported file, mix it to mono, resample it, and report what is wrong with it.

Samples are float32 with full scale at +-1. A decoder may overshoot that; nothing is clipped.
"""

import math
import mmap
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, NamedTuple

import numpy as np

from genrelab.config import Checks
from genrelab.data import containers, mpeg4, mpeg_frames, trailing
from genrelab.data.regular import open_regular
from genrelab.errors import DataError

if TYPE_CHECKING:
    import soundfile

Fault = Literal["unreadable", "empty", "truncated", "too_short", "too_long", "silent", "not_finite", "no_feature"]

# Lower-case suffixes of candidate audio files; the content decides whether a file is one.
SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".au", ".aif", ".aiff", ".m4a"})

# Audio formats that are not decoded here; such a file is always reported, never skipped silently.
OTHER_SUFFIXES = frozenset(
    {".wma", ".aac", ".ape", ".wv", ".mpc", ".mp2", ".ac3", ".amr", ".dsf", ".mka", ".ra", ".tta"}
)

MAX_BYTES = 2**30  # of decoded samples: caps the memory of a clip, even if its header lies
MAX_PEAK = 1000.0  # of full scale; samples beyond this are not just loud audio, and their squares overflow
UNKNOWN_FORMAT = 1  # libsndfile's code for this error
UNKNOWN_FRAMES = 2**63 - 1  # libsndfile's value for a FLAC stream that does not state its length
MP3_SLACK = 2 * 1152  # frames by which MP3 encoders and decoders may disagree on the length
JOINED_FRAMES = 3  # tolerated MP3 frames after the stated end; more are another stream
FOREIGN_FRAMES = 10  # of another sample rate; fewer may be chance
M4A_SLACK = 0.25  # seconds; containers count the codec delay in different ways
BLOCK = 2**22  # frames decoded at a time if seeking is exact
SEEKS_EXACTLY = frozenset({"WAV", "WAVEX", "RF64", "FLAC", "AIFF", "AU"})
WAV = frozenset({"WAV", "WAVEX", "RF64"})
SIXTEEN_BITS = frozenset({"PCM_16", "PCM_U8"})  # subtypes that fit into 16 bits
POLL_SECONDS = 0.2  # between two polls of ffmpeg
FFMPEG_SECONDS = 600  # a transcoding that takes longer is considered hung


GoOn = Callable[[], object]
Decoded = Callable[[float, int, int], object]  # receives the seconds, channels and rate in Hz of decoded audio


def always() -> None:
    """Never stop the work."""


def uncounted(seconds: float, channels: int, rate: int) -> None:
    """Accept audio of any length."""


class Stated(NamedTuple):
    """What an audio header states: seconds (infinite if MPEG-4 leaves them open), channels, rate in Hz (0: MPEG-4)."""

    seconds: float
    channels: int
    rate: int


class AudioError(DataError):
    """An unusable audio file: `status` is the fault as clips.csv names it, the text gives the reason."""

    def __init__(self, status: Fault, reason: str) -> None:
        super().__init__(status, reason)  # both, so that the error can be unpickled from a worker process
        self.status = status
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


def load(source: Path | bytes, sample_rate: int) -> np.ndarray:
    """Return an audio file as mono at `sample_rate` Hz: float32, shape (samples,). Raises AudioError like `decode`."""
    return load_at(source, [sample_rate])[sample_rate]


def load_at(
    source: Path | bytes,
    sample_rates: Iterable[int],
    checks: Checks | None = None,
    go_on: GoOn = always,
    decoded: Decoded = uncounted,
) -> dict[int, np.ndarray]:
    """Decode an audio file once and return it as `load` does at each of these rates (Hz).

    With `checks`, apply the checks of corpus clips before resampling; AudioError says what is wrong.
    `go_on` is called now and then, `decoded` once after decoding; an exception from either ends the work.
    """
    samples, rate = decode(source, max_seconds=60 * checks.max_minutes if checks else math.inf, go_on=go_on)
    decoded(samples.shape[1] / rate, len(samples), rate)
    y = mono(samples)
    if checks:
        check(y, rate, checks)
    found: dict[int, np.ndarray] = {}
    for wanted in sample_rates:
        go_on()
        if len(y) / rate * wanted * y.itemsize > MAX_BYTES:
            raise AudioError("too_long", f"its {len(y) / rate:.0f} s at {wanted} Hz would not fit in memory")
        found[wanted] = resample(y, rate, wanted)
    return found


def decode(source: Path | bytes, *, max_seconds: float = math.inf, go_on: GoOn = always) -> tuple[np.ndarray, int]:
    """Decode an audio file, or the bytes of one.

    Returns (samples, sample rate in Hz); samples are float32, shape (channels, frames), at the file's own rate.
    A file whose header states more than `max_seconds`, or more than MAX_BYTES decoded, is refused before decoding, and
    nothing is decoded beyond what the header states. `go_on` is called before decoding and, for long files, between
    blocks; an exception from it ends the work.
    Raises AudioError: unreadable, empty, truncated or too_long.
    """
    if isinstance(source, bytes):
        # Use a temporary file: ffmpeg needs one, and libsndfile prints seek errors when it reads through Python.
        with tempfile.NamedTemporaryFile(prefix="genrelab-") as file:
            file.write(source)
            file.flush()
            return decode(Path(file.name), max_seconds=max_seconds, go_on=go_on)
    try:
        with open_regular(source) as stream:
            head = stream.read(12)
            if reason := containers.foreign(stream) or trailing.behind(stream):
                raise AudioError("unreadable", reason)
            cut = containers.truncation(stream)
            end = trailing.ogg_end(stream) if head[:4] == trailing.OGG else 0
            if end and end < stream.seek(0, os.SEEK_END):  # trailing tags or zeros confuse the Opus decoder
                stream.seek(0)
                return decode(stream.read(end), max_seconds=max_seconds, go_on=go_on)
    except OSError as error:
        raise AudioError("unreadable", f"cannot be read: {error.strerror or error}") from None
    if not head:
        raise AudioError("empty", "the file is empty")
    if head[4:8] == b"ftyp":
        return _decode_m4a(source, max_seconds, cut, go_on)
    if head[:4] == trailing.FLAC:
        with open_regular(source) as flac:
            return _decode(source, max_seconds, flac=flac, go_on=go_on)
    with _mpg123_silenced() if _may_be_mp3(source, head) else nullcontext():
        return _decode(source, max_seconds, cut, go_on=go_on)


def stated(data: bytes) -> tuple[float, int]:
    """Return seconds and channels as `header` does; the code of versions that were registered earlier calls this."""
    return header(data)[:2]


def header(data: bytes) -> Stated:
    """Return what an audio header states, without decoding; all zeros if it cannot be read."""
    import soundfile

    if data[4:8] == trailing.M4A:
        found = mpeg4.sound(data)
        return Stated(found.seconds or math.inf, found.channels, 0) if found else Stated(0.0, 0, 0)
    with tempfile.NamedTemporaryFile(prefix="genrelab-") as file, _mpg123_silenced():
        file.write(data)
        file.flush()
        try:
            info = soundfile.info(file.name)
        except soundfile.LibsndfileError:
            return Stated(0.0, 0, 0)
    return Stated(info.frames / info.samplerate if info.samplerate else 0.0, info.channels, info.samplerate)


def mono(samples: np.ndarray) -> np.ndarray:
    """Return the mean of the channels: shape (channels, frames) -> (frames,)."""
    if len(samples) == 1:
        return samples[0]
    with np.errstate(over="ignore", invalid="ignore"):  # `check` reports an overflow
        return samples.mean(axis=0)


def resample(y: np.ndarray, rate: int, target_rate: int) -> np.ndarray:
    """Resample a mono signal from `rate` to `target_rate` Hz (soxr HQ): float32, shape (samples,)."""
    if rate == target_rate:
        return y
    import soxr

    return soxr.resample(np.ascontiguousarray(y), rate, target_rate, quality="HQ")


def check(y: np.ndarray, sample_rate: int, checks: Checks) -> None:
    """Raise AudioError if a mono signal, shape (samples,), is empty, too short, not finite, absurdly loud or silent.

    Every audio input passes through here, as returned by `mono` and at the file's own rate: the check sees what the
    features are computed from. A stereo file whose channels cancel each other therefore counts as silent.
    """
    seconds = len(y) / sample_rate
    if not y.size:
        raise AudioError("empty", "the file holds no samples")
    if seconds < checks.min_seconds:
        raise AudioError("too_short", f"lasts {seconds:.2f} s, less than checks.min_seconds ({checks.min_seconds:g})")
    peak = float(max(y.max(), -y.min()))  # NaN if any sample is
    if not math.isfinite(peak):
        raise AudioError("not_finite", "has samples that are NaN or infinite, or overflow when channels are mixed")
    if peak > MAX_PEAK:
        raise AudioError("not_finite", f"peaks at {peak:.3g} of full scale, above {MAX_PEAK:g}; scale it to +-1")
    level = 20 * math.log10(peak) if peak else -math.inf
    if level < checks.silence_db:
        raise AudioError("silent", f"peaks at {level:.1f} dB, below checks.silence_db ({checks.silence_db:g})")


def _decode(
    path: Path, max_seconds: float, cut: str = "", flac: BinaryIO | None = None, go_on: GoOn = always
) -> tuple[np.ndarray, int]:
    """Decode a format that libsndfile knows; if `path` is a FLAC file, `flac` is that file, opened."""
    import soundfile

    try:
        sound = soundfile.SoundFile(flac.fileno() if flac else os.fsencode(path), closefd=False)
    except soundfile.LibsndfileError as error:
        if cut:
            raise AudioError("truncated", cut) from None
        # Do not quote the decoder: its wording changes with its version, and would change the hash of the corpus.
        what = "its format is unknown" if error.code == UNKNOWN_FORMAT else "its header is damaged or not supported"
        raise AudioError("unreadable", f"cannot be decoded: {what}") from None
    with sound:
        if sound.format == "MP3":
            mended = _with_true_length(path, sound.frames)
            if mended:
                with tempfile.TemporaryDirectory(prefix="genrelab-") as folder:
                    whole = Path(folder, "sound.mp3")
                    whole.write_bytes(mended)
                    return _decode(whole, max_seconds)
        _refuse_long(sound, max_seconds)
        if cut:
            raise AudioError("truncated", cut)
        if not sound.frames:
            raise AudioError("empty", "the file holds no samples")
        samples = _read(sound, go_on).T
        # The descriptor stands where the decoder stopped.
        if flac and (reason := trailing.behind(flac, os.lseek(flac.fileno(), 0, os.SEEK_CUR))):
            raise AudioError("unreadable", reason)
        return samples, sound.samplerate


def _with_true_length(path: Path, frames: int) -> bytes:
    """Return an MP3 that states its length, or empty bytes if the decoder already has it right.

    `frames` is the number of samples per channel that the decoder expects: an estimate if the file has no header, and
    the length of the first file if several were joined.
    """
    data = path.read_bytes()
    stream = mpeg_frames.scan(data)
    if stream.foreign >= FOREIGN_FRAMES:
        raise AudioError("unreadable", "holds a second stream at another sample rate; split it")
    if not stream.frames:
        return b""
    counted = len(stream.frames) * stream.frames[0].samples
    estimated = stream.stated is None and abs(counted - frames) > MP3_SLACK
    joined = stream.stated is not None and len(stream.frames) > stream.stated + JOINED_FRAMES
    return mpeg_frames.with_count(data, stream) if estimated or joined else b""


def _refuse_long(sound: "soundfile.SoundFile", max_seconds: float) -> None:
    if sound.samplerate < 1:
        raise AudioError("unreadable", f"states a sample rate of {sound.samplerate} Hz")
    if sound.frames == UNKNOWN_FRAMES:
        raise AudioError("unreadable", "does not state its length; encode it again")
    seconds = sound.frames / sound.samplerate
    if seconds > max_seconds:
        raise AudioError("too_long", f"lasts {seconds / 60:.1f} minutes, more than {max_seconds / 60:g}")
    if sound.frames * sound.channels * 4 > MAX_BYTES:
        raise AudioError("too_long", f"its {sound.frames} frames of {sound.channels} channels would not fit in memory")


def _read(sound: "soundfile.SoundFile", go_on: GoOn) -> np.ndarray:
    """Decode all frames: shape (frames, channels)."""
    import soundfile

    seconds = sound.frames / sound.samplerate
    # soundfile seeks after every read, and an MP3 decoder that seeks gets out of step and garbles what follows, so only
    # formats that seek exactly are read in blocks. The OS allocates the memory as it fills, so a lying header costs
    # none.
    block = BLOCK if sound.format in SEEKS_EXACTLY else sound.frames
    samples = np.empty((sound.frames, sound.channels), np.float32)
    done = 0
    try:
        while done < sound.frames:
            go_on()
            n = _fill(sound, samples[done : done + block])
            done += n
            if not n:
                break
    except soundfile.LibsndfileError:
        raise AudioError("truncated", f"breaks off before the end of its {seconds:.1f} s") from None
    samples = samples[:done]
    slack = MP3_SLACK if sound.format == "MP3" else 0
    if sound.frames - len(samples) > slack:
        decoded = len(samples) / sound.samplerate
        raise AudioError("truncated", f"breaks off after {decoded:.1f} of its {seconds:.1f} s")
    return samples


def _fill(sound: "soundfile.SoundFile", samples: np.ndarray) -> int:
    """Decode up to as many frames as `samples` holds, shape (frames, channels), and return how many."""
    if sound.format not in WAV or sound.subtype not in SIXTEEN_BITS:
        return len(sound.read(out=samples))
    # Same values as libsndfile's own conversion, in half the time.
    whole = sound.read(out=np.empty(samples.shape, np.int16))
    np.multiply(whole, np.float32(2**-15), out=samples[: len(whole)])
    return len(whole)


def _may_be_mp3(source: Path, head: bytes) -> bool:
    # libsndfile also goes by the file name if it does not recognise the first bytes.
    return source.suffix.lower() == ".mp3" or head[:3] == b"ID3" or (head[0] == 0xFF and head[1:2] >= b"\xe0")


_SILENCING = threading.Lock()


@contextmanager
def _mpg123_silenced() -> Iterator[None]:
    """Keep mpg123, which writes its complaints from C to file descriptor 2, off the terminal.

    The descriptor belongs to the whole process. A lock keeps two threads from losing it; what another thread writes
    meanwhile is lost as well.
    """
    with _SILENCING, Path(os.devnull).open("wb") as null:
        stderr = os.dup(2)
        try:
            os.dup2(null.fileno(), 2)
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def _decode_m4a(path: Path, max_seconds: float, cut: str, go_on: GoOn) -> tuple[np.ndarray, int]:
    """Decode MPEG-4 audio with ffmpeg, as libsndfile does not support it."""
    ffmpeg = shutil.which("ffmpeg")
    if not ffmpeg:
        raise AudioError("unreadable", "no decoder for .m4a here; install ffmpeg")
    with tempfile.TemporaryDirectory(prefix="genrelab-") as folder:
        wav = Path(folder, "sound.wav")
        found = _stated_m4a(path)
        if cut:
            raise AudioError("truncated", cut)
        if found and found.seconds > max_seconds:
            raise AudioError("too_long", f"lasts {found.seconds / 60:.1f} minutes, more than {max_seconds / 60:g}")
        # Decode no more than the header states, plus a second that reveals a file that is too long.
        longest = min(max_seconds, found.seconds) if found and found.seconds else max_seconds
        _transcode(ffmpeg, path, wav, longest + 1, go_on)
        samples, rate = _decode(wav, max_seconds)
        seconds = samples.shape[1] / rate
        if found and seconds < found.seconds - M4A_SLACK:
            raise AudioError("truncated", f"breaks off after {seconds:.1f} of its {found.seconds:.1f} s")
        return samples, rate


def _stated_m4a(path: Path) -> mpeg4.Sound | None:
    with open_regular(path) as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return mpeg4.sound(data)


def _transcode(ffmpeg: str, source: Path, wav: Path, seconds: float, go_on: GoOn) -> None:
    # Fix the format instead of guessing it: a playlist posing as audio could make ffmpeg open other files.
    limit = ["-t", f"{seconds:.3f}"] if math.isfinite(seconds) else []
    size = ["-fs", str(MAX_BYTES + 2**20)]
    command = [ffmpeg, "-nostdin", "-v", "error", "-xerror", "-f", "mov", "-i", f"file:{source.absolute()}"]
    command += ["-map", "0:a:0", "-c:a", "pcm_f32le", *limit, *size, f"file:{wav}"]
    quiet = subprocess.DEVNULL
    deadline = time.monotonic() + FFMPEG_SECONDS
    with subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet) as process:
        try:
            while process.poll() is None:
                go_on()
                if time.monotonic() > deadline:
                    raise AudioError("unreadable", f"ffmpeg did not finish within {FFMPEG_SECONDS} s")
                with suppress(subprocess.TimeoutExpired):
                    process.wait(POLL_SECONDS)
        finally:
            process.kill()
    if process.returncode:
        raise AudioError("unreadable", "ffmpeg cannot decode it")
