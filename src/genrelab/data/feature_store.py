"""The features of a corpus on disk: one sharded Zarr array, a chunk a clip, with the clip ids in its attributes.

The unit of work, of resuming and of storage is a shard of clips: workers write shards, each marks the ones it has
finished, and an interrupted run goes on with the rest. The array grows under `.partial/` and takes its name only
when it is whole. No process ever holds more than a shard.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import zarr
from joblib import Parallel, delayed
from tqdm import tqdm

from genrelab import plugins
from genrelab.data import audio
from genrelab.data.audio import load
from genrelab.errors import DataError
from genrelab.state import code, folders, origin

SHARD = 16  # clips; 5 MB of mel-spectrograms at the thesis's size


class Sound(NamedTuple):
    """A clip to be written: its id, its sound file, and the SHA-256 of that."""

    clip: str
    path: Path
    sha256: str


def write(target: Path, sounds: Sequence[Sound], kind: str, params: Any, *, partial: Path, workers: int) -> None:
    """Extract feature `kind` of each sound and store float32 (clips, *shape) at `target`.

    An array at `target` that was made from the same sounds, parameters and code is kept. `partial` is a folder for the
    unfinished array; what lies there from an interrupted run of the same is kept, too, anything else is thrown away.
    Raises DataError for a sound that no longer decodes.
    """
    feature = plugins.load("features", kind)
    shape = feature.shape(params)
    about = {"feature": kind, "params": params.model_dump(), "clips": [sound.clip for sound in sounds]}
    unfinished, done, note = partial / "array.zarr", partial / "done", partial / "work"
    work = _work(about, sounds, feature.__name__)
    if origin.is_current(target, work):
        print(f"{target}: unchanged; its clips, parameters and code are those that it was made from")
        folders.discard(partial)
        return
    # The array is gone where a kill came after it took its name: then the work starts anew.
    if not unfinished.exists() or not note.exists() or note.read_text() != work:
        folders.discard(partial)
        done.mkdir(parents=True)
        zarr.create_array(
            unfinished,
            shape=(len(sounds), *shape),
            chunks=(1, *shape),
            shards=(SHARD, *shape),
            dtype="float32",
            compressors=None,  # costs a tenth of the time of a clip, and saves a third of its space
            attributes=about,
        )
        note.write_text(work)
    starts = range(0, len(sounds), SHARD)
    todo = [start for start in starts if not (done / str(start)).exists()]
    jobs = (
        delayed(_write_shard)(unfinished, done, start, [s.path for s in sounds[start : start + SHARD]], kind, params)
        for start in todo
    )
    missing = sum(len(sounds[start : start + SHARD]) for start in todo)
    with tqdm(total=len(sounds), initial=len(sounds) - missing, desc=kind, unit="clip") as bar:
        for n in Parallel(n_jobs=workers, return_as="generator_unordered")(jobs):
            bar.update(n)
    for leftover in unfinished.rglob("*.partial"):  # of a shard whose writing was killed
        leftover.unlink()
    origin.write(unfinished, work)
    folders.replace(unfinished, target)
    folders.discard(partial)


def read(path: Path, ids: Sequence[str]) -> np.ndarray:
    """Return the features of the clips `ids`, in their order: float32, shape (len(ids), *shape).

    Reads shard by shard: single clips scattered over a sharded array cost many times as much.
    """
    array = _open(path)
    row = {clip: i for i, clip in enumerate(array.attrs["clips"])}
    missing = [clip for clip in ids if clip not in row]
    if missing:
        raise DataError(f"{path} has no features of the clip '{missing[0]}' ({len(missing)} missing)")
    rows = np.array([row[clip] for clip in ids], dtype=np.int64)
    result = np.empty((len(ids), *array.shape[1:]), dtype=np.float32)
    for shard in np.unique(rows // SHARD):
        inside = np.flatnonzero(rows // SHARD == shard)
        start = int(shard) * SHARD
        result[inside] = array[start : start + SHARD][rows[inside] - start]
    return result


def params(path: Path) -> dict[str, Any]:
    """Return the parameters with which the stored features were made."""
    return dict(_open(path).attrs["params"])


def _open(path: Path) -> zarr.Array:
    if not path.exists():
        raise DataError(f"the features {path} are missing")
    try:
        return zarr.open_array(path, mode="r")
    except (ValueError, OSError, KeyError) as error:
        raise DataError(f"the features {path} cannot be read ({error})") from None


def _work(about: dict[str, Any], sounds: Sequence[Sound], feature: str) -> str:
    """Return the digest of everything that the values depend on."""
    text = json.dumps([about, [sound.sha256 for sound in sounds], code.digest(feature, audio.__name__)])
    return hashlib.sha256(text.encode()).hexdigest()


def _write_shard(array: Path, done: Path, start: int, paths: list[Path], kind: str, params: Any) -> int:
    feature = plugins.load("features", kind)
    values = np.stack([feature.extract(load(path, params.sample_rate), params) for path in paths])
    zarr.open_array(array, mode="r+")[start : start + len(paths)] = values
    (done / str(start)).touch()
    return len(paths)
