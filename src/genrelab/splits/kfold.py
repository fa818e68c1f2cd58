"""k folds, stratified by label: each clip is tested once, by a model that has not seen it.

By clip, like the random split, and with the same weakness: an artist's clips lie in several parts. Source: Stone 1974,
"Cross-validatory choice and assessment of statistical predictions"; stratified after Kohavi 1995.

The clips of each label are shuffled (seeded by the split's seed and the label) and dealt to the folds in turn. Each
label starts at the fold where the previous one stopped, so that the sizes of the folds differ by at most one clip. A
fold's validation part is taken from the folds after it, so that each fold has a different one.
"""

from pydantic import Field

from genrelab.config import Section, Share
from genrelab.corpus import Corpus, Fold
from genrelab.errors import DataError
from genrelab.splits._strata import ids_by_label, share_of, shuffled


class Params(Section):
    """Parameters of the k-fold split."""

    folds: int = Field(5, ge=2)
    valid: Share = 0.125  # of each label's clips that are not tested in a fold
    seed: int = Field(0, ge=0)


def folds(corpus: Corpus, params: Params) -> list[Fold]:
    """Return `params.folds` folds of the corpus's clips, whose test parts together hold each clip once.

    Raises DataError for a label with fewer clips than folds, or fewer than four.
    """
    k = params.folds
    parts: list[tuple[list[str], list[str], list[str]]] = [([], [], []) for _ in range(k)]
    start = 0
    for label, ids in sorted(ids_by_label(corpus).items()):
        if len(ids) < max(k, 4):
            raise DataError(
                f"label '{label}' has {len(ids)} usable clips; split kfold with {k} folds needs at least {max(k, 4)} "
                "of each"
            )
        order = shuffled(ids, params.seed, label)
        dealt = [order[(f - start) % k :: k] for f in range(k)]
        start += len(ids)
        for f, (train, valid, test) in enumerate(parts):
            rest = [clip for g in range(1, k) for clip in dealt[(f + g) % k]]
            n_valid = share_of(len(rest), params.valid, leave=1)
            test += dealt[f]
            valid += rest[:n_valid]
            train += rest[n_valid:]
    return [Fold(*(tuple(sorted(part)) for part in fold)) for fold in parts]
