"""The contract of splits: folds of disjoint, known clips, no part empty, whatever the order of the clips."""

from collections.abc import Sequence
from dataclasses import replace

from genrelab import plugins
from genrelab.corpus import Clip, Corpus, Fold

PARTS = ("train", "valid", "test")


def check_split(name: str) -> None:
    """Check a split at its default parameters, on a small corpus with artists and a published partition.

    Raises AssertionError that says what is wrong, ConfigError if there is no such split.
    """
    split = plugins.load("splits", name)
    given = corpus()
    params = split.Params()
    folds = split.folds(given, params)
    check_folds(folds, given)
    assert split.folds(given, params) == folds, "the same corpus is split differently the second time"
    reversed_corpus = replace(given, clips=given.clips[::-1])
    assert split.folds(reversed_corpus, params) == folds, "the order of the clips changes the folds"


def check_folds(folds: Sequence[Fold], given: Corpus) -> None:
    """Check that each fold has three disjoint, non-empty parts of clips from the corpus."""
    assert folds, "there is no fold"
    known = set(given.ids)
    for number, fold in enumerate(folds):
        clips = [*fold.train, *fold.valid, *fold.test]
        twice = sorted({clip for clip in clips if clips.count(clip) > 1}) if len(clips) > len({*clips}) else []
        assert not twice, f"fold {number} has the clip {twice[0]} in two parts"
        unknown = sorted({*clips} - known)
        assert not unknown, f"fold {number} has the clip {unknown[0]}, which is not in the corpus"
        empty = [part for part in PARTS if not getattr(fold, part)]
        assert not empty, f"fold {number} has nothing in {', '.join(empty)}"


def corpus(classes: int = 4, artists: int = 8, clips: int = 5) -> Corpus:
    """Return a corpus of `classes` classes, `artists` artists each, `clips` clips each, with a published partition."""
    found = tuple(
        Clip(f"{label}.{artist}.{i}", f"clips/{label}/{artist}.{i}.wav", label, f"{label}-{artist}", 30.0, "")
        for label in (f"class{number}" for number in range(classes))
        for artist in range(artists)
        for i in range(clips)
    )
    parts = {clip.id: PARTS[int(clip.id.split(".")[1]) % len(PARTS)] for clip in found}
    return Corpus(found, tuple(sorted({clip.label for clip in found})), parts)
