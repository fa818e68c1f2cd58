"""Any folder of music: one sub-folder per class, with sound files at any depth below it.

    rock/Björk song.mp3    rock/live/1994/track 1.flac    jazz/so what.m4a

A clip's id is its path inside the folder, with its suffix. Formats: wav, flac, ogg, opus, mp3, au, aiff, and m4a if
ffmpeg is installed; any sample rate and number of channels. Hidden files and other file types are skipped. Links to
files and folders are followed.
"""

import logging
import unicodedata
from pathlib import Path, PurePosixPath

from genrelab.config import Section
from genrelab.data import manifest
from genrelab.data.audio import OTHER_SUFFIXES, SUFFIXES
from genrelab.data.ingest import Candidate
from genrelab.data.sources import Source, files, local, relative
from genrelab.errors import DataError

NAMED = 5  # maximum number of files that a warning names

log = logging.getLogger(__name__)


class Params(Section):
    """Where the music is, and what is known about it."""

    source: str
    manifest: str = ""  # CSV file: clip (path in the source), and label (overrides the folder's), artist or both


def fingerprint(params: Params, cache: Path) -> dict[str, str]:
    """Return what identifies the corpus's contents, by name; `cache` remembers digests. DataError if it is missing."""
    _folder(params)
    return Source(params.source).fingerprint(_is_clip, cache) | manifest.fingerprint(params.manifest, cache)


def candidates(params: Params, workspace: Path, workers: int) -> list[Candidate]:
    """Return the clips in the order of their ids; raises DataError if there are none."""
    folder = _folder(params)
    everything = [(relative(path, folder), path) for path in files(folder)]
    sounds = [(name, path) for name, path in everything if path.suffix.lower() in SUFFIXES]
    loose = [name for name, _ in sounds if not _is_clip(name)]
    if len(loose) == len(sounds):
        lies = f"; {_listed(loose)} {_are(loose)} in no sub-folder" if loose else ""
        raise DataError(f"{params.source} holds no sound file in a sub-folder named after its class{lies}")
    _report_other_formats(params.source, [name for name, _ in everything], [name for name, _ in sounds])
    if loose:
        log.warning("%s: %s %s in no class folder; left out", params.source, _listed(loose), _are(loose))
    clips = [Candidate(name, path, name.split("/")[0], "", name) for name, path in sorted(sounds) if _is_clip(name)]
    return manifest.annotate(clips, params.manifest, _id)


def _report_other_formats(source: str, names: list[str], decoded: list[str]) -> None:
    """Warn about sound files in formats that are not decoded; DataError if a class has no others."""
    others = [name for name in names if PurePosixPath(name).suffix.lower() in OTHER_SUFFIXES]
    classes = {name.split("/")[0] for name in decoded if "/" in name}
    lost = sorted({name.split("/")[0] for name in others if "/" in name} - classes)
    if lost:
        own = [name for name in others if name.startswith(f"{lost[0]}/")]
        formats = ", ".join(sorted({PurePosixPath(name).suffix.lower() for name in own}))
        raise DataError(
            f"{source}: the class '{lost[0]}' holds {len(own)} sound files in an unsupported format ({formats}) "
            "and no other; convert them to FLAC or WAV"
        )
    if others:
        log.warning("%s: %s %s in an unsupported format; left out", source, _listed(others), _are(others))


def _folder(params: Params) -> Path:
    folder = local(params.source)
    if not folder.is_dir():
        raise DataError(f"the source {params.source} is not a folder")
    return folder


def _is_clip(name: str) -> bool:
    """Return whether a path inside the source is a sound file in a class's folder."""
    path = PurePosixPath(name)
    return path.suffix.lower() in SUFFIXES and len(path.parts) > 1


def _id(name: str) -> str:
    """Return the id of a clip from its name in a manifest."""
    return unicodedata.normalize("NFC", name.replace("\\", "/").removeprefix("./"))


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"


def _are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"
