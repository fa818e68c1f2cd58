"""Log a split's warnings once per command, because a command may divide a corpus several times."""

import logging
from collections.abc import Collection, Sequence
from functools import cache

from genrelab.corpus import Corpus

NAMED = 8  # things to name in a line

log = logging.getLogger(__name__)


@cache
def warn_once(line: str) -> None:
    """Log a warning, unless this process has logged it before."""
    log.warning(line)


def named(things: Sequence[str]) -> str:
    """Return the first few things, and how many more there are."""
    more = f" and {len(things) - NAMED} more" if len(things) > NAMED else ""
    return f"{', '.join(things[:NAMED])}{more}"


def missing(corpus: Corpus, ids: Collection[str]) -> list[str]:
    """Return the classes of the corpus that none of these clips has."""
    wanted = set(ids)
    there = {clip.label for clip in corpus.clips if clip.id in wanted}
    return [label for label in corpus.classes if label not in there]
