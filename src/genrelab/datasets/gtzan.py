"""GTZAN: 10 genres x 100 clips of 30 s, 22,050 Hz, mono, 16 bit (Tzanetakis & Cook 2002).

G. Tzanetakis and P. Cook, "Musical genre classification of audio signals", IEEE Transactions on Speech and Audio
Processing 10(5), 2002. The longest clip has 675,808 samples (30.65 s).

Reads the layout of the original archive (genres/<genre>/<genre>.NNNNN.au), .wav or .flac in the same folders, and
Kaggle's mirror (Data/genres_original/<genre>/<genre>.NNNNN.wav), at any depth. Only a clip's file name matters.

Known faults (Sturm 2013): 50 exact replicas (those with equal samples are left out as duplicates), 22 clips of a
recording already present, 13 other versions, 43 conspicuous and 63 contentious mislabels; only 5 s of reggae.00086 are
usable; 35 reggae clips are Bob Marley's, 24 pop clips Britney Spears'. jazz.00054 does not decode in the .wav mirrors,
so it is left out there; the original .au decodes and stays. Artists come from Sturm's index.

Licence: the author holds no clearance for the recordings; they are for research and must not be redistributed.
"""

import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from pydantic import Field, model_validator

from genrelab.config import Section
from genrelab.data import manifest
from genrelab.data.ingest import Candidate
from genrelab.data.sources import Source, files, is_url, relative
from genrelab.datasets import _gtzan_facts
from genrelab.errors import DataError
from genrelab.state import digests

GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
CLIPS_PER_GENRE = 100
SAMPLE_RATE = 22_050  # Hz
LONGEST_CLIP = 675_808  # samples
URL = "https://huggingface.co/datasets/marsyas/gtzan/resolve/main/data/genres.tar.gz"
MD5 = "5b3d6dddb579ab49814ab86dba69e7c7"

# If a clip exists in several formats, take the first of these: the original decodes even if a mirror does not.
SUFFIXES = ("au", "flac", "wav")
CLIP = re.compile(rf"(?:^|/)((?:{'|'.join(GENRES)})\.000\d\d)(?:\.({'|'.join(SUFFIXES)}))?$", re.IGNORECASE)

log = logging.getLogger(__name__)


class Params(Section):
    """Where GTZAN is, and optional artists that override Sturm's index."""

    checksums: ClassVar[dict[str, str]] = {URL: MD5}
    clips: ClassVar[int] = CLIPS_PER_GENRE * len(GENRES)

    source: str = URL  # folder, .zip, .tar.gz or a URL of one
    md5: str = Field("", pattern="^([0-9a-f]{32})?$")  # of the file behind a URL other than the default; empty: any
    manifest: str = ""  # CSV file with columns clip and artist; overrides the index

    @model_validator(mode="after")
    def _md5_of_a_url(self) -> "Params":
        if self.md5 and not is_url(self.source):
            raise ValueError("md5 is only for a source that is a URL")
        return self

    @property
    def origin(self) -> Source:
        """The source, with its checksum."""
        return Source(self.source, self.md5 or self.checksums.get(self.source, ""))


def fingerprint(params: Params, cache: Path) -> dict[str, str]:
    """Return what identifies the corpus's contents, by name; `cache` remembers digests. DataError if it is missing."""
    # gtzan_mini uses this module too, both take artists from the facts, and an installed project's stages name no code.
    modules = (Path(__file__), Path(_gtzan_facts.__file__))
    code = {f"datasets/{path.name}": digests.of_file(path) for path in modules}
    return params.origin.fingerprint(_is_clip, cache) | manifest.fingerprint(params.manifest, cache) | code


def candidates(params: Params, workspace: Path, workers: int) -> list[Candidate]:
    """Return GTZAN's clips in the order of their ids; raises DataError if there are none."""
    folder = params.origin.folder(_is_clip, workspace)
    found: dict[str, list[Path]] = {}
    for path in files(folder):
        if _is_clip(path.name):
            found.setdefault(_id(path.name), []).append(path)
    if not found:
        raise DataError(
            f"{params.source} holds no GTZAN clip; looked in all sub-folders for files such as "
            f"genres/blues/blues.00000.au (or {', '.join(f'.{s}' for s in SUFFIXES[1:])}) of {', '.join(GENRES)}"
        )
    if len(found) < params.clips:
        log.warning("%s holds %d of %d clips", params.source, len(found), params.clips)
    several = sum(len(paths) > 1 for paths in found.values())
    if several:
        log.warning("%s holds %d clips more than once; order of preference: .au, .flac, .wav", params.source, several)
    chosen = [
        Candidate(id, path, id.split(".")[0], _gtzan_facts.artist(id), relative(path, folder))
        for id, path in _chosen(found)
    ]
    return manifest.annotate(chosen, params.manifest, _id)


def named(artists: Mapping[str, str]) -> dict[str, str]:
    """Return the clips that are GTZAN's: corpus id -> GTZAN name such as blues.00000.

    `artists` maps a corpus's ids to artists ("" if unknown). An id or path that ends in such a name counts, unless the
    corpus knows artists and none of them matches Sturm's: other corpora may use the same names.
    """
    found = {clip: match[1].lower() for clip in artists if (match := CLIP.search(clip))}
    pairs = {(artists[clip].casefold(), _gtzan_facts.artist(name).casefold()) for clip, name in found.items()}
    both = [(ours, theirs) for ours, theirs in pairs if ours and theirs]
    return found if not both or any(ours == theirs for ours, theirs in both) else {}


def _is_clip(name: str) -> bool:
    match = CLIP.search(name)
    return bool(match and match[2])


def _id(name: str) -> str:
    """Return the clip id for an id, file name or path; anything else stays as it is."""
    match = CLIP.search(name)
    return match[1].lower() if match else name


def _chosen(found: dict[str, list[Path]]) -> list[tuple[str, Path]]:
    def rank(path: Path) -> tuple[int, int, str]:
        return SUFFIXES.index(path.suffix[1:].lower()), len(path.parts), str(path)

    return [(id, min(paths, key=rank)) for id, paths in sorted(found.items())]
