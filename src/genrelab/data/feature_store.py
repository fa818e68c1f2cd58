"""The features of a corpus on disk: one sharded Zarr array, one chunk per clip, with the clip ids in its attributes.

A shard of clips is the unit of work, resumption and storage: each shard is marked once it is written, and an
interrupted run continues with the rest. The array grows under `.partial/` and takes its final name only when it is
complete. No process ever holds more than a shard.

A clip whose feature cannot be computed does not affect others: its row holds NaN, and `left_out` gives the reason.
"""

import functools
import hashlib
import json
import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import zarr
from fsspec.implementations.reference import ReferenceNotReachable
from tqdm import tqdm
from zarr.abc.store import Store
from zarr.codecs import BloscCodec

from genrelab import corpus, parallel, plugins
from genrelab.console import say
from genrelab.data import audio
from genrelab.data.audio import AudioError
from genrelab.errors import DataError, of_machine, why
from genrelab.parallel import Workers
from genrelab.state import code, files, folders, origin

# Lossless. It saves as much time on writing as it costs on the CPU; see docs/how-it-scales.md.
COMPRESSORS = BloscCodec(cname="lz4", clevel=5, shuffle="shuffle")
SHARD = 16  # clips; 5 MB of mel-spectrograms at the thesis's size
CLIPS_TOGETHER = 192  # that a cluster worker gets at a time: about 15 s of work for mel
BYTES_TOGETHER = 2**27  # limit on the memory that their features take there
SHOWN = 20  # clips without a feature to name on the terminal, at most

log = logging.getLogger(__name__)


class Sound(NamedTuple):
    """A clip to process: its id, its audio file, and the SHA-256 of the file."""

    clip: str
    path: Path
    sha256: str


class Unfinished(NamedTuple):
    """A feature to compute: kind, parameters, the path of its array, and a folder for it until it is complete."""

    kind: str
    params: Any
    target: Path
    partial: Path

    @property
    def array(self) -> Path:
        """The unfinished array."""
        return self.partial / "array.zarr"

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a clip's feature."""
        return plugins.load("features", self.kind).shape(self.params)

    def mark(self, start: int) -> Path:
        """Return the file that marks the shard starting at clip `start` as done."""
        return self.partial / "done" / str(start)

    def failed(self, n: int) -> dict[str, str]:
        """Return which of `n` clips have no such feature, and why, from the marks of their shards."""
        marks = [self.mark(start).read_text(encoding="utf-8") for start in range(0, n, SHARD)]
        return {clip: reason for mark in marks if mark for clip, reason in json.loads(mark).items()}

    def about(self, sounds: Sequence[Sound]) -> dict[str, Any]:
        """Return the attributes of the array."""
        return {
            "feature": self.kind,
            "params": self.params.model_dump(),
            "clips": [sound.clip for sound in sounds],
        }

    def work(self, sounds: Sequence[Sound]) -> str:
        """Return the digest of everything that the values depend on."""
        module = plugins.load("features", self.kind)
        parts = [self.about(sounds), [sound.sha256 for sound in sounds], code.digest(module.__name__, audio.__name__)]
        parts += [module.made_from(self.params)] if hasattr(module, "made_from") else []
        text = json.dumps(parts)
        return hashlib.sha256(text.encode()).hexdigest()


def write(target: Path, sounds: Sequence[Sound], kind: str, params: Any, *, partial: Path, workers: Workers) -> None:
    """Extract feature `kind` of each clip and store it as float32 (clips, *shape) at `target`.

    If `target` was made from the same audio, parameters and code, keep it. `partial` is a folder for the unfinished
    array; the results of an interrupted run of the same work are reused, anything else there is deleted.
    Clips whose feature cannot be computed are printed with the reason. Raises DataError if that is every clip.
    """
    one = Unfinished(kind, params, target, partial)
    work = one.work(sounds)
    if origin.is_current(target, work):
        say(f"{target}: unchanged; its clips, parameters and code are the same as before")
        _report(kind, left_out(target), len(sounds))
        folders.discard(partial)
        return
    fill(sounds, [one], workers=workers)
    failed = one.failed(len(sounds))
    if len(failed) == len(sounds):
        clip, reason = next(iter(failed.items()))
        folders.discard(partial)
        raise DataError(f"the feature {kind} could not be computed for any clip; for {clip}: {reason}")
    if failed:
        zarr.open_array(one.array, mode="r+").attrs["left_out"] = failed
    for leftover in one.array.rglob("*.partial"):  # left by a write that was killed
        leftover.unlink()
    origin.write(one.array, work)
    folders.replace(one.array, target)
    _report(kind, failed, len(sounds))
    folders.discard(partial)


def fill(sounds: Sequence[Sound], features: Sequence[Unfinished], *, workers: Workers) -> None:
    """Compute what is missing of several features in one pass over the clips, decoding each once.

    The arrays stay in their partial folders, where `write` finds them. Features that are current are not touched.
    """
    stale = [one for one in features if not origin.is_current(one.target, one.work(sounds))]
    for one in stale:
        _begin(one, sounds)
    shards = {start: sounds[start : start + SHARD] for start in range(0, len(sounds), SHARD)}
    todo = {start: [one for one in stale if not one.mark(start).exists()] for start in shards}
    jobs = (_job(start, shards[start], wanted) for start, wanted in todo.items() if wanted)
    missing = sum(len(shards[start]) for start, wanted in todo.items() if wanted)
    clip_bytes = sum(4 * math.prod(one.shape) for one in stale)
    clips = min(CLIPS_TOGETHER, BYTES_TOGETHER // max(1, clip_bytes))
    name = ", ".join(one.kind for one in stale)
    with tqdm(total=len(sounds), initial=len(sounds) - missing, desc=name, unit="clip") as bar:
        for n in parallel.run(jobs, workers, together=max(1, clips // SHARD)):
            bar.update(n)


def _job(start: int, sounds: Sequence[Sound], wanted: list[Unfinished]) -> parallel.Job:
    # Absolute, as a cluster worker has its own working directory.
    there = [sound._replace(path=sound.path.absolute()) for sound in sounds]
    kinds = [(one.kind, one.params) for one in wanted]
    paths = [sound.path for sound in there]
    return parallel.Job(
        functools.partial(compute_shard, there, kinds), functools.partial(write_shard, start, wanted), paths
    )


def _begin(one: Unfinished, sounds: Sequence[Sound]) -> None:
    """Create the array unless an interrupted run with the same audio, parameters and code left it."""
    work, note = one.work(sounds), one.partial / "work"
    # If a kill came after the array was moved to its target, it is gone from here: start again.
    if one.array.exists() and note.exists() and note.read_text() == work:
        return
    module, shape = plugins.load("features", one.kind), one.shape
    if hasattr(module, "check"):
        module.check([sound.clip for sound in sounds], one.params)
    folders.discard(one.partial)
    one.mark(0).parent.mkdir(parents=True)
    zarr.create_array(
        one.array,
        shape=(len(sounds), *shape),
        chunks=(1, *shape),
        shards=(SHARD, *shape),
        dtype="float32",
        compressors=COMPRESSORS,
        attributes=one.about(sounds),
    )
    note.write_text(work)


def path(dataset: str, kind: str) -> Path:
    """Return the path of the array of a corpus's feature."""
    return corpus.folder(dataset) / "features" / f"{kind}.zarr"


Place: TypeAlias = Path | Store  # of an array: a folder, or a Zarr store


def read(place: Place, ids: Sequence[str]) -> np.ndarray:
    """Return the features of the clips `ids`, in their order: float32, shape (len(ids), *shape)."""
    return Reader(place, ids).read(np.arange(len(ids)))


class Reader:
    """Read features of the clips `ids`, some at a time.

    It reads whole shards, as reading single clips scattered over a sharded array costs many times as much. The last
    shard is cached, as sequential reads continue where the previous one ended.
    """

    def __init__(self, place: Place, ids: Sequence[str]) -> None:
        self._place, self._array = place, _open(place)
        row = {clip: i for i, clip in enumerate(self._array.attrs["clips"])}
        without = self._array.attrs.get("left_out", {})
        missing = [clip for clip in ids if clip not in row or clip in without]
        if missing:
            raise DataError(f"{place} has no features for the clip '{missing[0]}' ({len(missing)} missing)")
        self._rows = np.array([row[clip] for clip in ids], dtype=np.int64)
        self._last: tuple[int, np.ndarray] | None = None  # a tuple, set atomically, as threads may read concurrently
        self.shape = self._array.shape[1:]

    @property
    def shards(self) -> np.ndarray:
        """The shard of each clip, int64 (len(ids),)."""
        return self._rows // SHARD

    def read(self, places: np.ndarray) -> np.ndarray:
        """Return the features of the clips at these positions in `ids`, float32 (len(places), *shape)."""
        rows = self._rows[places]
        result = np.empty((len(rows), *self.shape), dtype=np.float32)
        for shard in np.unique(rows // SHARD).tolist():
            inside = np.flatnonzero(rows // SHARD == shard)
            result[inside] = self._shard(shard)[rows[inside] - shard * SHARD]
        return result

    def _shard(self, number: int) -> np.ndarray:
        last = self._last
        if last is None or last[0] != number:
            try:
                values = np.asarray(self._array[number * SHARD : (number + 1) * SHARD])
            except ReferenceNotReachable as error:
                raise DataError(_unreachable(self._place, error)) from error
            self._last = last = (number, values)
        return last[1]


def left_out(place: Place) -> dict[str, str]:
    """Return the clips without this feature, each with the reason."""
    return dict(_open(place).attrs.get("left_out", {}))


def params(place: Place) -> dict[str, Any]:
    """Return the parameters of the stored features."""
    return dict(_open(place).attrs["params"])


def _open(place: Place) -> zarr.Array:
    if isinstance(place, Path) and not place.exists():
        raise DataError(f"the features {place} are missing")
    try:
        return zarr.open_array(place, mode="r")
    except ReferenceNotReachable as error:
        raise DataError(_unreachable(place, error)) from error
    except (ValueError, OSError, KeyError) as error:
        raise DataError(f"the features {place} cannot be read ({error})") from None


def _unreachable(place: Place, error: ReferenceNotReachable) -> str:
    reason = why(error.__cause__ or error)
    return f"{place} cannot be read ({reason}); once it is reachable, the same command resumes"


def _report(kind: str, failed: dict[str, str], n: int) -> None:
    """Print which clips have no such feature."""
    if failed:
        lines = [f"{kind}: could not be computed for {len(failed)} of {n} clips, which are left out where it is used"]
        lines += [f"  left out: {clip}: {reason}" for clip, reason in [*failed.items()][:SHOWN]]
        lines += [f"  and {len(failed) - SHOWN} more"] if len(failed) > SHOWN else []
        say("\n".join(lines))


def _extract(
    kind: str, module: plugins.FeatureModule, params: Any, clip: str, sound: Mapping[int, np.ndarray]
) -> np.ndarray:
    """Return a clip's feature; AudioError if it cannot be computed, has the wrong shape or is not finite."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            found = module.lookup(clip, params) if hasattr(module, "lookup") else None
            values = np.asarray(module.extract(sound[params.sample_rate], params) if found is None else found)
    except Exception as error:  # a plug-in may raise anything
        if of_machine(error):
            raise
        log.warning("%s of %s: %s", kind, clip, why(error))
        # Do not quote the error: its wording varies by version and machine, and would change the hash of the feature.
        raise AudioError("no_feature", f"cannot be computed ({type(error).__name__})") from error
    if values.shape != module.shape(params):
        raise AudioError("no_feature", f"has the shape {values.shape} instead of {module.shape(params)}")
    if not np.isfinite(values).all():
        raise AudioError("no_feature", "is not finite")
    return values


class Shard(NamedTuple):
    """A feature of the clips of a shard: float32 (clips, *shape), NaN if missing; and the reasons why, by clip."""

    rows: np.ndarray
    failed: dict[str, str]


def compute_shard(sounds: Sequence[Sound], kinds: Sequence[tuple[str, Any]]) -> list[Shard]:
    """Compute features, given as (kind, parameters), of the clips of a shard; each clip is decoded once."""
    features = [(kind, plugins.load("features", kind), params) for kind, params in kinds]
    found = [Shard(np.full((len(sounds), *module.shape(params)), np.nan, "f4"), {}) for _, module, params in features]
    for i, sound in enumerate(sounds):
        try:
            samples = audio.load_at(sound.path, {params.sample_rate for _, params in kinds})
        except (AudioError, MemoryError) as error:
            reason = str(error) if isinstance(error, AudioError) else "does not fit in memory"
            for one in found:
                one.failed[sound.clip] = reason
            continue
        for one, feature in zip(found, features, strict=True):
            try:
                one.rows[i] = _extract(*feature, sound.clip, samples)
            except AudioError as error:
                one.failed[sound.clip] = str(error)
    return found


def write_shard(start: int, wanted: Sequence[Unfinished], computed: Sequence[Shard]) -> int:
    """Store the clips from number `start` in each array, mark the shard as done, and return the number of clips."""
    for one, (rows, failed) in zip(wanted, computed, strict=True):
        zarr.open_array(one.array, mode="r+")[start : start + len(rows)] = rows
        files.write_text(one.mark(start), json.dumps(failed) if failed else "")
    return len(computed[0].rows)
