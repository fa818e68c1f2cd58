"""Clips, corpora and folds; the only place that maps labels to indices."""

import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import quote

import numpy as np
import pandas as pd

from genrelab.errors import DataError
from genrelab.state.home import home

TABLE_COLUMNS = ["id", "path", "label", "artist", "seconds", "sha256", "status", "reason"]
PART_COLUMNS = ["clip", "part"]
TAG_COLUMNS = ["clip", "tag"]
BETWEEN_TAGS = ";"  # separator in a cell with several tags
OK = "ok"
FORMULA = re.compile(r"'*[=+\-@]")  # text that a spreadsheet would run, guarded or not
GUARDED = re.compile(r"'+[=+\-@]")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
DATA = "data"  # folder inside the project's folder


@dataclass(frozen=True, slots=True)
class Clip:
    """One audio file of a corpus that passed its checks.

    `path` is relative to the corpus's folder, `seconds` is the duration, `artist` is empty if unknown, `sha256` is the
    digest of the file.
    """

    id: str
    path: str
    label: str
    artist: str
    seconds: float
    sha256: str


@dataclass(frozen=True, slots=True)
class Fold:
    """Three disjoint sets of clip ids (never of slices)."""

    train: tuple[str, ...]
    valid: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True)
class Corpus:
    """Clips sorted by id, and classes in the order of their indices.

    `parts` is the published split of the corpus, clip id -> train, valid or test; empty if there is none.
    """

    clips: tuple[Clip, ...]
    classes: tuple[str, ...]
    parts: Mapping[str, str] = field(default_factory=dict)
    multilabel: ClassVar[bool] = False  # whether a clip may have several classes

    @property
    def ids(self) -> tuple[str, ...]:
        """Clip ids, in the order of `clips`."""
        return tuple(clip.id for clip in self.clips)

    def targets(self, ids: Sequence[str]) -> np.ndarray:
        """Return the class index of each clip in `ids`: int64, shape (len(ids),)."""
        index = {name: i for i, name in enumerate(self.classes)}
        label = {clip.id: index[clip.label] for clip in self.clips}
        return np.array([label[i] for i in ids], dtype=np.int64)

    def truths(self) -> dict[str, str]:
        """Return the true label of each clip, as text, by clip id."""
        return {clip.id: clip.label for clip in self.clips}

    def groups(self, ids: Sequence[str]) -> np.ndarray:
        """Return the group of each clip in `ids`: int64, shape (len(ids),), equal for clips of the same artist.

        A clip with an unknown artist is a group of its own.
        """
        artist = {clip.id: clip.artist for clip in self.clips}
        number: dict[tuple[str, str], int] = {}
        return np.array(
            [number.setdefault((artist[i], "" if artist[i] else i), len(number)) for i in ids], dtype=np.int64
        )

    def counts(self) -> dict[str, int]:
        """Return the number of clips of each class, in class order."""
        found = Counter(clip.label for clip in self.clips)
        return {name: found[name] for name in self.classes}

    def sound_links(self, dataset: str, page_folder: Path) -> dict[str, str]:
        """Return links to the clips' audio files, by clip id, relative to a page in `page_folder`."""
        files = {clip.id: folder(dataset) / clip.path for clip in self.clips}
        return {clip: quote(os.path.relpath(path, page_folder)) for clip, path in files.items() if path.is_file()}

    def without(self, ids: Collection[str]) -> Self:
        """Return the corpus without the clips `ids`, and without classes that have no clip left."""
        clips = tuple(clip for clip in self.clips if clip.id not in ids)
        left = {clip.label for clip in clips}
        parts = {clip: part for clip, part in self.parts.items() if clip not in ids}
        return replace(self, clips=clips, classes=tuple(name for name in self.classes if name in left), parts=parts)

    def under(self, task: Mapping[str, Iterable[str]], name: str) -> "Corpus":
        """Return the corpus with its labels mapped by a task.

        `task` maps each class to the labels that it merges; an empty task keeps the corpus's own classes.
        Raises DataError with the labels that `task` leaves out.
        """
        if not task:
            return self
        class_of = {label: cls for cls, labels in task.items() for label in labels}
        left_out = [label for label in self.classes if label not in class_of]
        if left_out:
            raise DataError(
                f"task '{name}' maps no class to the labels {', '.join(left_out)} of this corpus; "
                f"add them to tasks.{name} in params.yaml"
            )
        present = {class_of[label] for label in self.classes}
        clips = tuple(replace(clip, label=class_of[clip.label]) for clip in self.clips)
        return Corpus(clips, tuple(cls for cls in task if cls in present), self.parts)


@dataclass(frozen=True)
class TaggedCorpus(Corpus):
    """A corpus under a multi-label task: its classes are tags, and `tags` maps each clip to its own.

    The clips keep the original labels of the corpus, which splits use. A clip that is not in `tags` has no tags.
    """

    tags: Mapping[str, frozenset[str]] = field(default_factory=dict)
    multilabel: ClassVar[bool] = True

    def targets(self, ids: Sequence[str]) -> np.ndarray:
        """Return which tags each clip in `ids` has: 0 or 1, int64, shape (len(ids), tags)."""
        found = np.zeros((len(ids), len(self.classes)), dtype=np.int64)
        for row, clip in enumerate(ids):
            for place, tag in enumerate(self.classes):
                found[row, place] = tag in self.tags.get(clip, ())
        return found

    def truths(self) -> dict[str, str]:
        """Return the tags of each clip, as text, by clip id."""
        own = {clip.id: self.tags.get(clip.id, frozenset()) for clip in self.clips}
        return {clip: joined(tag for tag in self.classes if tag in has) for clip, has in own.items()}

    def counts(self) -> dict[str, int]:
        """Return the number of clips of each tag, in the order of the tags."""
        return {tag: sum(tag in self.tags.get(clip.id, ()) for clip in self.clips) for tag in self.classes}

    def without(self, ids: Collection[str]) -> Self:
        """Return the corpus without the clips `ids`; its tags stay the same."""
        parts = {clip: part for clip, part in self.parts.items() if clip not in ids}
        return replace(self, clips=tuple(clip for clip in self.clips if clip.id not in ids), parts=parts)


def joined(tags: Iterable[str]) -> str:
    """Join tags into one text, which `apart` splits again."""
    return f"{BETWEEN_TAGS} ".join(tags)


def apart(text: str) -> list[str]:
    """Split a text into its tags, without surrounding blanks.

    >>> apart("happy; guitar;")
    ['happy', 'guitar']
    """
    return [tag for part in text.split(BETWEEN_TAGS) if (tag := part.strip())]


def folder(dataset: str) -> Path:
    """Return the folder of a corpus."""
    return home() / DATA / dataset


def csv_text(table: pd.DataFrame, **how: Any) -> str:
    """Return a table as CSV without formulas that a spreadsheet would run.

    Text that starts with =, +, - or @ gets a leading apostrophe, which `from_csv` removes; control characters become
    U+FFFD. Numbers stay as they are. `how` is passed to pandas' to_csv.
    """
    safe = table.map(_guarded).rename(columns=_guarded, index=_guarded)
    return safe.to_csv(**{"index": False, "lineterminator": "\n", **how})


def from_csv(table: pd.DataFrame) -> pd.DataFrame:
    """Restore, in a table that was read from CSV, the text that `csv_text` was given."""
    return table.map(_plain).rename(columns=_plain)


def _plain(cell: Any) -> Any:
    return cell[1:] if isinstance(cell, str) and GUARDED.match(cell) else cell


def _guarded(cell: Any) -> Any:
    if not isinstance(cell, str):
        return cell
    text = CONTROL.sub("\ufffd", cell)
    return f"'{text}" if FORMULA.match(text) else text


def read_table(dataset: str) -> pd.DataFrame:
    """Return the clip table of a corpus with every row, also left-out clips, and empty strings for missing values."""
    path = folder(dataset) / "clips.csv"
    if not path.exists():
        raise DataError(f"corpus '{dataset}' is not built ({path} is missing); run: dvc repro dataset@{dataset}")
    table = pd.read_csv(path, keep_default_na=False, dtype={c: str for c in TABLE_COLUMNS if c != "seconds"})
    if list(table.columns) != TABLE_COLUMNS:
        raise DataError(f"{path} has the columns {', '.join(table.columns)}; expected {', '.join(TABLE_COLUMNS)}")
    return from_csv(table)


def read(dataset: str) -> Corpus:
    """Read the clips of a corpus that passed their checks; the classes are the sorted labels that occur."""
    table = read_table(dataset)
    table = table[table["status"] == OK].sort_values("id")
    if table.empty:
        raise DataError(f"corpus '{dataset}' has no usable clip; the reasons are in {folder(dataset) / 'clips.csv'}")
    clips = tuple(
        Clip(row.id, row.path, row.label, row.artist, float(row.seconds), row.sha256) for row in table.itertuples()
    )
    return Corpus(clips, tuple(sorted({clip.label for clip in clips})), _parts(dataset))


def read_tags(dataset: str) -> dict[str, frozenset[str]]:
    """Return the original tags of a corpus, by clip id; empty if it has none."""
    table = _read_beside(dataset, "tags.csv", TAG_COLUMNS)
    return {clip: frozenset(rows) for clip, rows in table.groupby("clip", sort=False)["tag"]}


def _parts(dataset: str) -> dict[str, str]:
    """Return the published split of a corpus, clip id -> part."""
    table = _read_beside(dataset, "parts.csv", PART_COLUMNS)
    return dict(zip(table["clip"], table["part"], strict=True))


def _read_beside(dataset: str, name: str, columns: list[str]) -> pd.DataFrame:
    """Return a table stored next to clips.csv; empty if the corpus was built before that table existed."""
    path = folder(dataset) / name
    if not path.exists():
        return pd.DataFrame(columns=columns)
    table = from_csv(pd.read_csv(path, keep_default_na=False, dtype=str))
    if list(table.columns) != columns:
        raise DataError(f"{path} has the columns {', '.join(table.columns)}; expected {', '.join(columns)}")
    return table
