"""Folds inside the train and validation parts of a fold, over which a trial is averaged; its test part is in none.

A search on one small validation part decides on a few clips. With inner folds, every clip outside test is validated
once. The model finally scored on test was selected without it: this is one outer fold of nested cross-validation.
"""

from genrelab.corpus import Clip, Corpus, Fold
from genrelab.errors import DataError
from genrelab.splits import artist_kfold, kfold
from genrelab.training.experiment_data import SplitCorpus


def inner_folds(data: SplitCorpus, number: int, seed: int) -> list[Fold]:
    """Return `number` folds (train, valid, no test) of the train and validation clips of the first fold of `data`.

    Stratified by class, and by artist if the split keeps the test part's artists apart, so that trials are judged
    like the winner. Raises DataError if a class has too few clips, or there are too few artists.
    """
    clips, artists_apart = _outside_test(data), keeps_artists_apart(data)
    # Tags do not partition clips, so multi-label tasks stratify by the corpus's own labels.
    own = tuple(sorted({clip.label for clip in clips})) if data.corpus.multilabel else data.corpus.classes
    corpus = Corpus(tuple(clips), own)
    try:
        if artists_apart:
            folds = artist_kfold.folds(corpus, artist_kfold.Params(folds=number, seed=seed))
        else:
            folds = kfold.folds(corpus, kfold.Params(folds=number, seed=seed))
    except DataError as error:
        raise DataError(f"tuning.folds is {number}, on the clips outside the test part: {error}") from None
    return [Fold(tuple(sorted((*fold.train, *fold.valid))), fold.test, ()) for fold in folds]


def keeps_artists_apart(data: SplitCorpus) -> bool:
    """Return whether, in the first fold of `data`, artists are known and no test artist occurs outside test."""
    inside = set(data.folds[0].test)
    tested = {clip.artist for clip in data.corpus.clips if clip.id in inside} - {""}
    others = {clip.artist for clip in _outside_test(data)} - {""}
    return bool(tested and others) and not tested & others


def _outside_test(data: SplitCorpus) -> list[Clip]:
    there = {*data.folds[0].train, *data.folds[0].valid}
    return [clip for clip in data.corpus.clips if clip.id in there]
