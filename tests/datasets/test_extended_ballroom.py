import shutil

import pytest
from published_corpora import SONGS, extended_ballroom
from sounds import tone, write

from genrelab import config, corpus
from genrelab.config import Checks
from genrelab.data.ingest import ingest
from genrelab.datasets import extended_ballroom as dataset
from genrelab.errors import ConfigError, DataError


@pytest.fixture
def source(tmp_path):
    return extended_ballroom(tmp_path / "in/ballroom")


def find(source, **params):
    return dataset.candidates(dataset.Params(source=str(source), **params), source.parent / "w", 1)


def test_sounds_have_class_and_artist_and_repeats_are_left_out(source, caplog):
    found = find(source)
    assert [(c.id, c.label, c.artist, c.origin) for c in found] == [
        ("100601", "Waltz", "Herberman", "Waltz/100601.mp3"),
        ("100602", "Waltz", "", "Waltz/100602.mp3"),
        ("100603", "Waltz", "Sherman", "Waltz/100603.mp3"),
        ("100604", "Waltz", "Sherman", "Waltz/100604.mp3"),
        ("105816", "Jive", "Blue Suit Daddies", "Jive/105816.mp3"),
    ]
    assert [record.getMessage() for record in caplog.records] == ["3 of 8 sounds are repeats of another one; left out"]


@pytest.mark.parametrize(
    ("kinds", "left_out"),
    [
        ((), ""),
        (("time",), "100606"),
        (("exact", "karaoke"), "100605 105820"),
        (("version", "time"), "100604 100606"),  # the last by way of the one between
    ],
)
def test_repeats_are_left_out_by_kind(source, kinds, left_out):
    kept = [c.id for c in find(source, leave_out=kinds)]
    assert {id for id, *_ in SONGS} - {*kept} == {*left_out.split()}
    assert kept == sorted(kept)


def test_of_repeats_the_first_that_is_there_stays(source, caplog):
    (source / "Waltz/100602.mp3").unlink()
    assert "100605" in [c.id for c in find(source)]
    assert "lacks 1 of 8 sounds" in caplog.text


def test_it_is_read_from_an_archive_and_becomes_a_corpus(source, tmp_path, monkeypatch):
    shutil.make_archive(str(tmp_path / "ballroom"), "zip", tmp_path / "in")
    monkeypatch.chdir(tmp_path)
    found = find(tmp_path / "ballroom.zip")
    assert found == sorted(found, key=lambda c: c.id)
    assert len(found) == 5
    checks = Checks(min_seconds=0.1, silence_db=-60, max_minutes=1)
    ingest(found, corpus.folder("xb"), workspace=tmp_path / "w", checks=checks, workers=1)
    assert corpus.read("xb").classes == ("Jive", "Waltz")


def test_sounds_that_are_not_the_published_ones_are_named(source, caplog):
    write(source / "Waltz/100603.mp3", tone(0.3, hz=900))
    find(source)
    assert "1 sounds differ in their MD5 from the published ones, such as 100603" in caplog.text


def test_converted_sounds_have_no_md5_to_compare(tmp_path, caplog):
    assert len(find(extended_ballroom(tmp_path / "x", suffix=".wav"))) == 5
    assert "MD5" not in caplog.text


def test_what_is_missing_is_one_line(source, tmp_path):
    with pytest.raises(DataError, match="nowhere does not exist"):
        find(tmp_path / "nowhere")
    for genre in ("Waltz", "Jive"):
        shutil.rmtree(source / genre)
    with pytest.raises(DataError, match=r"none of the 8 sounds .* such as Waltz/100601\.mp3"):
        find(source)
    (source / "extendedballroom_v1.1.xml").unlink()
    with pytest.raises(DataError, match=r"holds no extendedballroom_v1\.1\.xml"):
        find(source)


@pytest.mark.parametrize("content", ["", "<ballroom><Waltz><song/></Waltz></ballroom>", "no xml"])
def test_another_table_is_one_line(source, content):
    (source / "extendedballroom_v1.1.xml").write_text(content)
    with pytest.raises(DataError, match="is not Extended Ballroom's XML file") as caught:
        find(source)
    assert "\n" not in str(caught.value)


def test_a_kind_of_repeat_that_does_not_exist():
    with pytest.raises(ConfigError, match="leave_out"):
        config.validate(dataset.Params, {"source": "x", "leave_out": ["covers"]}, "corpora.xb")
