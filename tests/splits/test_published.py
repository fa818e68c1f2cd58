"""The division that a corpus's maker published."""

from dataclasses import replace

import pytest
from corpora import corpus

from genrelab.corpus import Fold
from genrelab.errors import DataError
from genrelab.splits import published

CORPUS = corpus([(id, "rock" if id in "ace" else "jazz", "") for id in "abcdef"])
PARTS = dict(zip("abcde", ["train", "train", "valid", "test", "test"], strict=True))
PARAMS = published.Params()


def test_it_is_taken_as_it_is(warnings_said):
    given = replace(CORPUS, parts={**PARTS, "f": "train", "elsewhere": "test"})
    assert published.folds(given, PARAMS) == [Fold(("a", "b", "f"), ("c",), ("d", "e"))]
    assert warnings_said() == []


def test_a_task_keeps_it():
    asked = replace(CORPUS, parts=PARTS).under({"all": ["rock", "jazz"]}, "one")
    assert asked.parts == PARTS


def test_clips_outside_it_and_labels_without_train_are_named(warnings_said):
    published.folds(replace(CORPUS, parts={**PARTS, "b": "test"}), PARAMS)
    assert warnings_said() == [
        "split published: 1 of 6 clips are not in the published division; they are left out",
        "split published: train has no clip of jazz; no model can learn them here",
    ]


def test_none_published_and_an_empty_part_are_errors():
    with pytest.raises(DataError, match=r"this corpus has no published division; splits: artist, .*random$"):
        published.folds(CORPUS, PARAMS)
    with pytest.raises(DataError, match="no clip for valid: the division has no clip of this corpus there"):
        published.folds(replace(CORPUS, parts={**PARTS, "c": "test"}), PARAMS)
