"""From candidate files to a corpus: each is decoded once and checked, and those that pass are placed in clips/."""

import hashlib
import itertools
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from genrelab import audio
from genrelab.audio import AudioError
from genrelab.config import Checks
from genrelab.corpus import OK, TABLE_COLUMNS
from genrelab.errors import DataError

SUMMARY_LINES = 20


@dataclass(frozen=True)
class Candidate:
    """A file that may become a clip.

    `id` is unique in the corpus. One with a slash is the clip's place below clips/; any other clip lies there as
    <label>/<id><suffix of path>. `artist` is empty where it is not known. `origin` is the file's name as the user
    knows it, relative to the source; empty: the name of `path`.
    """

    id: str
    path: Path
    label: str
    artist: str
    origin: str = ""

    @property
    def place(self) -> str:
        """Path of the clip, relative to the corpus's folder."""
        folder = re.sub(r"[^\w &+'-]+", "_", self.label)  # a label of a user's table may hold anything
        return f"clips/{self.id}" if "/" in self.id else f"clips/{folder}/{self.id}{self.path.suffix}"


def made(workspace: Path) -> Path:
    """Return the folder for sounds that a dataset makes below its workspace (extracts, renders).

    `ingest` takes them over instead of copying them, and removes the folder once the corpus stands.
    """
    return workspace / "made"


def ingest(
    candidates: Sequence[Candidate], target: Path, *, workspace: Path, checks: Checks, workers: int
) -> pd.DataFrame:
    """Check every candidate and build `target`/clips and `target`/clips.csv from them; return the table of all.

    `workspace` is a folder on the same file system as `target` that outlives an interrupted build; `workers` >= 1 is
    the number of processes. The result does not depend on their number nor on the order of `candidates`.
    A kill leaves the old corpus or, for the moment of exchange, none; clips.csv, written last, marks a whole one.
    Raises DataError where two candidates have one id.
    """
    from joblib import Parallel, delayed
    from tqdm import tqdm

    candidates, workspace = _in_order(candidates), workspace.absolute()
    partial = workspace / "partial"
    shutil.rmtree(partial, ignore_errors=True)
    (partial / "clips").mkdir(parents=True)
    jobs = (delayed(_examine)(c, partial, c.path.is_relative_to(made(workspace)), checks) for c in candidates)
    results = Parallel(n_jobs=workers, return_as="generator_unordered")(jobs)
    found = {row["id"]: row for row in tqdm(results, "checking", len(candidates), unit="clip")}
    rows = [found[c.id] for c in candidates]
    _drop_duplicates(rows, {c.id: c for c in candidates}, partial)
    table = pd.DataFrame(rows, columns=TABLE_COLUMNS)
    table.to_csv(partial / "clips.csv", index=False, lineterminator="\n", encoding="utf-8")
    _exchange(partial, target)
    _discard(made(workspace), partial)
    shutil.rmtree(partial)
    return table


def summary(table: pd.DataFrame) -> str:
    """Return how many clips of a clip table are ok, and a line for each of the first that are left out."""
    out = table[table["status"] != OK]
    lines = [f"{len(table) - len(out)} of {len(table)} clips are ok"]
    lines += [f"  left out: {row.path} ({row.status}): {row.reason}" for row in out.head(SUMMARY_LINES).itertuples()]
    if len(out) > SUMMARY_LINES:
        lines.append(f"  and {len(out) - SUMMARY_LINES} more; clips.csv has every one with its reason")
    return "\n".join(lines)


def _in_order(candidates: Sequence[Candidate]) -> list[Candidate]:
    # Absolute: a worker process may have been started in another folder.
    ordered = sorted((replace(c, path=c.path.absolute()) for c in candidates), key=lambda c: (c.id, c.path))
    for first, second in itertools.pairwise(ordered):
        if first.id == second.id:
            raise DataError(f"two files have the id '{first.id}': {first.path} and {second.path}; rename one")
    return ordered


def _examine(candidate: Candidate, partial: Path, ours: bool, checks: Checks) -> dict[str, object]:
    """Return a row of the clip table and, under "samples", the digest of the decoded samples; place the clip if ok."""
    row: dict[str, object] = {"id": candidate.id, "path": candidate.origin or candidate.path.name}
    row |= {"label": candidate.label, "artist": candidate.artist, "seconds": 0.0, "sha256": ""}
    row |= {"status": OK, "reason": ""}
    try:
        with candidate.path.open("rb") as stream:
            row["sha256"] = hashlib.file_digest(stream, "sha256").hexdigest()
        samples, rate = audio.decode(candidate.path, max_seconds=checks.max_minutes * 60)
        row["seconds"] = round(samples.shape[1] / rate, 6)
        audio.check(samples, rate, checks)
    except AudioError as error:
        return row | {"status": error.status, "reason": str(error)}
    except OSError as error:
        return row | {"status": "unreadable", "reason": f"cannot be read: {error.strerror or error}"}
    _place(candidate.path, partial / candidate.place, ours)
    return row | {"path": candidate.place, "samples": _digest(samples, rate)}


def _digest(samples: np.ndarray, rate: int) -> str:
    """Return what tells sounds apart whatever file they come from."""
    frames = np.ascontiguousarray(samples.T)
    digest = hashlib.sha256(f"{rate} {frames.shape}".encode())
    digest.update(frames.data)
    return digest.hexdigest()


def _place(source: Path, destination: Path, ours: bool) -> None:
    destination.parent.mkdir(parents=True, exist_ok=True)
    # A user's file is never hard-linked: DVC links its outputs into its cache and write-protects them there, which
    # would reach that file. A file of our own may be: its other name goes once the corpus stands.
    from dvc_objects.fs.system import hardlink, reflink

    try:
        (hardlink if ours else reflink)(os.fspath(source.resolve()), os.fspath(destination))
    except OSError:  # the file system cannot
        _copy(source, destination)


def _copy(source: Path, destination: Path) -> None:
    try:
        shutil.copyfile(source, destination)
    except OSError as error:
        raise DataError(f"{source} cannot be copied to {destination}: {error.strerror or error}") from None


def _drop_duplicates(rows: list[dict[str, object]], candidates: dict[str, Candidate], partial: Path) -> None:
    """Keep the first of the clips with the same samples; `rows` are in the order of their ids."""
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
            row["path"] = candidate.origin or candidate.path.name


def _exchange(partial: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    (target / "clips.csv").unlink(missing_ok=True)
    _discard(target / "clips", partial)
    (partial / "clips").rename(target / "clips")
    (partial / "clips.csv").rename(target / "clips.csv")


def _discard(folder: Path, partial: Path) -> None:
    """Remove a folder at once: a kill in the middle must not leave one that looks whole."""
    trash = partial / "trash"
    if folder.exists():
        folder.rename(trash)
        shutil.rmtree(trash)
