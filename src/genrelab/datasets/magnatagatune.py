"""MagnaTagATune: 25,863 excerpts of Magnatune's music, 29 s each, with 188 tags that players of a game agreed on.

E. Law, K. West, M. Mandel, M. Bay and J. S. Downie, "Evaluation of algorithms using games: the case of music tagging",
ISMIR 2009; tagatune.org/Magnatagatune.html. The excerpts come from 5,405 recordings by 230 artists; mono, 16 kHz.

Reads the published files: annotations_final.csv (tab-separated: clip_id, a column of 0 or 1 per tag, mp3_path),
clip_info_final.csv (tab-separated; artist and mp3_path are read), and the sounds as 0/...mp3 to f/...mp3, at any depth.
The archive of the sounds comes in three pieces: `cat mp3.zip.* > mp3.zip`, then unpack it next to the tables.

Every clip's label is `music`: this corpus is about its tags, so use a task of kind multilabel. Most papers take the
fifty most frequent tags (`top: 50`), with folders 0 to b for training, c for validation, d to f for test; this is the
published split here. It goes by folder: reports say how many test clips have an artist who is also in train.

Known faults: three mp3s are empty (6/norine_braun-now_and_zen-08-gently-117-146, 8/jacob_heringman-josquin_des_prez_
lute_settings-19-gintzler__pater_noster-204-233, 9/american_baroque-dances_and_suites_of_rameau_and_couperin-25-le_petit
_rien_xiveme_ordre_couperin-88-117); the checks leave them out. Tags are not merged: "female vocal", "female voice" and
"woman" are three tags, which a task may merge. A missing tag may only mean that no player thought of it.

Licence: Creative Commons Attribution-NonCommercial-ShareAlike 3.0.
"""

import csv
import logging
from collections.abc import Iterator
from pathlib import Path

from genrelab.config import Section
from genrelab.data.audio import SUFFIXES
from genrelab.data.ingest import Candidate
from genrelab.data.regular import open_regular
from genrelab.data.sources import Source, files, relative
from genrelab.errors import DataError

ANNOTATIONS, INFO = "annotations_final.csv", "clip_info_final.csv"
LABEL = "music"
PARTS = {**dict.fromkeys("0123456789ab", "train"), "c": "valid", **dict.fromkeys("def", "test")}  # by folder

log = logging.getLogger(__name__)


class Params(Section):
    """Where MagnaTagATune is."""

    source: str  # folder, .zip, .tar.gz or a URL of one


def fingerprint(params: Params, cache: Path) -> dict[str, str]:
    """Return what identifies the corpus's contents, by name; `cache` remembers digests. DataError if it is missing."""
    return Source(params.source).fingerprint(_wanted, cache)


def candidates(params: Params, workspace: Path, workers: int) -> list[Candidate]:
    """Return the annotated clips that exist, in the order of their ids; a clip's id is its mp3_path.

    Raises DataError if there are none, or if a table is missing or invalid.
    """
    folder = Source(params.source).folder(_wanted, workspace)
    found = [path for path in files(folder) if _wanted(path.name)]
    sounds = {"/".join(path.parts[-2:]): path for path in found if path.suffix.lower() in SUFFIXES}
    artists = {row["mp3_path"]: row["artist"] for row in _rows(params.source, found, INFO, ("artist", "mp3_path"))}
    clips, listed = [], 0
    for row in _rows(params.source, found, ANNOTATIONS, ("clip_id", "mp3_path")):
        listed += 1
        name = row["mp3_path"]
        if path := sounds.get(name):
            tags = tuple(tag for tag, has in row.items() if tag not in ("clip_id", "mp3_path") and has == "1")
            part = PARTS.get(name.split("/")[0], "")
            clips.append(
                Candidate(name, path, LABEL, artists.get(name, "").strip(), relative(path, folder), part, tags)
            )
    if not clips:
        raise DataError(
            f"{params.source} holds none of the {listed} clips of MagnaTagATune; "
            "looked in all sub-folders for files such as f/american_bach_soloists-...-30-59.mp3"
        )
    if len(clips) < listed:
        log.warning("%s lacks the sound of %d of %d clips", params.source, listed - len(clips), listed)
    return sorted(clips, key=lambda clip: clip.id)


def _wanted(name: str) -> bool:
    path = Path(name)
    return path.suffix.lower() in SUFFIXES or path.name in (ANNOTATIONS, INFO)


def _rows(source: str, found: list[Path], table: str, needed: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Yield the rows of a table by column; DataError if it is missing or invalid."""
    path = next((path for path in found if path.name == table), None)
    if not path:
        raise DataError(f"{source} holds no {table}, which lists the clips")
    try:
        with open_regular(path) as stream:
            lines = stream.read().decode("utf-8", "replace").splitlines()
        reader = csv.DictReader(lines, delimiter="\t", strict=True)
        missing = [name for name in needed if name not in (reader.fieldnames or [])]
        if missing:
            raise DataError(f"{path} is not MagnaTagATune's: it has no column {', '.join(missing)}")
        for number, row in enumerate(reader, 2):
            if None in row or None in row.values():
                raise DataError(f"{path}, line {number}: its columns differ from those of the first line")
            yield row
    except (OSError, csv.Error) as error:
        raise DataError(f"{path} is not MagnaTagATune's {table}: {error}") from None
