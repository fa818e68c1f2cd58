"""The division that the corpus's author published, for figures that are comparable with those of others.

What it keeps apart is up to that author; FMA's, for example, keeps each artist in one part (Defferrard et al. 2017,
"FMA: a dataset for music analysis", arXiv 1612.01840).
"""

from genrelab import plugins
from genrelab.config import Section
from genrelab.corpus import Corpus, Fold
from genrelab.errors import DataError
from genrelab.splits._parts import fold_of, warn_untrained
from genrelab.splits._warnings import warn_once


class Params(Section):
    """No parameters."""


def folds(corpus: Corpus, params: Params) -> list[Fold]:
    """Return the published division of the corpus's clips; clips in none of its parts are left out.

    Raises DataError if nothing is published, or a part has no clip here.
    """
    if not corpus.parts:
        others = [name for name in plugins.names("splits") if name != "published"]
        raise DataError(f"this corpus has no published division; splits: {', '.join(others)}")
    parts = {clip: corpus.parts[clip] for clip in corpus.ids if clip in corpus.parts}
    fold = fold_of(parts, "published", ": the division has no clip of this corpus there")
    if left_out := len(corpus.clips) - len(parts):
        warn_once(
            f"split published: {left_out} of {len(corpus.clips)} clips are not in the published division; "
            "they are left out"
        )
    warn_untrained(corpus, fold, "published")
    return [fold]
