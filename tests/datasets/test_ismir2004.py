import shutil

import pytest
from published_corpora import ismir2004
from sounds import tone, write

from genrelab import config, corpus
from genrelab.config import Checks
from genrelab.data.ingest import ingest
from genrelab.datasets import ismir2004 as dataset
from genrelab.errors import ConfigError, DataError


@pytest.fixture
def source(tmp_path):
    return ismir2004(tmp_path / "in/ismir04_genre")


def find(source, **params):
    return dataset.candidates(dataset.Params(source=str(source), **params), source.parent / "w", 1)


def test_songs_have_the_lists_class_the_folders_artist_and_the_published_part(source, caplog):
    found = find(source)
    assert [(c.label, c.artist, c.part) for c in found] == [
        ("rock_pop", "artist_12", "valid"),
        ("metal_punk", "artist_2", "valid"),
        ("electronic", "s07", "test"),
        ("jazz_blues", "emma_s_mini", "test"),
        ("jazz_blues", "emma_s_mini", "train"),
        ("world", "yakshi", "train"),
    ]
    assert found[2].id == "evaluation/electronic/s07/d/05-objazd.mp3"
    assert found[2].origin == "audio/evaluation/electronic/s07/d/05-objazd.mp3"
    assert "2 of 729 songs of training are present and listed" in caplog.text


def test_parts_can_be_chosen(source):
    assert {c.part for c in find(source, parts=("training", "evaluation"))} == {"train", "test"}
    shutil.rmtree(source / "metadata/development")
    find(source, parts=("training",))
    with pytest.raises(DataError, match=r"holds no metadata/development/tracklist\.csv"):
        find(source)
    with pytest.raises(ConfigError, match="parts"):
        config.validate(dataset.Params, {"source": "x", "parts": []}, "corpora.i")


def test_it_is_read_from_an_archive_and_becomes_a_corpus(source, tmp_path, monkeypatch):
    shutil.make_archive(str(tmp_path / "ismir"), "gztar", tmp_path / "in")
    monkeypatch.chdir(tmp_path)
    checks = Checks(min_seconds=0.1, silence_db=-60, max_minutes=1)
    found = find(tmp_path / "ismir.tar.gz")
    ingest(found, corpus.folder("ismir"), workspace=tmp_path / "w", checks=checks, workers=1)
    read = corpus.read("ismir")
    assert read.classes == ("electronic", "jazz_blues", "metal_punk", "rock_pop", "world")
    assert sorted(read.parts.values()) == ["test", "test", "train", "train", "valid", "valid"]


def test_songs_that_no_list_names_are_left_out(source):
    write(source / "audio/training/world/yakshi/yakshi/9-more.mp3", tone(0.3))
    assert len(find(source)) == 6


def test_a_genre_in_place_of_a_class_counts_and_a_head_does_not(source):
    table = source / "metadata/training/tracklist.csv"
    table.write_text(
        f"class,artist,album,track,track number,file path\n{table.read_text().replace('jazz_blues', 'jazz')}"
    )
    assert [c.label for c in find(source, parts=("training",))] == ["jazz_blues", "world"]


@pytest.mark.parametrize("line", ["country,a,b,c,1,x.mp3", "world,a,b,c,1,x", "world"])
def test_another_list_is_one_line(source, line):
    (source / "metadata/training/tracklist.csv").write_text(f"{line}\n")
    with pytest.raises(DataError, match=r"tracklist\.csv, line 1: expected a class of classical"):
        find(source)


def test_nothing_to_find_says_what_was_looked_for(source, tmp_path):
    shutil.rmtree(source / "audio")
    with pytest.raises(DataError, match="holds none of the songs that its lists name"):
        find(source)
    with pytest.raises(DataError, match="does not exist"):
        find(tmp_path / "nowhere")
