"""One random fold, stratified by label: the thesis's 80:20, with a validation part taken from train.

By clip, so slices of one clip never lie in different parts; but clips of one artist do. In GTZAN, 78% of the test clips
of such a split have their artist in train too, so figures on it are optimistic.

Within each label the clips are shuffled separately (seeded by the split's seed and the label), so that adding or
removing a label moves no clip of another.
"""

from pydantic import Field

from genrelab.config import Section, Share
from genrelab.corpus import Corpus, Fold
from genrelab.errors import DataError
from genrelab.splits._strata import ids_by_label, share_of, shuffled

SMALLEST = 3  # clips of a label: one for each part


class Params(Section):
    """Parameters of the random split."""

    test: Share = 0.2  # of each label's clips
    valid: Share = 0.125  # of what is left
    seed: int = Field(0, ge=0)


def folds(corpus: Corpus, params: Params) -> list[Fold]:
    """Return one fold of the corpus's clips; each label's share in each part is exact to one clip.

    Raises DataError for a label with fewer than three clips.
    """
    train: list[str] = []
    valid: list[str] = []
    test: list[str] = []
    for label, ids in ids_by_label(corpus).items():
        if len(ids) < SMALLEST:
            raise DataError(
                f"label '{label}' has {len(ids)} usable clips; split random needs at least {SMALLEST} of each"
            )
        order = shuffled(ids, params.seed, label)
        n_test = share_of(len(order), params.test, leave=2)
        n_valid = share_of(len(order) - n_test, params.valid, leave=1)
        test += order[:n_test]
        valid += order[n_test : n_test + n_valid]
        train += order[n_test + n_valid :]
    return [Fold(tuple(sorted(train)), tuple(sorted(valid)), tuple(sorted(test)))]
