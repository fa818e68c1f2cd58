"""FMA: tracks of the Free Music Archive (Defferrard, Benzi, Vandergheynst & Bresson 2017).

M. Defferrard, K. Benzi, P. Vandergheynst and X. Bresson, "FMA: a dataset for music analysis", ISMIR 2017, arXiv
1612.01840; github.com/mdeff/fma. Each subset contains the one before it:

    small    8,000 clips of 30 s, 8 genres of 1,000 clips each       7.2 GiB
    medium  25,000 clips of 30 s, 16 genres, unbalanced               22 GiB
    large  106,574 clips of 30 s; about half have a top-level genre   93 GiB
    full   the tracks of large, untrimmed                            879 GiB

Reads the archives unpacked side by side: fma_metadata/tracks.csv and fma_<subset>/NNN/NNNNNN.mp3. The label is the
track's top-level genre, the part (training, validation, test) that of the authors' split, which keeps artists apart.
The tags are all genres of the track and their ancestors (column genres_all), by name if fma_metadata/genres.csv exists.

Known faults (the authors' wiki): in fma_small, 098565, 098567 and 098569 last 1.6, 0.5 and 1.5 s; 099134, 108925 and
133297 have no sound; fma_medium has 15 more that are too short or empty, fma_large still more. The checks leave out
clips that do not decode or are shorter than checks.min_seconds.

Licence: each track is under the Creative Commons licence that its artist chose; the metadata are CC BY 4.0.
"""

import csv
import logging
import re
from pathlib import Path
from typing import Literal

import pandas as pd

from genrelab.config import Section
from genrelab.data.checksums import digests
from genrelab.data.ingest import Candidate
from genrelab.data.sources import files, local, relative
from genrelab.errors import DataError
from genrelab.state.home import named_path

Subset = Literal["small", "medium", "large", "full"]

# Folders that hold a subset, smallest first. fma_full holds other sounds, the untrimmed ones.
FOLDERS: dict[Subset, tuple[str, ...]] = {
    "small": ("fma_small", "fma_medium", "fma_large"),
    "medium": ("fma_medium", "fma_large"),
    "large": ("fma_large",),
    "full": ("fma_full",),
}
SMALLEST = ("small", "medium", "large")  # values of column set.subset: the smallest subset that holds a track
PARTS = {"training": "train", "validation": "valid", "test": "test"}
COLUMNS = {
    ("set", "split"): "part",
    ("set", "subset"): "subset",
    ("artist", "name"): "artist",
    ("track", "genre_top"): "genre",
}
ALL_GENRES = ("track", "genres_all")  # a list of numbers, such as [21, 76]; read if present

log = logging.getLogger(__name__)


class Params(Section):
    """Where FMA is, and how much of it to take."""

    source: str  # folder with the unpacked archives
    subset: Subset = "small"
    metadata: str = ""  # tracks.csv; empty: <source>/fma_metadata/tracks.csv


def fingerprint(params: Params, cache: Path) -> dict[str, str]:
    """Return what identifies the corpus's contents, by name; `cache` remembers digests. DataError if it is missing."""
    source, folder = local(params.source), _folder(params)
    sounds = {relative(path, source): path for path in files(folder) if path.suffix == ".mp3"}
    names = _genres_file(params)
    genres = {"genres": names} if names.is_file() else {}
    return digests({"metadata": _metadata(params), **genres, **sounds}, cache)


def candidates(params: Params, workspace: Path, workers: int) -> list[Candidate]:
    """Return the subset's tracks that have a genre and a file, in the order of their ids.

    Raises DataError if there are none or if the metadata is missing.
    """
    folder, tracks, names = _folder(params), _tracks(_metadata(params)), _genre_names(_genres_file(params))
    asked = tracks[tracks["subset"].isin(_held(params.subset))]
    with_genre = asked[asked["genre"] != ""]
    found = []
    for track in with_genre.itertuples():
        name = f"{folder.name}/{track.id[:3]}/{track.id}.mp3"
        path = folder.parent / name
        if path.is_file():
            part = PARTS.get(track.part, "")
            tags = tuple(names.get(number, number) for number in re.findall(r"\d+", getattr(track, "genres", "")))
            found.append(Candidate(track.id, path, track.genre, track.artist, name, part, tags))
    if not found:
        raise DataError(
            f"{folder} holds none of the {len(with_genre)} tracks of FMA's subset {params.subset} that have a genre; "
            "looked for files such as 000/000002.mp3"
        )
    if len(with_genre) < len(asked):
        log.warning("%d of %d tracks have no top-level genre; left out", len(asked) - len(with_genre), len(asked))
    if len(found) < len(with_genre):
        log.warning("%s lacks the mp3 of %d of %d tracks", folder, len(with_genre) - len(found), len(with_genre))
    return sorted(found, key=lambda candidate: candidate.id)


def _folder(params: Params) -> Path:
    source, names = local(params.source), FOLDERS[params.subset]
    folder = next((source / name for name in names if (source / name).is_dir()), None)
    if not folder:
        raise DataError(f"{params.source} holds no folder {' or '.join(names)} for FMA's subset {params.subset}")
    return folder


def _metadata(params: Params) -> Path:
    path = named_path(params.metadata) if params.metadata else local(params.source) / "fma_metadata/tracks.csv"
    if not path.is_file():
        raise DataError(
            f"FMA's metadata {path} does not exist; unpack fma_metadata.zip there, or set metadata to its path"
        )
    return path


def _genres_file(params: Params) -> Path:
    return _metadata(params).with_name("genres.csv")


def _genre_names(path: Path) -> dict[str, str]:
    """Return the title of each genre by its number; empty if there is no such table."""
    if not path.is_file():
        return {}
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        return dict(zip(table["genre_id"], table["title"], strict=True))
    except (ValueError, OSError, KeyError) as error:
        raise DataError(f"{path} is not FMA's genres.csv: {' '.join(str(error).split())}") from None


def _held(subset: Subset) -> tuple[str, ...]:
    """Return the values of set.subset for the tracks in a subset."""
    return SMALLEST[: SMALLEST.index(subset) + 1] if subset in SMALLEST else SMALLEST


def _tracks(path: Path) -> pd.DataFrame:
    """Return the columns of tracks.csv in COLUMNS, `id`, and `genres` if present; all strings.

    The id is the track's number in six digits. The first two lines of the table name groups and columns, the third only
    the index.
    """
    if not path.is_file():  # reading a pipe would block
        raise DataError(f"{path} is not a regular file")
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            header = csv.reader(stream)
            names = list(zip(next(header, []), next(header, []), strict=True))
        missing = [".".join(name) for name in COLUMNS if name not in names]
        if missing:
            raise ValueError(f"it has no column {', '.join(missing)}")
        columns = {0: "id"} | {names.index(name): column for name, column in COLUMNS.items()}
        columns |= {names.index(ALL_GENRES): "genres"} if ALL_GENRES in names else {}
        # The file has 250 MB; read only these columns.
        table = pd.read_csv(path, header=None, skiprows=3, usecols=list(columns), dtype=str, keep_default_na=False)
        table = table.rename(columns=columns)
        return table.assign(id=table["id"].astype(int).map("{:06d}".format))
    except (ValueError, OSError, csv.Error) as error:  # ValueError: also not a table, or not UTF-8
        raise DataError(f"{path} is not FMA's tracks.csv: {' '.join(str(error).split())}") from None
