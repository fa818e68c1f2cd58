"""Build a corpus from candidate files: decode and check each once, and place those that pass in clips/.

An interrupted build resumes where it stopped. A journal next to the placed clips records the result for each file; it
stays valid as long as the file, the checks and the examining code do not change.
"""

import errno
import functools
import hashlib
import itertools
import json
import logging
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from genrelab import parallel
from genrelab.config import Checks
from genrelab.console import say
from genrelab.corpus import OK, PART_COLUMNS, TABLE_COLUMNS, TAG_COLUMNS, csv_text
from genrelab.data import audio
from genrelab.data.audio import AudioError
from genrelab.data.regular import open_regular
from genrelab.errors import DataError
from genrelab.parallel import Workers
from genrelab.state import code, folders
from genrelab.state.journal import Journal

SUMMARY_LINES = 20
TOGETHER = 192  # files that a cluster worker gets at a time: about 15 s of work

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Candidate:
    """A file that may become a clip.

    `id` is unique in the corpus, or made so. An id with a slash is the clip's path below clips/; any other clip lies
    there as <label>/<id><suffix of path>. `artist` is empty if unknown. `origin` is the file's name as the user knows
    it, relative to the source; empty: the name of `path`. `part` is the clip's part of the published split: train,
    valid or test; empty if there is none. `tags` are labels, of which a clip may have several.
    """

    id: str
    path: Path
    label: str
    artist: str
    origin: str = ""
    part: str = ""
    tags: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Path of the clip, relative to the corpus's folder."""
        folder = re.sub(r"[^\w &+'-]+", "_", self.label)  # a label from a user's table may contain anything
        return f"clips/{self.id}" if "/" in self.id else f"clips/{folder}/{self.id}{self.path.suffix}"


def composed_folder(workspace: Path) -> Path:
    """Return the folder for audio that a dataset makes (extracts, renders) below its workspace.

    `ingest` links these files instead of copying them, and removes the folder once the corpus is complete.
    """
    return workspace / "made"


def ingest(
    candidates: Sequence[Candidate], target: Path, *, workspace: Path, checks: Checks, workers: Workers
) -> pd.DataFrame:
    """Check every candidate, build `target`/clips and its tables, and return the table of all candidates.

    clips.csv lists all candidates. Two more tables list the ok clips: parts.csv with the published split, and tags.csv
    with a row per clip and tag.
    `workspace` is a folder on the same file system as `target` that outlives an interrupted build; `workers` is the
    number of processes, or a cluster. The result does not depend on the workers, the order of `candidates`, or how
    often the build was interrupted.
    A kill leaves the old corpus or, at the moment of exchange, none; clips.csv is written last and marks a complete
    corpus. Candidates that share an id get distinct ones.
    Raises DataError, and leaves `target` as it is, if no candidate is usable.
    """
    from tqdm import tqdm

    candidates, workspace = _in_order(candidates), workspace.absolute()
    partial = workspace / "partial"
    partial.mkdir(parents=True, exist_ok=True)
    with Journal(partial / "journal", _work(checks)) as journal:
        found = _taken_up(journal, candidates, partial)
        _tidy(partial, {c.place for c in candidates if c.id in found})
        todo = [c for c in candidates if c.id not in found]
        jobs = (_job(c, partial, c.path.is_relative_to(composed_folder(workspace)), checks) for c in todo)
        with tqdm(total=len(candidates), initial=len(found), desc="checking", unit="clip") as bar:
            for examined in parallel.run(jobs, workers, together=TOGETHER):
                journal.add(examined)
                found[str(examined.row["id"])] = examined.row
                bar.update()
    rows = [found[c.id] for c in candidates]
    _drop_duplicates(rows, {c.id: c for c in candidates}, partial)
    table = pd.DataFrame(rows, columns=TABLE_COLUMNS)
    usable = set(table["id"][table["status"] == OK])
    if not usable:
        say(summary(table))
        raise DataError(f"none of {len(table)} files is usable, see above; the previous build is left unchanged")
    parts = [(c.id, c.part) for c in candidates if c.part and c.id in usable]
    _write(pd.DataFrame(parts, columns=PART_COLUMNS), partial / "parts.csv")
    tags = [(c.id, tag) for c in candidates if c.id in usable for tag in dict.fromkeys(c.tags)]
    _write(pd.DataFrame(tags, columns=TAG_COLUMNS), partial / "tags.csv")
    _write(table, partial / "clips.csv")
    _exchange(partial, target)
    folders.discard(composed_folder(workspace))
    folders.discard(partial)
    return table


def summary(table: pd.DataFrame) -> str:
    """Return a line with the number of ok clips in a clip table, and a line for each of the first clips left out."""
    out = table[table["status"] != OK]
    lines = [f"{len(table) - len(out)} of {len(table)} clips are ok"]
    lines += [f"  left out: {row.path} ({row.status}): {row.reason}" for row in out.head(SUMMARY_LINES).itertuples()]
    if len(out) > SUMMARY_LINES:
        lines.append(f"  and {len(out) - SUMMARY_LINES} more; clips.csv lists them all with their reasons")
    return "\n".join(lines)


def _in_order(candidates: Sequence[Candidate]) -> list[Candidate]:
    # Absolute, as a worker process may have another working directory.
    ordered = sorted((replace(c, path=c.path.absolute()) for c in candidates), key=lambda c: (c.id, c.path))
    found: list[Candidate] = []
    for _, group in itertools.groupby(ordered, key=lambda c: c.id):
        same = [*{c.path: c for c in group}.values()]
        found += _with_unique_ids(same) if len(same) > 1 else same
    return sorted(found, key=lambda c: (c.id, c.path))


def _with_unique_ids(same: list[Candidate]) -> list[Candidate]:
    """Give each of several files with the same id, such as a name composed and decomposed, an id of its own.

    The file whose name matches the id keeps it; the others get a digest of their names, equal on every machine.
    """
    keeps = next((c for c in same if os.fsencode(c.path).endswith(os.fsencode(c.id))), same[0])
    base = os.path.commonpath([c.path.parent for c in same])
    found = [keeps]
    for one in same:
        if one is not keeps:
            name = hashlib.sha256(os.fsencode(one.path.relative_to(base))).hexdigest()[:8]
            suffix = one.path.suffix if one.id.endswith(one.path.suffix) else ""
            found.append(replace(one, id=f"{one.id.removesuffix(suffix)}~{name}{suffix}"))
    others = ", ".join(one.id for one in found[1:])
    log.warning("%d files have the id %s; the others are renamed to %s", len(same), keeps.id, others)
    return found


Row = dict[str, object]
State = list[str | int]


class Examined(NamedTuple):
    """The result for a candidate in a given state: its row of the clip table and, if ok, a "samples" digest."""

    state: State | None
    row: Row


def _work(checks: Checks) -> str:
    """Return the digest of everything that a row depends on besides its candidate."""
    return hashlib.sha256(json.dumps([checks.model_dump(), code.digest(__name__)]).encode()).hexdigest()


def _state(candidate: Candidate) -> State | None:
    """Return values that differ if the candidate changes; None if its file cannot be found."""
    try:
        stat = candidate.path.stat()
    except OSError:
        return None
    identity = [candidate.id, os.fspath(candidate.path), candidate.label, candidate.artist, candidate.origin]
    return [*identity, stat.st_size, stat.st_mtime_ns]


def _taken_up(journal: Journal, candidates: Sequence[Candidate], partial: Path) -> dict[str, Row]:
    """Return the rows, by id, that an interrupted build finished and that are still valid."""
    known = {row["id"]: (state, row) for state, row in journal.entries()}
    found = {}
    for candidate in candidates:
        state, row = known.get(candidate.id, (None, {}))
        # Retry unreadable files: the disk may have failed, or ffmpeg may not have been installed.
        if not state or row["status"] == "unreadable" or state != _state(candidate):
            continue
        # A machine crash may keep the journal line but lose the clip's bytes.
        if row["status"] == OK and _size(partial / candidate.place) != state[-2]:
            continue
        found[candidate.id] = row
    return found


def _size(path: Path) -> int:
    """Return a file's size in bytes, or -1 if there is no such file."""
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _tidy(partial: Path, places: set[str]) -> None:
    """Remove what an interrupted build left behind, except the journal and the clips at `places`."""
    shutil.rmtree(partial / "placing", ignore_errors=True)
    (partial / "placing").mkdir()
    (partial / "clips").mkdir(exist_ok=True)
    for folder, _, names in os.walk(partial / "clips", topdown=False):
        for path in (Path(folder, name) for name in names):
            if path.relative_to(partial).as_posix() not in places:
                path.unlink()
        if not any(Path(folder).iterdir()) and Path(folder) != partial / "clips":
            Path(folder).rmdir()


def _job(candidate: Candidate, partial: Path, ours: bool, checks: Checks) -> parallel.Job:
    work = functools.partial(_examine, candidate, checks)
    return parallel.Job(work, functools.partial(_accept, candidate, partial, ours), [candidate.path])


def _examine(candidate: Candidate, checks: Checks) -> Examined:
    """Decode and check a candidate."""
    state = _state(candidate)  # taken before reading, so that the next build sees a change made meanwhile
    row: Row = {"id": candidate.id, "path": _name(candidate)}
    row |= {"label": candidate.label, "artist": candidate.artist, "seconds": 0.0, "sha256": ""}
    row |= {"status": OK, "reason": ""}
    try:
        with open_regular(candidate.path) as stream:
            row["sha256"] = hashlib.file_digest(stream, "sha256").hexdigest()
        samples, rate = audio.decode(candidate.path, max_seconds=checks.max_minutes * 60)
        row["seconds"] = round(samples.shape[1] / rate, 6)
        audio.check(audio.mono(samples), rate, checks)
    except AudioError as error:
        return Examined(state, row | {"status": error.status, "reason": str(error)})
    except OSError as error:
        return Examined(state, row | {"status": "unreadable", "reason": f"cannot be read: {error.strerror or error}"})
    return Examined(state, row | {"samples": _digest(samples, rate)})


def _accept(candidate: Candidate, partial: Path, ours: bool, examined: Examined) -> Examined:
    """Place the candidate if it is ok."""
    state, row = examined
    if row["status"] != OK:
        return examined
    try:
        _place(candidate.path, partial, candidate.place, ours)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:  # replacing characters may lengthen a name
            raise
        unplaced = {key: value for key, value in row.items() if key != "samples"}
        return Examined(state, unplaced | {"status": "unreadable", "reason": "its name is too long; rename it"})
    return Examined(state, row | {"path": candidate.place})


def _name(candidate: Candidate) -> str:
    """Return the file name of a candidate for the tables; bytes that are not UTF-8 become U+FFFD."""
    return os.fsencode(candidate.origin or candidate.path.name).decode("utf-8", "replace")


def _digest(samples: np.ndarray, rate: int) -> str:
    """Return a digest that identifies audio whatever file it comes from."""
    frames = np.ascontiguousarray(samples.T)
    digest = hashlib.sha256(f"{rate} {frames.shape}".encode())
    digest.update(frames.data)
    return digest.hexdigest()


def _place(source: Path, partial: Path, place: str, ours: bool) -> None:
    """Put a file at `place`, atomically."""
    # Never hard-link a user's file: DVC links its outputs into its cache and write-protects them there, which would
    # affect that file too. Our own files may be linked: their other name is removed once the corpus is complete.
    from dvc_objects.fs.system import hardlink, reflink

    placing, destination = partial / "placing" / str(os.getpid()), partial / place
    placing.unlink(missing_ok=True)  # may be a hard link to one of our files, which must not be overwritten
    try:
        (hardlink if ours else reflink)(os.fspath(source.resolve()), os.fspath(placing))
    except OSError:  # the file system does not support it
        _copy(source, placing)
    destination.parent.mkdir(parents=True, exist_ok=True)
    placing.replace(destination)


def _copy(source: Path, destination: Path) -> None:
    try:
        shutil.copyfile(source, destination)
    except OSError as error:
        raise DataError(f"{source} cannot be copied to {destination}: {error.strerror or error}") from None


def _drop_duplicates(rows: list[Row], candidates: dict[str, Candidate], partial: Path) -> None:
    """Of clips with the same samples, keep the first; `rows` are sorted by id."""
    first: dict[object, object] = {}
    for row in rows:
        samples = row.pop("samples", None)
        if samples is None:
            continue
        kept = first.setdefault(samples, row["id"])
        if kept != row["id"]:
            candidate = candidates[str(row["id"])]
            (partial / candidate.place).unlink()
            row |= {"status": "duplicate", "reason": f"has the same samples as {kept}"}
            row["path"] = _name(candidate)


def _write(table: pd.DataFrame, path: Path) -> None:
    path.write_bytes(csv_text(table).encode())


def _exchange(partial: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    (target / "clips.csv").unlink(missing_ok=True)
    folders.replace(partial / "clips", target / "clips")
    for name in ("parts.csv", "tags.csv", "clips.csv"):
        (partial / name).rename(target / name)
