"""Extended Ballroom: 4,180 excerpts of dance music, 30 s each, in 13 classes (Marchand & Peeters 2016).

U. Marchand and G. Peeters, "The Extended Ballroom Dataset", ISMIR 2016, late-breaking session; and "Scale and shift
invariant time/frequency representation using auditory statistics: application to rhythm description", IEEE Machine
Learning for Signal Processing 2016. Version 1.1 of the metadata corrects some tempi. Sounds per class:

    Waltz 529, Foxtrot 507, Quickstep 497, Rumba 470, Samba 468, Tango 464, Chacha 455, Jive 350, Viennesewaltz 252,
    Slowwaltz 65, Pasodoble 53, Salsa 47, Wcswing 23

Reads the layout that the authors' script creates: extendedballroom_v1.1.xml, and each sound as <class>/<id>.mp3. Only
the file name matters, so sounds may lie at any depth and have any format. The XML file gives each sound's class, artist
and MD5; a warning counts the mp3s with another MD5 and names one.

Known faults, listed in the XML file: 236 sounds repeat another exactly, 16 more at another speed (`time`), 12 more with
or without the voice (`karaoke`), and 189 more are other versions of a song. For the kinds in `leave_out`, only the
first by id stays: 3,916 sounds by default, all 4,180 with `leave_out: []`. The artists are the shop's: 2,111 names,
including composers and the label Casa Musica; "Various" and "Various Artists" (169 sounds) count as none.

Licence: the sounds are previews of ballroomdancers.com; the authors distribute only the script that downloads them.
"""

import hashlib
import logging
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

from genrelab.config import Section
from genrelab.data.audio import SUFFIXES
from genrelab.data.ingest import Candidate
from genrelab.data.regular import open_regular
from genrelab.data.sources import Source, files, relative
from genrelab.errors import DataError

Repeat = Literal["exact", "time", "karaoke", "version"]

NO_ARTIST = frozenset({"Various", "Various Artists"})

log = logging.getLogger(__name__)


class Params(Section):
    """Where Extended Ballroom is, and which repeats to leave out."""

    source: str  # folder, .zip, .tar.gz or a URL of one
    leave_out: tuple[Repeat, ...] = ("exact", "time", "karaoke")  # drop all but the first of these repeats


class Song(NamedTuple):
    """A sound as the XML file lists it; `repeats` are (kind, id) of the sounds that it repeats or that repeat it."""

    id: str
    label: str
    artist: str
    md5: str
    repeats: tuple[tuple[str, str], ...]


def fingerprint(params: Params, cache: Path) -> dict[str, str]:
    """Return what identifies the corpus's contents, by name; `cache` remembers digests. DataError if it is missing."""
    return Source(params.source).fingerprint(_wanted, cache)


def candidates(params: Params, workspace: Path, workers: int) -> list[Candidate]:
    """Return the sounds in the order of their ids, without the repeats that `leave_out` names.

    Raises DataError if there are no sounds or no metadata.
    """
    folder = Source(params.source).folder(_wanted, workspace)
    found = [path for path in files(folder) if _wanted(path.name)]
    songs = _songs(params.source, [path for path in found if path.suffix.lower() == ".xml"])
    sounds = {path.stem: path for path in reversed(found) if path.stem in songs}
    if not sounds:
        raise DataError(
            f"{params.source} holds none of the {len(songs)} sounds of Extended Ballroom; "
            "looked in all sub-folders for files such as Waltz/100601.mp3"
        )
    if len(sounds) < len(songs):
        log.warning("%s lacks %d of %d sounds", params.source, len(songs) - len(sounds), len(songs))
    others = [id for id, path in sorted(sounds.items()) if path.suffix == ".mp3" and _md5(path) != songs[id].md5]
    if others:
        log.warning(
            "%s: %d sounds differ in their MD5 from the published ones, such as %s",
            params.source,
            len(others),
            others[0],
        )
    kept = _firsts([songs[id] for id in sorted(sounds)], params.leave_out)
    if len(kept) < len(sounds):
        log.warning("%d of %d sounds are repeats of another one; left out", len(sounds) - len(kept), len(sounds))
    return [
        Candidate(song.id, sounds[song.id], song.label, song.artist, relative(sounds[song.id], folder)) for song in kept
    ]


def _wanted(name: str) -> bool:
    path = Path(name)
    suffix = path.suffix.lower()
    return suffix in SUFFIXES or (suffix == ".xml" and path.name.lower().startswith("extendedballroom"))


def _songs(source: str, tables: list[Path]) -> dict[str, Song]:
    """Return the XML file's entry for each sound, by id."""
    if not tables:
        raise DataError(f"{source} holds no extendedballroom_v1.1.xml, which describes the sounds; put it next to them")
    path = max(tables, key=lambda table: table.name)  # the latest version
    try:
        with open_regular(path) as stream:
            root = ET.parse(stream).getroot()
        songs = [
            Song(
                song.attrib["id"],
                genre.tag,
                "" if song.attrib["artist"] in NO_ARTIST else song.attrib["artist"],
                song.attrib["hash"],
                tuple((repeat.tag, repeat.attrib["id"]) for repeat in song),
            )
            for genre in root
            for song in genre
        ]
    except (ET.ParseError, KeyError, OSError) as error:
        raise DataError(f"{path} is not Extended Ballroom's XML file: {error}") from None
    return {song.id: song for song in songs}


def _firsts(songs: Iterable[Song], kinds: Iterable[str]) -> list[Song]:
    """Return the songs without those that repeat an earlier one, directly or through others."""
    kinds = set(kinds)
    alike: dict[str, list[str]] = defaultdict(list)  # both ways, as the file lists some pairs in one direction only
    songs = list(songs)
    for song in songs:
        for kind, other in song.repeats:
            if kind in kinds:
                alike[song.id].append(other)
                alike[other].append(song.id)
    kept, seen = [], set()
    for song in songs:
        if song.id in seen:
            continue
        kept.append(song)
        waiting = [song.id]
        while waiting:
            id = waiting.pop()
            if id not in seen:
                seen.add(id)
                waiting += alike[id]
    return kept


def _md5(path: Path) -> str:
    try:
        with open_regular(path) as stream:
            return hashlib.file_digest(stream, "md5").hexdigest()
    except OSError:
        return ""
