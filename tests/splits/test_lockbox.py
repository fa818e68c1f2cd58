"""Properties of the lockbox: the same under every split, by artist, and none of its clips in any fold."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.corpus import Clip, Corpus
from genrelab.errors import DataError
from genrelab.splits._lockbox import lockbox


def corpus_of(labels: int, artists: int, each: int, *, known: bool = True) -> Corpus:
    names = [f"genre{g}" for g in range(labels)]
    clips = tuple(
        Clip(f"{name}.{a}.{i}", "", name, f"{name} artist {a}" if known else "", 30.0, "")
        for name in names
        for a in range(artists)
        for i in range(each)
    )
    return Corpus(clips, tuple(names))


@given(st.integers(1, 5), st.integers(2, 8), st.integers(1, 5), st.floats(0.05, 0.5), st.booleans())
def test_it_takes_about_its_share_of_each_label_by_artist_and_leaves_every_label(labels, artists, each, share, known):
    corpus = corpus_of(labels, artists, each, known=known)
    if not known and artists * each < 2:
        return
    held = lockbox(corpus, share)
    rest = corpus.without(held)
    assert rest.classes == corpus.classes
    if known:
        inside = {clip.artist for clip in corpus.clips if clip.id in held}
        assert not inside & {clip.artist for clip in rest.clips}
    count = Counter(clip.split(".")[0] for clip in held)
    largest = each if known else 1
    for label in corpus.classes:
        assert abs(count[label] - share * artists * each) <= max(largest, 1)


def test_it_is_the_same_whatever_the_order_of_clips_and_another_for_another_share():
    corpus = corpus_of(4, 20, 2)
    held = lockbox(corpus, 0.2)
    assert held == lockbox(Corpus(corpus.clips[::-1], corpus.classes), 0.2)
    assert len(held) == 32
    assert lockbox(corpus, 0.1) != held
    assert lockbox(corpus, 0) == frozenset()


def test_a_label_of_one_artist_stays_outside_and_that_is_said(warnings_said):
    whole = corpus_of(2, 10, 2)
    alone = tuple(Clip(f"polka.{i}", "", "polka", "Frankie", 30.0, "") for i in range(4))
    held = lockbox(Corpus((*whole.clips, *alone), ("genre0", "genre1", "polka")), 0.2)
    assert held
    assert not any(clip.startswith("polka") for clip in held)
    assert warnings_said() == ["lockbox: 8 of 44 clips (18%) are in no part of the split; it has none of polka"]


@pytest.mark.parametrize(("labels", "artists"), [(1, 1), (2, 1)])
def test_where_every_label_has_one_artist_there_can_be_none(labels, artists):
    with pytest.raises(DataError, match="set lockbox to 0"):
        lockbox(corpus_of(labels, artists, 3), 0.2)
