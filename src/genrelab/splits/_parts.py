"""Make a fold from a part for each clip."""

from collections.abc import Mapping

from genrelab.corpus import Corpus, Fold
from genrelab.errors import DataError
from genrelab.splits._warnings import missing, named, warn_once

PARTS = ("train", "valid", "test")


def fold_of(parts: Mapping[str, str], split: str, why: str = "") -> Fold:
    """Return the fold for `parts`, clip id -> train, valid or test.

    Raises DataError for an empty part; the message names the split and the part, followed by `why`.
    """
    ids: dict[str, list[str]] = {part: [] for part in PARTS}
    for clip, part in sorted(parts.items()):
        ids[part].append(clip)
    for part, clips in ids.items():
        if not clips:
            raise DataError(f"split {split} has no clip for {part}{why}")
    return Fold(*(tuple(ids[part]) for part in PARTS))


def warn_untrained(corpus: Corpus, fold: Fold, split: str) -> None:
    """Warn of classes without clips in train: a model cannot learn them."""
    if absent := missing(corpus, fold.train):
        warn_once(f"split {split}: train has no clip of {named(absent)}; no model can learn them here")
