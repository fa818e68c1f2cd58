"""MagnaTagATune, of a few clips made of tones."""

import pytest
from published_corpora import magnatagatune

from genrelab import corpus
from genrelab.config import Checks
from genrelab.data.ingest import ingest
from genrelab.datasets import magnatagatune as dataset
from genrelab.errors import DataError


def find(source, tmp_path):
    return dataset.candidates(dataset.Params(source=str(source)), tmp_path / "w", 1)


def test_clips_have_their_tags_artist_and_the_usual_part(tmp_path, caplog):
    found = find(magnatagatune(tmp_path / "mtt"), tmp_path)
    assert [(c.id, c.label, c.artist, c.part, c.tags) for c in found] == [
        ("0/bach-suite-1-0-29.mp3", "music", "Bach Soloists", "train", ("no voice", "classical")),
        ("b/bach-suite-1-29-58.mp3", "music", "Bach Soloists", "train", ("classical",)),
        ("c/mink-riff-2-0-29.mp3", "music", "Mink", "valid", ("loud",)),
        ("f/zeb-hum-3-0-29.mp3", "music", "", "test", ()),
    ]
    assert [record.getMessage() for record in caplog.records] == [f"{tmp_path / 'mtt'} lacks the sound of 1 of 5 clips"]


def test_it_becomes_a_corpus_with_its_tags_beside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    checks = Checks(min_seconds=0.1, silence_db=-60, max_minutes=1)
    found = find(magnatagatune(tmp_path / "mtt"), tmp_path)
    ingest(found, corpus.folder("mtt"), workspace=tmp_path / "w", checks=checks, workers=1)
    assert corpus.read("mtt").parts["c/mink-riff-2-0-29.mp3"] == "valid"
    assert corpus.read_tags("mtt") == {
        "0/bach-suite-1-0-29.mp3": {"classical", "no voice"},
        "b/bach-suite-1-29-58.mp3": {"classical"},
        "c/mink-riff-2-0-29.mp3": {"loud"},
    }


def test_what_is_missing_is_one_line(tmp_path):
    source = magnatagatune(tmp_path / "mtt")
    for path in source.rglob("*.mp3"):
        path.unlink()
    with pytest.raises(DataError, match="holds none of the 5 clips of MagnaTagATune"):
        find(source, tmp_path)
    (source / "annotations_final.csv").write_text("clip_id\ttags\n1\ta\n")
    with pytest.raises(DataError, match="it has no column mp3_path"):
        find(source, tmp_path)
    (source / "annotations_final.csv").unlink()
    with pytest.raises(DataError, match=r"holds no annotations_final\.csv"):
        find(source, tmp_path)


def test_a_line_of_other_columns_is_named(tmp_path):
    source = magnatagatune(tmp_path / "mtt")
    with (source / "annotations_final.csv").open("a") as stream:
        stream.write("9\t1\n")
    with pytest.raises(DataError, match=r"annotations_final\.csv, line 7"):
        find(source, tmp_path)
