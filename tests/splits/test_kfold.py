"""Properties of the k-fold split."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.corpus import Clip, Corpus
from genrelab.errors import DataError
from genrelab.splits import kfold


def corpus_of(sizes: list[int]) -> Corpus:
    clips = tuple(
        Clip(f"genre{g}.{i:05d}", "", f"genre{g}", "", 30.0, "") for g, size in enumerate(sizes) for i in range(size)
    )
    return Corpus(clips, tuple(f"genre{g}" for g in range(len(sizes))))


sizes = st.lists(st.integers(10, 60), min_size=1, max_size=8)
params = st.builds(kfold.Params, folds=st.integers(2, 10), valid=st.floats(0.05, 0.6), seed=st.integers(0, 2**32))


@given(sizes, params)
def test_each_clip_is_tested_once_and_in_each_fold_the_parts_are_disjoint_and_complete(sizes, params):
    corpus = corpus_of(sizes)
    folds = kfold.folds(corpus, params)
    assert len(folds) == params.folds
    assert sorted(clip for fold in folds for clip in fold.test) == sorted(corpus.ids)
    for fold in folds:
        assert sorted([*fold.train, *fold.valid, *fold.test]) == sorted(corpus.ids)


@given(sizes, params)
def test_folds_are_of_a_size_and_stratified_to_one_clip(sizes, params):
    folds = kfold.folds(corpus_of(sizes), params)
    lengths = [len(fold.test) for fold in folds]
    assert max(lengths) - min(lengths) <= 1
    for g, size in enumerate(sizes):
        counts = [Counter(clip.split(".")[0] for clip in fold.test)[f"genre{g}"] for fold in folds]
        assert {*counts} <= {size // params.folds, -(-size // params.folds)}


@given(sizes, params)
def test_no_part_lacks_a_label(sizes, params):
    for fold in kfold.folds(corpus_of(sizes), params):
        for part in (fold.train, fold.valid, fold.test):
            assert len({clip.split(".")[0] for clip in part}) == len(sizes)


@given(sizes, params)
def test_it_is_stable_for_a_seed_and_does_not_depend_on_the_order_of_clips(sizes, params):
    corpus = corpus_of(sizes)
    assert kfold.folds(corpus, params) == kfold.folds(Corpus(corpus.clips[::-1], corpus.classes), params)


def test_each_fold_is_validated_on_other_clips():
    folds = kfold.folds(corpus_of([20, 20]), kfold.Params(folds=5))
    assert len({fold.valid for fold in folds}) == 5


@pytest.mark.parametrize(("size", "k"), [(4, 5), (3, 2)])
def test_too_few_clips_of_a_label_are_an_error_that_names_it(size, k):
    with pytest.raises(DataError, match=f"'genre1' has {size} usable clips; split kfold with {k} folds"):
        kfold.folds(corpus_of([9, size]), kfold.Params(folds=k))
