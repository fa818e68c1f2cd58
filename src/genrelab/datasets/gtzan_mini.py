"""gtzan_mini: ten clips a genre of GTZAN, the smallest real corpus for a try (see gtzan.py for its facts and licence).

Published at github.com/TempoBeatDownbeat/gtzan_mini; read as gtzan is, in every one of its layouts.
"""

from typing import ClassVar

from genrelab.datasets import gtzan

URL = "https://github.com/TempoBeatDownbeat/gtzan_mini/archive/refs/heads/main.zip"
MD5 = "44f7f23af8363d96c59663a987f29a4c"
CLIPS_PER_GENRE = 10


class Params(gtzan.Params):
    """Where gtzan_mini is, and who plays if one knows better than Sturm."""

    checksums: ClassVar[dict[str, str]] = {URL: MD5}
    clips: ClassVar[int] = CLIPS_PER_GENRE * len(gtzan.GENRES)

    source: str = URL


fingerprint = gtzan.fingerprint
candidates = gtzan.candidates
