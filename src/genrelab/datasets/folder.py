"""Any folder of music: one sub-folder a class, and below it sound files at any depth.

    rock/Björk song.mp3    rock/live/1994/track 1.flac    jazz/so what.m4a

A clip's id is its path inside the folder, with its suffix. Formats: wav, flac, ogg, opus, mp3, au, aiff, and m4a where
ffmpeg is installed; any sample rate and number of channels. Hidden files and other kinds of file are passed over.
Links to files and folders are followed.
"""

import logging
import unicodedata
from pathlib import Path, PurePosixPath

from genrelab.config import Section
from genrelab.data import manifest
from genrelab.data.audio import SUFFIXES
from genrelab.data.ingest import Candidate
from genrelab.data.sources import Source, files, local, relative
from genrelab.errors import DataError

NAMED = 5  # files that a warning names

log = logging.getLogger(__name__)


class Params(Section):
    """Where the music is, and what is known of it."""

    source: str
    manifest: str = ""  # CSV file: clip (its path in the source), and label (instead of the folder's), artist or both


def fingerprint(params: Params, cache: Path) -> dict[str, str]:
    """Return what the corpus is made of, by name; `cache` remembers digests. Raises DataError if it is not there."""
    _folder(params)
    return Source(params.source).fingerprint(_is_clip, cache) | manifest.fingerprint(params.manifest, cache)


def candidates(params: Params, workspace: Path, workers: int) -> list[Candidate]:
    """Return the clips in the order of their ids; raises DataError where there is none."""
    folder = _folder(params)
    sounds = [(relative(path, folder), path) for path in files(folder) if path.suffix.lower() in SUFFIXES]
    loose = [name for name, _ in sounds if not _is_clip(name)]
    if len(loose) == len(sounds):
        lies = f"; {_named(loose)} in no sub-folder" if loose else ""
        raise DataError(f"{params.source} holds no sound file in a sub-folder named for its class{lies}")
    if loose:
        log.warning("%s: %s in no class's folder; left out", params.source, _named(loose))
    clips = [Candidate(name, path, name.split("/")[0], "", name) for name, path in sorted(sounds) if _is_clip(name)]
    return manifest.annotate(clips, params.manifest, _id)


def _folder(params: Params) -> Path:
    folder = local(params.source)
    if not folder.is_dir():
        raise DataError(f"the source {params.source} is not a folder")
    return folder


def _is_clip(name: str) -> bool:
    """Whether a path inside the source is a sound file's in a class's folder."""
    path = PurePosixPath(name)
    return path.suffix.lower() in SUFFIXES and len(path.parts) > 1


def _id(name: str) -> str:
    """Return the id for a clip as a manifest names it."""
    return unicodedata.normalize("NFC", name.replace("\\", "/").removeprefix("./"))


def _named(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more} {'lies' if len(names) == 1 else 'lie'}"
