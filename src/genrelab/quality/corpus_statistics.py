"""Survey a corpus, clip by clip, in one pass over its sounds; `explore` and `audit` start from these statistics.

Workers survey shards of clips in parallel and write each when it is finished; an interrupted run resumes with the rest.
No process holds more than a shard, except to join them: about 7 kB per clip of 30 s.

A clip that cannot be measured affects no other: its row is UNMEASURED, its spectrum that of silence, and its
descriptors are NaN.
"""

import functools
import hashlib
import json
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genrelab import parallel
from genrelab.console import say
from genrelab.corpus import csv_text, folder, from_csv
from genrelab.data import audio
from genrelab.data.feature_store import Sound
from genrelab.errors import DataError, of_machine, why
from genrelab.parallel import Workers
from genrelab.quality import clip_statistics, fingerprint, mel_descriptors
from genrelab.quality.clip_statistics import BANDS, Levels
from genrelab.quality.near_duplicates import Prints
from genrelab.state import code, files, folders, origin

SHARD = 64  # clips
TOGETHER = 3  # shards per job of a cluster worker: a minute and a half of work
ARRAYS = ("spectra", "descriptors")  # one file each, with a row per clip
UNMEASURED = Levels(0, 0, 0.0, *[math.nan] * 6)  # no file has a rate of 0 Hz
SILENT = np.stack([np.full(BANDS, 10 * math.log10(clip_statistics.FLOOR)), np.zeros(BANDS)]).astype(np.float32)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CorpusStatistics:
    """The survey: `table` has a row per clip (clip, and the fields of clip_statistics.Levels), in the order of ids.

    `spectra` is float32 (clips, 2, BANDS): mean and standard deviation over time of each mel band, in dB;
    `descriptors` is float32 (clips, mel_descriptors.SIZE).
    """

    table: pd.DataFrame
    spectra: np.ndarray
    descriptors: np.ndarray


def path(dataset: str) -> Path:
    """Return the folder of a corpus's survey."""
    return folder(dataset) / "survey"


def read(dataset: str) -> CorpusStatistics:
    """Read the survey of a corpus; if it is missing, raise a DataError that says how to make it."""
    where = path(dataset)
    if not (where / "sounds.csv").exists():
        raise DataError(f"corpus '{dataset}' is not surveyed ({where} is missing); run: dvc repro survey@{dataset}")
    table = from_csv(pd.read_csv(where / "sounds.csv", dtype={"clip": str}, keep_default_na=False, na_values=[""]))
    return CorpusStatistics(table, *(np.load(where / f"{name}.npy", mmap_mode="r") for name in ARRAYS))


def prints(dataset: str) -> Prints:
    """Read the landmarks of a corpus's clips, in the order of ids; near_duplicates.py recognizes recordings by them."""
    with np.load(path(dataset) / "prints.npz") as found:
        return Prints(found["hashes"], found["times"], found["starts"])


def write(target: Path, sounds: Sequence[Sound], *, partial: Path, workers: Workers) -> None:
    """Measure each sound and write the statistics of the corpus.

    Statistics at `target` are kept if they come from the same sounds and code. `partial` is a folder for finished
    shards, which survive an interruption.
    """
    from tqdm import tqdm

    note, work = partial / "work", _work(sounds)
    if origin.is_current(target, work):
        say(f"{target}: unchanged; its clips and code are the same as before")
        folders.discard(partial)
        return
    if not note.exists() or note.read_text() != work:
        folders.discard(partial)
        partial.mkdir(parents=True)
        note.write_text(work)
    shards = {partial / f"{start}.npz": sounds[start : start + SHARD] for start in range(0, len(sounds), SHARD)}
    todo = {file: shard for file, shard in shards.items() if not file.exists()}
    done = len(sounds) - sum(map(len, todo.values()))
    jobs = (_job(file, shard) for file, shard in todo.items())
    with tqdm(total=len(sounds), initial=done, desc="survey", unit="clip") as bar:
        for n in parallel.run(jobs, workers, together=TOGETHER):
            bar.update(n)
    join_shards(target, [sound.clip for sound in sounds], list(shards), partial / "whole", work)
    folders.discard(partial)


def _work(sounds: Sequence[Sound]) -> str:
    """Return a digest of everything that the survey depends on."""
    text = json.dumps([[(sound.clip, sound.sha256) for sound in sounds], code.digest(__name__)])
    return hashlib.sha256(text.encode()).hexdigest()


def _job(file: Path, sounds: Sequence[Sound]) -> parallel.Job:
    # Absolute, as a cluster worker runs in a folder of its own.
    there = [sound._replace(path=sound.path.absolute()) for sound in sounds]
    work = functools.partial(measure_shard, there)
    return parallel.Job(work, functools.partial(write_shard, file), [sound.path for sound in there])


def measure_shard(sounds: Sequence[Sound]) -> dict[str, Any]:
    """Return the statistics of `sounds`, keyed as in a shard's file."""
    levels, spectra, descriptors, marks = zip(*map(_measure, sounds), strict=True)
    measured = Prints.of(marks)._asdict() | {"spectra": np.stack(spectra), "descriptors": np.stack(descriptors)}
    return {"levels": np.array(levels, dtype=np.float64), **measured}


def write_shard(file: Path, measured: dict[str, Any]) -> int:
    """Write the statistics of a shard to `file` atomically; return its number of clips."""
    with files.replacing(file) as partial:
        np.savez(partial, **measured)
    return len(measured["levels"])


def _measure(sound: Sound) -> tuple[Levels, np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Return a clip's levels, spectrum, descriptors and landmarks, or placeholders if it cannot be measured."""
    try:
        found = clip_statistics.sound(sound.path)
        marks = fingerprint.extract(audio.resample(found.samples, clip_statistics.RATE, fingerprint.RATE))
        return found.levels, found.spectrum, found.descriptors, marks
    except Exception as error:  # whatever a library raises
        if of_machine(error):
            raise
        log.warning("left out of the survey: %s: %s", sound.clip, why(error))
        unknown = np.full(mel_descriptors.SIZE, np.nan, np.float32)
        return UNMEASURED, SILENT, unknown, (np.zeros(0, np.uint32), np.zeros(0, np.int32))


def join_shards(target: Path, clips: list[str], shards: list[Path], whole: Path, work: str) -> None:
    """Join the shards of all `clips` in the folder `whole`, then rename it to `target`."""
    folders.discard(whole)
    whole.mkdir()
    levels = np.empty((len(clips), len(Levels._fields)))
    shapes = {"spectra": (2, BANDS), "descriptors": (mel_descriptors.SIZE,)}
    arrays = {name: np.empty((len(clips), *shapes[name]), np.float32) for name in ARRAYS}
    hashes, times, starts = [], [], [np.zeros(1, np.int64)]
    for i, file in enumerate(shards):
        with np.load(file) as shard:
            rows = slice(i * SHARD, i * SHARD + len(shard["levels"]))
            levels[rows] = shard["levels"]
            for name, array in arrays.items():
                array[rows] = shard[name]
            hashes.append(shard["hashes"])
            times.append(shard["times"])
            starts.append(starts[-1][-1] + shard["starts"][1:])
    table = pd.DataFrame(levels, columns=Levels._fields).astype({"rate": int, "channels": int})
    table.insert(0, "clip", clips)
    for name, array in arrays.items():
        np.save(whole / f"{name}.npy", array)
    np.savez(
        whole / "prints.npz", hashes=np.concatenate(hashes), times=np.concatenate(times), starts=np.concatenate(starts)
    )
    files.write_text(whole / "sounds.csv", csv_text(table, float_format="%.6g"))
    origin.write(whole, work)
    folders.replace(whole, target)
