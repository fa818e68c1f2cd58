"""Properties of the random split."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.corpus import Clip, Corpus
from genrelab.errors import DataError
from genrelab.splits import random


def corpus_of(sizes: list[int]) -> Corpus:
    clips = tuple(
        Clip(f"genre{g}.{i:05d}", "", f"genre{g}", "", 30.0, "") for g, size in enumerate(sizes) for i in range(size)
    )
    return Corpus(clips, tuple(f"genre{g}" for g in range(len(sizes))))


sizes = st.lists(st.integers(3, 60), min_size=1, max_size=8)
params = st.builds(random.Params, test=st.floats(0.05, 0.6), valid=st.floats(0.05, 0.6), seed=st.integers(0, 2**32))


@given(sizes, params)
def test_the_parts_are_disjoint_and_complete(sizes, params):
    corpus = corpus_of(sizes)
    (fold,) = random.folds(corpus, params)
    assert sorted([*fold.train, *fold.valid, *fold.test]) == sorted(corpus.ids)


@given(sizes, params)
def test_each_label_has_its_share_to_one_clip_and_no_part_lacks_a_label(sizes, params):
    (fold,) = random.folds(corpus_of(sizes), params)
    count = {name: Counter(i.split(".")[0] for i in getattr(fold, name)) for name in ("train", "valid", "test")}
    for g, size in enumerate(sizes):
        test, valid = count["test"][f"genre{g}"], count["valid"][f"genre{g}"]
        assert abs(test - min(max(size * params.test, 1), size - 2)) <= 0.5
        assert abs(valid - min(max((size - test) * params.valid, 1), size - test - 1)) <= 0.5
        assert min(test, valid, count["train"][f"genre{g}"]) >= 1


@given(sizes, params)
def test_it_is_stable_for_a_seed_and_does_not_depend_on_the_order_of_clips(sizes, params):
    corpus = corpus_of(sizes)
    assert random.folds(corpus, params) == random.folds(Corpus(corpus.clips[::-1], corpus.classes), params)


def test_another_seed_gives_another_split():
    corpus = corpus_of([50, 50])
    assert random.folds(corpus, random.Params(seed=0)) != random.folds(corpus, random.Params(seed=1))


def test_another_label_moves_no_clip_of_the_others():
    small, large = (random.folds(corpus_of(sizes), random.Params())[0] for sizes in ([20, 20], [20, 20, 7]))
    assert set(small.test) <= set(large.test)


def test_the_thesis_has_twenty_test_clips_a_genre_and_here_ten_for_validation():
    (fold,) = random.folds(corpus_of([100] * 10), random.Params())
    assert (len(fold.train), len(fold.valid), len(fold.test)) == (700, 100, 200)


def test_too_few_clips_of_a_label_are_an_error_that_names_it():
    with pytest.raises(DataError, match="'genre1' has 2 usable clips"):
        random.folds(corpus_of([9, 2]), random.Params())
