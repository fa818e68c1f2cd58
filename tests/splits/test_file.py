"""Divisions from a user's file."""

import pytest
from corpora import corpus

from genrelab.corpus import Fold
from genrelab.errors import ConfigError, DataError
from genrelab.splits import file

CORPUS = corpus([(f"{i}", "rock" if i % 2 else "jazz", "") for i in range(6)])


def folds(path, *rows):
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file.folds(CORPUS, file.Params(path=str(path)))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mine.csv"


def test_parts_as_they_stand(path, warnings_said):
    found = folds(
        path, "clip,artist,part", "0,x,train", "1,x,Train", "2,y,validation", "3,,valid", "4,, test ", "5,,test"
    )
    assert found == [Fold(("0", "1"), ("2", "3"), ("4", "5"))]
    assert warnings_said() == []


def test_clips_may_be_named_by_their_paths(path):
    rows = ["clips/jazz/0.wav,train", "./clips/rock/1.wav,train", "clips\\jazz\\2.wav,valid", "3,test"]
    assert folds(path, "path,part", *rows) == [Fold(("0", "1"), ("2",), ("3",))]


def test_folds_come_in_the_order_of_their_numbers(path):
    rows = [
        f"{clip},{fold},{part}" for fold in (10, 2) for clip, part in enumerate(["train", "train", "valid", "test"])
    ]
    rows[0] = "0,10,test"
    first, second = folds(path, "id,fold,part", *rows)
    assert first == Fold(("0", "1"), ("2",), ("3",))
    assert second == Fold(("1",), ("2",), ("0", "3"))


def test_what_is_left_out_is_said(path, warnings_said):
    folds(path, "clip,part", "0,train", "1,train", "2,valid", "3,test", "8,test", "9,train")
    assert warnings_said() == [
        f"split file: 2 rows of {path} name no clip of this corpus: 8, 9",
        f"split file: 2 of 6 clips are not in {path}; they are left out",
    ]


def test_labels_without_a_train_clip_are_named(path, warnings_said):
    folds(path, "clip,part", "0,train", "2,train", "4,valid", "1,valid", "3,test", "5,test")
    assert warnings_said() == ["split file: train has no clip of rock; no model can learn them here"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["clip,part", "0,train", "1,dev"], "line 3: the part 'dev' is not one of train, valid, test"),
        (["clip,part", "0,train", "1"], "line 3: the part '' is not one of"),
        (["clip,part", "0,train", "1,valid", "clips/jazz/0.wav,test"], "line 4: the clip '0' appears twice"),
        (["clip,fold,part", "0,1.5,train"], "line 2: the fold '1.5' is not a whole number"),
        (["clip,part", "0,train", "1,test"], "no clip for valid in .*mine.csv"),
        (["clip,fold,part", *(f"{i},1,{p}" for i, p in enumerate(["train", "valid", "test"])), "0,2,test"], "fold 2"),
        (["clip,part", "8,train"], "matches none of the corpus's clips; its column 'clip' should hold '0'"),
        (["clip,side", "0,train"], "has the columns clip, side; expected one of clip, id, path, and part"),
        ([""], "is not a CSV table"),
    ],
)
def test_a_wrong_file_is_one_line(path, rows, message):
    with pytest.raises(DataError, match=message) as caught:
        folds(path, *rows)
    assert "\n" not in str(caught.value)


def test_the_path_is_asked_for_where_the_split_is_used():
    with pytest.raises(ConfigError, match=r"split file needs splits\.file\.path"):
        file.folds(CORPUS, file.Params())
    with pytest.raises(DataError, match=r"nowhere\.csv does not exist"):
        file.folds(CORPUS, file.Params(path="nowhere.csv"))
