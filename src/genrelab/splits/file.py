"""A custom division from a CSV file: for example a paper's, or one that keeps albums or studios apart.

    clip,part                     path,fold,part
    blues.00000,train             rock/live/song.mp3,1,train
    blues.00001,test              rock/live/song.mp3,2,test

Columns: clip (or id, or path), a clip's id or its path as in clips.csv; part: train, valid (or validation) or test;
and, for several folds, fold: whole numbers. What the file keeps apart is up to its author.
"""

import unicodedata

import pandas as pd

from genrelab.config import Section
from genrelab.corpus import Corpus, Fold, from_csv
from genrelab.errors import ConfigError, DataError
from genrelab.splits._parts import PARTS, fold_of, warn_untrained
from genrelab.splits._warnings import named, warn_once
from genrelab.state.home import named_path

NAMES = ("clip", "id", "path")  # columns that may name the clip; the first present is used
HEADER = 2  # line number of a file's first row


class Params(Section):
    """Path of the file."""

    path: str = ""  # required when the split is used


def folds(corpus: Corpus, params: Params) -> list[Fold]:
    """Return the file's folds, in the order of their numbers; clips that it does not name are left out.

    Raises ConfigError without a path. Raises DataError for a file that is missing, is no such table, names a clip twice
    in a fold, names no clip of the corpus, has an unknown part, or leaves a part empty.
    """
    path = params.path
    if not path:
        raise ConfigError("split file needs splits.file.path: a CSV file with the columns clip and part")
    table = _read(path)
    column = next((name for name in NAMES if name in table.columns), None)
    if not column or "part" not in table.columns:
        raise DataError(
            f"{path} has the columns {', '.join(table.columns)}; expected one of {', '.join(NAMES)}, and part, "
            "and fold if there are several"
        )
    ids = {clip.path: clip.id for clip in corpus.clips} | {clip.id: clip.id for clip in corpus.clips}
    numbers = table["fold"] if "fold" in table.columns else [""] * len(table)
    found: dict[int, dict[str, str]] = {}
    strangers = []
    for line, (name, part, number) in enumerate(zip(table[column], table["part"], numbers, strict=True), HEADER):
        parts = found.setdefault(_fold(number, f"{path}, line {line}") if "fold" in table.columns else 1, {})
        part = _part(part, f"{path}, line {line}")
        clip = ids.get(_name(name))
        if clip is None:
            strangers.append(name)
        elif clip in parts:
            raise DataError(f"{path}, line {line}: the clip '{clip}' appears twice in the same fold")
        else:
            parts[clip] = part
    return _folds(corpus, path, column, found, strangers)


def _folds(
    corpus: Corpus, path: str, column: str, found: dict[int, dict[str, str]], strangers: list[str]
) -> list[Fold]:
    there = {clip for parts in found.values() for clip in parts}
    if not there:
        example = corpus.ids[0]
        raise DataError(f"{path} matches none of the corpus's clips; its column '{column}' should hold '{example}'")
    if strangers:
        warn_once(f"split file: {len(strangers)} rows of {path} name no clip of this corpus: {named(strangers)}")
    if left_out := len(corpus.clips) - len(there):
        warn_once(f"split file: {left_out} of {len(corpus.clips)} clips are not in {path}; they are left out")
    folds = []
    for number, parts in sorted(found.items()):
        fold = fold_of(parts, "file", f" in {path}" + (f", fold {number}" if len(found) > 1 else ""))
        warn_untrained(corpus, fold, "file")
        folds.append(fold)
    return folds


def _read(path: str) -> pd.DataFrame:
    file = named_path(path)
    if file.exists() and not file.is_file():  # reading a pipe would block
        raise DataError(f"splits.file.path: {path} is not a regular file")
    try:
        return from_csv(pd.read_csv(file, dtype=str, keep_default_na=False).fillna(""))  # short rows
    except FileNotFoundError:
        raise DataError(f"splits.file.path: {path} does not exist") from None
    except (ValueError, OSError) as error:  # ValueError: no table, or no UTF-8
        raise DataError(f"splits.file.path: {path} is not a CSV table: {' '.join(str(error).split())}") from None


def _name(text: str) -> str:
    """Return the id or path that a cell names."""
    return unicodedata.normalize("NFC", text.strip().replace("\\", "/").removeprefix("./"))


def _part(text: str, where: str) -> str:
    part = {"validation": "valid"}.get(text.strip().lower(), text.strip().lower())
    if part not in PARTS:
        raise DataError(f"{where}: the part '{text}' is not one of train, valid, test")
    return part


def _fold(text: str, where: str) -> int:
    if not text.strip().isdecimal():
        raise DataError(f"{where}: the fold '{text}' is not a whole number")
    return int(text)
