"""k folds by artist: each clip is tested once, by a model that knows no other clip of its artist.

Stratified by label as far as artists allow. Each fold's validation part is also taken by artist, separately for each
fold, from the clips that the fold does not test. See artist.py for what counts as an artist, and why.
"""

from collections import Counter
from collections.abc import Sequence

from pydantic import Field

from genrelab.config import Section, Share
from genrelab.corpus import Corpus, Fold
from genrelab.errors import DataError
from genrelab.splits._groups import TRAIN, VALID, Group, PartTarget, divide, group
from genrelab.splits._parts import fold_of
from genrelab.splits._warnings import named, warn_once
from genrelab.splits.artist import TOLERANCE, because


class Params(Section):
    """Parameters of the k-fold split by artist."""

    folds: int = Field(5, ge=2)
    valid: Share = 0.125  # of each label's clips that are not tested in a fold
    seed: int = Field(0, ge=0)


def folds(corpus: Corpus, params: Params) -> list[Fold]:
    """Return `params.folds` folds of the corpus's clips, whose test parts together hold each clip once.

    Raises DataError for fewer artists than folds or fewer than four, or if nothing is left for a part of a fold.
    """
    k = params.folds
    groups = group(corpus, "artist_kfold")
    if len(groups) < max(k, 4):
        raise DataError(
            f"split artist_kfold with {k} folds needs at least {max(k, 4)} artists; this corpus has {len(groups)}"
        )
    tested = divide(groups, [PartTarget(1 / k, VALID)] * k, [params.seed])
    found = []
    for f, test in enumerate(tested):
        rest = [g for other in tested if other is not test for g in other]
        train, valid = divide(
            rest, [PartTarget(1 - params.valid, TRAIN), PartTarget(params.valid, VALID)], [params.seed, f + 1]
        )
        sides = {"train": train, "valid": valid, "test": test}
        found.append(
            fold_of(
                {clip: part for part, side in sides.items() for g in side for clip in g.clips},
                "artist_kfold",
                f" in fold {f + 1} of {k}: no label has an artist to spare for it; take fewer folds",
            )
        )
    artists = Counter(label for g in groups for label in g.labels)
    _warn_scarce(corpus, artists, k)
    _warn_unbalanced(corpus, artists, groups, tested)
    return found


def _warn_scarce(corpus: Corpus, artists: Counter[str], k: int) -> None:
    if scarce := [f"{label} ({artists[label]})" for label in corpus.classes if artists[label] < k]:
        warn_once(f"split artist_kfold: labels with too few artists to be tested in all {k} folds: {named(scarce)}")
    if single := [label for label in corpus.classes if artists[label] == 1]:
        warn_once(f"split artist_kfold: labels with a single artist, tested but not trained on: {named(single)}")


def _warn_unbalanced(
    corpus: Corpus, artists: Counter[str], groups: Sequence[Group], tested: Sequence[Sequence[Group]]
) -> None:
    k = len(tested)
    for label, n in corpus.counts().items():
        have = [sum(g.labels[label] for g in side) for side in tested]
        if artists[label] >= k and any(abs(count - n / k) > max(1, TOLERANCE * n) for count in have):
            counts = ", ".join(str(count) for count in have)
            warn_once(
                f"split artist_kfold: the folds test {counts} clips of {label} instead of {n / k:.0f} each"
                f"{because(groups, label, n)}"
            )
