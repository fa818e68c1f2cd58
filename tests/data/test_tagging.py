"""Which tags a task of several labels has, and which clips have them."""

import numpy as np
import pandas as pd
import pytest

from genrelab import corpus
from genrelab.config import MultiLabel
from genrelab.corpus import Clip, Corpus
from genrelab.data import tagging
from genrelab.errors import DataError

CLIPS = [f"c{i}" for i in range(8)]
OWN = Corpus(tuple(Clip(id, "", "ab"[i % 2], f"artist {i % 3}", 1.0, "") for i, id in enumerate(CLIPS)), ("a", "b"))
TAGS = {
    **{f"c{i}": "calm;guitar" for i in range(3)},
    "c3": "calm",
    "c4": " guitar ; loud",
    "c5": "loud;rare",
    "c6": "",
}  # c7 is not named


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pd.DataFrame({"clip": TAGS.keys(), "tags": TAGS.values()}).to_csv("mood.csv", index=False)


def under(**settings):
    task = MultiLabel(**{"kind": "multilabel", "source": "mood.csv", "min_clips": 2, **settings})
    return tagging.tagged(OWN, "mine", task, "mood")


@pytest.mark.usefixtures("table")
def test_tags_of_a_users_table(capsys):
    found = under()
    assert found.multilabel
    assert found.classes == ("calm", "guitar", "loud")
    assert found.ids == ("c0", "c1", "c2", "c3", "c4", "c5")
    assert found.counts() == {"calm": 4, "guitar": 4, "loud": 2}
    np.testing.assert_array_equal(found.targets(["c5", "c0"]), [[0, 0, 1], [1, 1, 0]])
    assert found.truths()["c4"] == "guitar; loud"
    assert [clip.label for clip in found.clips] == ["a", "b"] * 3
    assert capsys.readouterr().out.splitlines() == [
        "task mood: tags with fewer than 2 clips are left out: rare 1",
        "task mood: 2 of 8 clips have none of its 3 tags; left out",
    ]


@pytest.mark.usefixtures("table")
def test_clips_of_which_no_tag_is_known_may_stay():
    found = under(untagged="keep")
    assert found.ids == OWN.ids
    assert found.targets(["c6", "c7"]).sum() == 0
    assert found.without({"c0"}).classes == found.classes


@pytest.mark.usefixtures("table")
def test_a_tag_may_gather_others_and_only_the_most_frequent_may_be_asked_for():
    found = under(tags={"soft": ["calm", "guitar"], "hard": ["loud", "rare"]})
    assert found.classes == ("soft", "hard")
    assert found.counts() == {"soft": 5, "hard": 2}
    assert under(top=2).classes == ("calm", "guitar")


@pytest.mark.usefixtures("table")
def test_a_models_tags_are_taken_as_they_are():
    task = MultiLabel(kind="multilabel", source="mood.csv", min_clips=100)
    assert tagging.tagged(OWN, "mine", task, "mood", ["loud", "calm"]).classes == ("loud", "calm")


@pytest.mark.usefixtures("table")
def test_several_rows_of_a_clip_add_up(tmp_path):
    (tmp_path / "mood.csv").write_text("id,tags\nc0,calm\nc0,loud\nc1,calm; loud\n")
    assert under().counts() == {"calm": 2, "loud": 2}


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tags": {"x": ["calmm"]}}, "no clip of 'mine' has the tag 'calmm'; did you mean 'calm'"),
        (
            {"min_clips": 4, "tags": {"calm": ["calm"], "loud": ["loud"]}},
            "has 1 tags with at least 4 clips .*calm 4, loud",
        ),
        ({"source": "none.csv"}, "the table of tags none.csv does not exist"),
        ({"source": ""}, "corpus 'mine' has no tags"),
    ],
)
def test_what_does_not_fit_is_one_line(settings, message):
    with pytest.raises(DataError, match=message) as caught:
        under(**settings)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("clip,mood\nc0,calm\n", "has the columns clip, mood; expected one of clip, id, path, and tags"),
        ("clip,tags\nother.wav,calm\n", "matches none of the clips of 'mine'; .* such as 'c0'"),
    ],
)
def test_a_table_that_is_none_is_one_line(tmp_path, text, message):
    (tmp_path / "mood.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        under()


def test_tags_that_a_corpus_came_with(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert corpus.read_tags("mine") == {}
    (tmp_path / "data/mine").mkdir(parents=True)
    (tmp_path / "data/mine/tags.csv").write_text("clip,tag\nc0,calm\nc0,loud\nc1,calm\nc2,loud\n")
    assert under(source="").counts() == {"calm": 2, "loud": 2}
