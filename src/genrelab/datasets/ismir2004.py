"""ISMIR 2004 Genre: 2,187 songs of Magnatune's artists in six classes, as the first genre contest had them (Cano 2006).

P. Cano, E. Gomez, F. Gouyon, P. Herrera, M. Koppenberger, B. Ong, X. Serra, S. Streich and N. Wack, "ISMIR 2004 audio
description contest", Universitat Pompeu Fabra, technical report MTG-TR-2006-02; zenodo.org/record/1302992.

    training      729 songs   train
    development   729 songs   valid    their artists are called artist_1, artist_2 ...
    evaluation    729 songs   test     kept back during the contest

training and development each have 320 of classical, 115 of electronic, 26 of jazz_blues, 45 of metal_punk, 101 of
rock_pop and 122 of world; evaluation is much alike. The songs are whole.

Read as the archive unpacks: metadata/<part>/tracklist.csv (class, artist, album, track, number, file; no head),
audio/training and audio/evaluation with <genre>/<artist>/<album>/<number>-<track>.mp3, and audio/development with
artist_N_album_N_track_N.mp3. The label is the list's class. Names of files are compared without punctuation and without
zeros before a number, in which lists and files differ now and then.

Known faults: **the published division does not keep artists apart**: those of training are in evaluation, too, and
those of development cannot be told from either. Where a split by artist shall mean what it says, take
`parts: [training, evaluation]`. Artists are called as their folders are.

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
# Magnatune's genres, by which folders are called: the contest's classes gather some.
GENRES = {"jazz": "jazz_blues", "blues": "jazz_blues", "metal": "metal_punk", "punk": "metal_punk"}
GENRES |= {"rock": "rock_pop", "pop": "rock_pop"}

log = logging.getLogger(__name__)


class Params(Section):
    """Where ISMIR 2004 Genre is, and which of its parts to take."""

    source: str  # folder, .zip, .tar.gz or a URL of one
    parts: tuple[Part, ...] = Field(("training", "development", "evaluation"), min_length=1)


def fingerprint(params: Params, cache: Path) -> dict[str, str]:
    """Return what the corpus is made of, by name; `cache` remembers digests. Raises DataError if it is not there."""
    return Source(params.source).fingerprint(_wanted, cache)


def candidates(params: Params, workspace: Path, workers: int) -> list[Candidate]:
    """Return the songs that a list names and that are there, in the order of their ids.

    Raises DataError where a list is missing or is none, or there is no song.
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
            log.warning("%s: %d of %d songs of %s are there and in its list", params.source, len(own), SONGS, part)
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
    """Return a path below the last `folder` in it, such as audio/training; "" where it is in none."""
    _, between, name = path.as_posix().rpartition(f"/{folder}/")
    return relative(Path(name), Path()) if between else ""


def _key(name: str) -> str:
    """Return what a file is known by: its path in lower case, without punctuation and zeros before a number."""
    plain = re.sub(r"[^a-z0-9/]+", "_", name.lower().removesuffix(".mp3").removesuffix(".wav"))
    return re.sub(r"(?<=/)0+(?=\d)", "", plain)


def _artist(path: Path, part: Part) -> str:
    """Return an artist as the files have it: the folder, or, in development, the beginning of the name."""
    if part == "development":
        match = re.match(r"artist_\d+", path.name)
        return match[0] if match else ""
    return re.sub(r"[^a-z0-9]+", "_", path.parent.parent.name.lower())


def _listed(source: str, found: list[Path], part: Part) -> Iterator[tuple[str, str]]:
    """Yield class and file of each song in a part's list."""
    path = next((path for path in found if path.as_posix().endswith(f"/metadata/{part}/{TABLE}")), None)
    if not path:
        raise DataError(f"{source} holds no metadata/{part}/{TABLE}, which says what song is of which class")
    try:
        with open_regular(path) as stream:
            rows = list(csv.reader(stream.read().decode("utf-8", "replace").splitlines()))
    except (OSError, csv.Error) as error:
        raise DataError(f"{path} is not ISMIR 2004's list: {error}") from None
    for number, row in enumerate(rows, 1):
        if not row or row[0] == "class":  # a head, which some copies have
            continue
        label = GENRES.get(row[0], row[0])
        name = next((cell for cell in row if Path(cell).suffix.lower() in SUFFIXES), "")
        if label not in CLASSES or not name:
            raise DataError(
                f"{path}, line {number}: expected a class of {', '.join(CLASSES)}, and a file such as "
                f"world/anup/embrace/4-minor_song.mp3; got {','.join(row)[:80]}"
            )
        yield label, name.removeprefix("./")
