"""Every fifth clip of a class is tested, and every fifth after the first validates."""

from genrelab.config import Section
from genrelab.corpus import Corpus, Fold


class Params(Section):
    """No parameters."""


def folds(corpus: Corpus, params: Params) -> list[Fold]:
    """Return one fold."""
    parts: dict[str, list[str]] = {"train": [], "valid": [], "test": []}
    for label in corpus.classes:
        ids = sorted(clip.id for clip in corpus.clips if clip.label == label)
        for i, id in enumerate(ids):
            parts["test" if i % 5 == 0 else "valid" if i % 5 == 1 else "train"].append(id)
    return [Fold(*(tuple(parts[name]) for name in ("train", "valid", "test")))]
