"""Properties of the k-fold split by artist."""

from collections import Counter

import pytest
from corpora import GTZAN, by_artist

from genrelab.errors import DataError
from genrelab.splits import artist_kfold
from genrelab.splits.artist_kfold import Params


@pytest.mark.parametrize("k", [2, 5])
def test_each_clip_is_tested_once_and_artists_stay_together(k):
    folds = artist_kfold.folds(GTZAN, Params(folds=k))
    artist = {clip.id: clip.artist for clip in GTZAN.clips}
    assert len(folds) == k
    assert sorted(clip for fold in folds for clip in fold.test) == sorted(GTZAN.ids)
    for fold in folds:
        assert sorted([*fold.train, *fold.valid, *fold.test]) == sorted(GTZAN.ids)
        sides = [{artist[clip] for clip in part} - {""} for part in (fold.train, fold.valid, fold.test)]
        assert len(set.union(*sides)) == sum(map(len, sides))


def test_of_gtzan_every_fold_tests_its_share_of_each_genre_but_where_an_artist_has_more(warnings_said):
    folds = artist_kfold.folds(GTZAN, Params())
    for genre in GTZAN.classes:
        counts = [Counter(clip.split(".")[0] for clip in fold.test)[genre] for fold in folds]
        if genre == "reggae":
            assert max(counts) == 35
        else:
            assert 15 <= min(counts) <= max(counts) <= 28  # of jazz, 28 are Coleman Hawkins's
        assert all(5 <= Counter(clip.split(".")[0] for clip in fold.valid)[genre] <= 15 for fold in folds)
    assert any(line.endswith(": 35 of reggae's 100 clips are by Bob Marley") for line in warnings_said())


def test_each_fold_is_validated_on_other_clips_and_seeds_differ():
    folds = artist_kfold.folds(GTZAN, Params())
    assert len({fold.valid for fold in folds}) == 5
    assert artist_kfold.folds(GTZAN, Params(seed=1)) != folds


def test_labels_with_fewer_artists_than_folds_are_named(warnings_said):
    many = {f"rocker {i}": 5 for i in range(20)}
    artist_kfold.folds(by_artist({"rock": many, "ska": {"a": 5, "b": 5}, "dub": {"c": 5}}), Params())
    assert warnings_said() == [
        "split artist_kfold: labels with too few artists to be tested in all 5 folds: dub (1), ska (2)",
        "split artist_kfold: labels with a single artist, tested but not trained on: dub",
    ]


def test_too_few_artists_are_an_error():
    with pytest.raises(DataError, match="with 5 folds needs at least 5 artists; this corpus has 4"):
        artist_kfold.folds(by_artist({"rock": dict.fromkeys("abcd", 5)}), Params())
    with pytest.raises(DataError, match="no clip for valid in fold 1 of 2"):
        artist_kfold.folds(by_artist({label: {f"{label}{i}": 5 for i in "12"} for label in "abc"}), Params(folds=2))
