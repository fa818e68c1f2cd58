"""gtzan_mini: ten clips per genre of GTZAN, the smallest real corpus to try (facts and licence: see gtzan.py).

Published at github.com/TempoBeatDownbeat/gtzan_mini; reads all layouts that gtzan reads.
"""

from typing import ClassVar

from genrelab.datasets import gtzan

URL = "https://github.com/TempoBeatDownbeat/gtzan_mini/archive/refs/heads/main.zip"
MD5 = "44f7f23af8363d96c59663a987f29a4c"
CLIPS_PER_GENRE = 10


class Params(gtzan.Params):
    """Where gtzan_mini is, and optional artists that override Sturm's index."""

    checksums: ClassVar[dict[str, str]] = {URL: MD5}
    clips: ClassVar[int] = CLIPS_PER_GENRE * len(gtzan.GENRES)

    source: str = URL


fingerprint = gtzan.fingerprint
candidates = gtzan.candidates
