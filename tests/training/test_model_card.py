"""The model card: the result first, and what it rests on."""

import pytest

from genrelab.corpus import Clip, Corpus, Fold
from genrelab.tracking.ledger import Ledger
from genrelab.training import model_card
from genrelab.training.model_card import Card

NEW = Ledger(0, 0, 0)
TAGS = {"model": "cnn", "dataset": "mine", "task": "genre", "split": "random", "feature": "mel", "settings": "epochs 3"}


def card(artists: dict[str, str], before: Ledger = NEW) -> str:
    clips = tuple(Clip(clip, clip, "a", artist, 30.0, clip) for clip, artist in artists.items())
    fold = Fold(("t",), ("v",), ("x", "y"))
    facts = Card(
        "mine-genre",
        "test: 50% right.",
        TAGS,
        ["a", "b"],
        Corpus(clips, ("a",)),
        fold,
        "abcdefgh1",
        30.6,
        before,
    )
    return model_card.render(facts)


def test_it_begins_with_the_result():
    text = card({"t": "", "v": "", "x": "", "y": ""})
    assert text.startswith("test: 50% right.\n")
    assert "models:/mine-genre@champion" in text
    assert "version abcdefgh, task genre" in text


def test_a_paragraph_is_a_line():
    """MLflow's page breaks a line where the text does."""
    outside_code = card({"t": "", "v": "", "x": "", "y": ""}).split("```")[::2]
    paragraphs = [part for text in outside_code for part in text.split("\n\n")]
    for paragraph in paragraphs:
        lines = [line for line in paragraph.strip().split("\n") if not line.startswith(("#", "-"))]
        assert len(lines) <= 1, paragraph


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        ("", "", "No artist is known"),
        ("Nina", "Otis", "50% of the test clips share their artist with train"),
        ("Otis", "", "None of the 1 test clips"),
    ],
)
def test_it_says_how_many_test_clips_have_their_artist_in_train(x, y, said):
    assert said in card({"t": "Nina", "v": "", "x": x, "y": y})


def test_it_says_how_often_test_was_scored_before():
    artists = {"t": "", "v": "", "x": "", "y": ""}
    assert "the first time" in card(artists)
    said = "Test part scored 7 times before, with 1 comparison made on it: the best of many looks better than it is."
    assert said in card(artists, Ledger(7, 1, 0))
