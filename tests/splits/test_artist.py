"""Properties of the split by artist."""

from collections import Counter

import pytest
from corpora import GTZAN, by_artist, corpus
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from genrelab.errors import DataError
from genrelab.splits import artist

labels = st.dictionaries(
    st.sampled_from(["blues", "jazz", "rock", "ska"]),
    st.dictionaries(st.integers(0, 20).map(str), st.integers(1, 30), min_size=1, max_size=8),
    min_size=1,
)
params = st.builds(artist.Params, test=st.floats(0.1, 0.5), valid=st.floats(0.1, 0.5), seed=st.integers(0, 2**32))


def apart(artists_of_labels):
    """A corpus in which each artist has clips of one label."""
    return by_artist(
        {label: {f"{label} {a}": n for a, n in artists.items()} for label, artists in artists_of_labels.items()}
    )


def counts(fold):
    return {name: Counter(clip.split(".")[0] for clip in getattr(fold, name)) for name in ("train", "valid", "test")}


@given(labels, params)
@settings(max_examples=50, deadline=None)
def test_a_label_is_in_train_before_test_before_valid_and_where_it_has_the_artists_in_all(given, params):
    try:
        (fold,) = artist.folds(apart(given), params)
    except DataError:
        assert max(len(artists) for artists in given.values()) < 3
        reject()
    found = counts(fold)
    for label, artists in given.items():
        present = [found[part][label] > 0 for part in ("train", "test", "valid")]
        assert present == [len(artists) > i for i in range(3)]


@given(st.lists(st.integers(20, 60), min_size=1, max_size=5), params)
@settings(max_examples=15, deadline=None)
def test_single_clips_are_divided_to_a_clip(sizes, params):
    given = corpus([(f"g{g}.{i}", f"g{g}", "") for g, size in enumerate(sizes) for i in range(size)])
    found = counts(artist.folds(given, params)[0])
    for g, size in enumerate(sizes):
        assert abs(found["test"][f"g{g}"] - params.test * size) <= 1.5
        assert abs(found["valid"][f"g{g}"] - params.valid * (1 - params.test) * size) <= 1.5


@given(st.integers(0, 1000))
@settings(max_examples=5, deadline=None)
def test_gtzan_is_balanced_to_three_clips_a_genre(seed):
    found = counts(artist.folds(GTZAN, artist.Params(seed=seed))[0])
    for genre in GTZAN.classes:
        assert abs(found["test"][genre] - 20) <= 3
        assert abs(found["valid"][genre] - 10) <= 3


def test_seeds_divide_otherwise():
    tests = {artist.folds(GTZAN, artist.Params(seed=seed))[0].test for seed in range(4)}
    assert len(tests) == 4


def test_an_artist_of_several_labels_is_one_artist():
    given = by_artist({"jazz": {"Nina": 5, "Miles": 5, "Art": 5}, "soul": {"Nina": 5, "Otis": 5, "Aretha": 5}})
    (fold,) = artist.folds(given, artist.Params())
    sides = [part for part in (fold.train, fold.valid, fold.test) if any("Nina" in clip for clip in part)]
    assert len(sides) == 1
    assert sum("Nina" in clip for clip in sides[0]) == 10


def test_what_cannot_be_balanced_is_said_with_the_reason(warnings_said):
    given = by_artist(
        {
            "reggae": {"Bob": 70, "Peter": 20, "Bunny": 10},
            "dub": {"King": 60, "Lee": 40},
            "ska": {"Desmond": 9},
            "rock": {str(i): 10 for i in range(10)},
        }
    )
    artist.folds(given, artist.Params())
    artist.folds(given, artist.Params())
    assert warnings_said() == [
        "split artist: valid has no clip of dub (2 artists), ska (1 artist)",
        "split artist: test has no clip of ska (1 artist)",
        "split artist: dub has 60 train, 0 valid, 40 test instead of 70, 10, 20: 60 of dub's 100 clips are by King",
    ]


@pytest.mark.parametrize(
    ("named", "line"),
    [
        (10, "split artist: 20 of 30 clips have no artist; each counts as its own artist"),
        (0, "split artist: no clip of this corpus has an artist, so the split is by clip"),
    ],
)
def test_clips_without_an_artist_are_counted(warnings_said, named, line):
    artist.folds(corpus([(f"{i:02d}", "rock", f"artist {i}" if i < named else "") for i in range(30)]), artist.Params())
    assert warnings_said() == [line]


def test_too_few_artists_and_labels_of_one_artist_are_errors():
    with pytest.raises(DataError, match="needs at least 3 artists; this corpus has 2"):
        artist.folds(by_artist({"rock": {"a": 5, "b": 5}}), artist.Params())
    with pytest.raises(DataError, match="no clip for valid: no label has an artist to spare"):
        artist.folds(by_artist({"rock": {"a": 5}, "jazz": {"b": 5}, "ska": {"c": 5, "d": 5}}), artist.Params())
