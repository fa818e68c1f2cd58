"""Clips, tasks, and the one place where label <-> index is decided."""

import io
from pathlib import Path

import pandas as pd
import pytest

from genrelab import corpus
from genrelab.corpus import Clip, Corpus
from genrelab.errors import DataError


def clip(name: str, label: str) -> Clip:
    return Clip(name, f"clips/{name}.wav", label, "", 30.0, name)


COLUMNS = ",".join(corpus.TABLE_COLUMNS)
SMALL = Corpus((clip("a", "rock"), clip("b", "blues"), clip("c", "jazz")), ("blues", "jazz", "rock"))


def test_targets_follow_the_order_of_classes_and_of_the_ids_asked():
    assert SMALL.targets(["c", "a", "b", "a"]).tolist() == [1, 2, 0, 2]


def test_counts_are_in_class_order():
    assert list(SMALL.counts().items()) == [("blues", 1), ("jazz", 1), ("rock", 1)]


def test_clips_of_one_artist_are_a_group_and_one_whose_artist_is_not_known_is_its_own():
    artists = {"a": "Nina", "b": "", "c": "Nina", "d": "", "e": "b"}
    clips = tuple(Clip(id, id, "rock", artist, 30.0, id) for id, artist in artists.items())
    assert Corpus(clips, ("rock",)).groups(["c", "b", "d", "a", "e"]).tolist() == [0, 1, 2, 0, 3]


def test_a_task_gathers_labels_into_its_classes_in_its_own_order():
    asked = SMALL.under({"Pop": ["rock"], "Eclectic": ["blues", "jazz"], "Absent": ["ska"]}, "style")
    assert asked.classes == ("Pop", "Eclectic")
    assert asked.targets(["a", "b", "c"]).tolist() == [0, 1, 1]


def test_an_empty_task_keeps_the_labels():
    assert SMALL.under({}, "genre") is SMALL


def test_unmapped_labels_are_named():
    with pytest.raises(DataError, match=r"task 'style' .* blues, rock"):
        SMALL.under({"Eclectic": ["jazz"]}, "style")


def test_a_missing_corpus_says_which_command_builds_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="dvc repro dataset@mine"):
        corpus.read("mine")


def write(path, rows, columns=COLUMNS):
    path.parent.mkdir(parents=True)
    path.write_text("\n".join([columns, *rows]) + "\n", encoding="utf-8")


def test_reading_keeps_usable_clips_only_and_takes_names_as_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = ["NA,clips/NA.wav,null,NaN,1.5,00,ok,", "b,b.wav,jazz,,0,11,silent,peak -90 dB"]
    write(tmp_path / "data/mine/clips.csv", rows)
    found = corpus.read("mine")
    assert found.clips == (Clip("NA", "clips/NA.wav", "null", "NaN", 1.5, "00"),)
    assert len(corpus.read_table("mine")) == 2


def test_a_published_division_is_read_kept_under_a_task_and_missing_in_corpora_built_before(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "data/mine/clips.csv", ["000002,a.wav,jazz,,1,00,ok,", "NA,b.wav,pop,,1,11,ok,"])
    assert corpus.read("mine").parts == {}
    table = tmp_path / "data/mine/parts.csv"
    table.write_text("clip,part\n000002,test\nNA,train\n")
    found = corpus.read("mine")
    assert found.parts == {"000002": "test", "NA": "train"}
    assert found.under({"all": ["jazz", "pop"]}, "one").parts == found.parts
    table.write_text("clip,side\n")
    with pytest.raises(DataError, match=r"parts\.csv has the columns clip, side; expected clip, part"):
        corpus.read("mine")


def test_a_corpus_without_a_usable_clip_and_one_with_other_columns_are_errors(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "data/mine/clips.csv", ["b,b.wav,jazz,,0,11,silent,quiet"])
    with pytest.raises(DataError, match="no usable clip"):
        corpus.read("mine")
    write(tmp_path / "data/other/clips.csv", ["1,2"], "id,name")
    with pytest.raises(DataError, match="columns id, name"):
        corpus.read("other")


@pytest.mark.parametrize("text", ["=1+1", "+44", "-5", "@a", "'=x", "''-", "plain", "'quoted", "", "a-b"])
def test_text_that_a_spreadsheet_would_run_is_guarded_and_comes_back(text):
    written = corpus.csv_text(pd.DataFrame({"artist": [text], "db": [-3.5]}))
    assert written.splitlines()[1][:1] not in tuple("=+-@")
    assert written.endswith(",-3.5\n")
    read = corpus.from_csv(pd.read_csv(io.StringIO(written), dtype={"artist": str}, keep_default_na=False))
    assert list(read["artist"]) == [text]


def test_a_class_named_like_a_formula_is_guarded_as_a_column_and_as_a_row_and_comes_back():
    table = pd.DataFrame([[1, 2]], columns=["=a", "b"], index=["@row"])
    written = corpus.csv_text(table, index=True)
    assert written == ",'=a,b\n'@row,1,2\n"
    assert list(corpus.from_csv(pd.read_csv(io.StringIO(written), index_col=0)).columns) == ["=a", "b"]


def test_every_table_is_written_so():
    (one,) = [path for path in Path("src/genrelab").rglob("*.py") if ".to_csv(" in path.read_text(encoding="utf-8")]
    assert one.name == "corpus.py"


def test_a_line_end_in_a_name_breaks_no_table():
    assert corpus.csv_text(pd.DataFrame({"a": ["b\rc"]})) == "a\nb\ufffdc\n"
