"""ISMIR 2004 Genre: 2,187 songs of Magnatune's artists in six classes, as in the first genre contest (Cano 2006).

P. Cano, E. Gomez, F. Gouyon, P. Herrera, M. Koppenberger, B. Ong, X. Serra, S. Streich and N. Wack, "ISMIR 2004 audio
description contest", Universitat Pompeu Fabra, technical report MTG-TR-2006-02; zenodo.org/record/1302992.

    training      729 songs   train
    development   729 songs   valid    artists are named artist_1, artist_2 ...
    evaluation    729 songs   test     held out during the contest

training and development each have 320 classical, 115 electronic, 26 jazz_blues, 45 metal_punk, 101 rock_pop and 122
world songs; evaluation is much the same. The songs are complete.

Reads the unpacked archive: metadata/<part>/tracklist.csv (class, artist, album, track, number, file; no header),
audio/training and audio/evaluation with <genre>/<artist>/<album>/<number>-<track>.mp3, and audio/development with
artist_N_album_N_track_N.mp3. The label is the list's class. File names are compared without punctuation and leading
zeros, as lists and files sometimes differ in these.

Known faults: **the published split does not keep artists apart**: those in training are also in evaluation, and those
in development cannot be told apart from either. For a split by artist that can be trusted, set
`parts: [training, evaluation]`. Artists are named after their folders.

Licence: CC Attribution-NonCommercial-ShareAlike 1.0.
"""

import csv
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field

from genrelab.config import Section
from genrelab.data.audio import SUFFIXES
from genrelab.data.ingest import Candidate
from genrelab.data.regular import open_regular
from genrelab.data.sources import Source, files, relative
from genrelab.errors import DataError

Part = Literal["training", "development", "evaluation"]

PARTS: dict[Part, str] = {"training": "train", "development": "valid", "evaluation": "test"}
CLASSES = ("classical", "electronic", "jazz_blues", "metal_punk", "rock_pop", "world")
SONGS = 729  # in each part
TABLE = "tracklist.csv"
# Magnatune's genres, which name the folders; the contest's classes merge some of them.
GENRES = {"jazz": "jazz_blues", "blues": "jazz_blues", "metal": "metal_punk", "punk": "metal_punk"}
GENRES |= {"rock": "rock_pop", "pop": "rock_pop"}

log = logging.getLogger(__name__)


class Params(Section):
    """Where ISMIR 2004 Genre is, and which of its parts to take."""

    source: str  # folder, .zip, .tar.gz or a URL of one
    parts: tuple[Part, ...] = Field(("training", "development", "evaluation"), min_length=1)


def fingerprint(params: Params, cache: Path) -> dict[str, str]:
    """Return what identifies the corpus's contents, by name; `cache` remembers digests. DataError if it is missing."""
    return Source(params.source).fingerprint(_wanted, cache)


def candidates(params: Params, workspace: Path, workers: int) -> list[Candidate]:
    """Return the songs that a list names and that exist, in the order of their ids.

    Raises DataError if a list is missing or invalid, or if there are no songs.
    """
    folder = Source(params.source).folder(_wanted, workspace)
    found = [path for path in files(folder) if _wanted(path.name)]
    songs: list[Candidate] = []
    for part in params.parts:
        sounds = {_key(name): path for path in found if (name := _inside(path, f"audio/{part}"))}
        listed = list(_listed(params.source, found, part))
        own = [
            Candidate(
                f"{part}/{_inside(path, f'audio/{part}')}",
                path,
                label,
                _artist(path, part),
                relative(path, folder),
                PARTS[part],
            )
            for label, name in listed
            if (path := sounds.get(_key(name)))
        ]
        if len(own) < SONGS:
            log.warning("%s: %d of %d songs of %s are present and listed", params.source, len(own), SONGS, part)
        songs += own
    if not songs:
        raise DataError(
            f"{params.source} holds none of the songs that its lists name; "
            "looked for files such as audio/training/world/<artist>/<album>/1-<track>.mp3"
        )
    return sorted(songs, key=lambda song: song.id)


def _wanted(name: str) -> bool:
    path = Path(name)
    return path.suffix.lower() in SUFFIXES or path.name == TABLE


def _inside(path: Path, folder: str) -> str:
    """Return the path below the last `folder` in it, such as audio/training; "" if it has none."""
    _, between, name = path.as_posix().rpartition(f"/{folder}/")
    return relative(Path(name), Path()) if between else ""


def _key(name: str) -> str:
    """Return the key that identifies a file: its path in lower case, without punctuation and leading zeros."""
    plain = re.sub(r"[^a-z0-9/]+", "_", name.lower().removesuffix(".mp3").removesuffix(".wav"))
    return re.sub(r"(?<=/)0+(?=\d)", "", plain)


def _artist(path: Path, part: Part) -> str:
    """Return the artist from a file's path: the folder or, in development, the beginning of the name."""
    if part == "development":
        match = re.match(r"artist_\d+", path.name)
        return match[0] if match else ""
    return re.sub(r"[^a-z0-9]+", "_", path.parent.parent.name.lower())


def _listed(source: str, found: list[Path], part: Part) -> Iterator[tuple[str, str]]:
    """Yield the class and file of each song in a part's list."""
    path = next((path for path in found if path.as_posix().endswith(f"/metadata/{part}/{TABLE}")), None)
    if not path:
        raise DataError(f"{source} holds no metadata/{part}/{TABLE}, which lists the class of each song")
    try:
        with open_regular(path) as stream:
            rows = list(csv.reader(stream.read().decode("utf-8", "replace").splitlines()))
    except (OSError, csv.Error) as error:
        raise DataError(f"{path} is not ISMIR 2004's list: {error}") from None
    for number, row in enumerate(rows, 1):
        if not row or row[0] == "class":  # a header, which some copies have
            continue
        label = GENRES.get(row[0], row[0])
        name = next((cell for cell in row if Path(cell).suffix.lower() in SUFFIXES), "")
        if label not in CLASSES or not name:
            raise DataError(
                f"{path}, line {number}: expected a class of {', '.join(CLASSES)}, and a file such as "
                f"world/anup/embrace/4-minor_song.mp3; got {','.join(row)[:80]}"
            )
        yield label, name.removeprefix("./")
