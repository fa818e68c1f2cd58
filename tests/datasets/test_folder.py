import os
import shutil
import unicodedata

import pandas as pd
import pytest
from sounds import text, tone, write

from genrelab import config
from genrelab.config import Checks
from genrelab.data.ingest import ingest
from genrelab.datasets import folder
from genrelab.errors import ConfigError, DataError


@pytest.fixture
def music(tmp_path):
    root = tmp_path / "music"
    write(root / "rock/Björk song.mp3")
    write(root / "rock/live/1994/track 1.FLAC", format="FLAC")
    write(root / "jazz/a.wav")
    text(root / "jazz/cover.jpg")
    text(root / "jazz/.hidden.wav")
    text(root / "jazz/._a.wav")
    text(root / ".trash/b.wav")
    return root


def find(root, **params):
    return folder.candidates(folder.Params(source=str(root), **params), root.parent / "w", 1)


def test_a_sub_folder_is_a_class_and_a_path_is_an_id(music):
    found = find(music)
    assert [(c.id, c.label, c.artist) for c in found] == [
        ("jazz/a.wav", "jazz", ""),
        ("rock/Björk song.mp3", "rock", ""),
        ("rock/live/1994/track 1.FLAC", "rock", ""),
    ]
    assert [c.place for c in found] == [f"clips/{c.id}" for c in found]
    assert all(c.path.is_relative_to(music) for c in found)


def test_every_format_is_found(tmp_path):
    for suffix in ("wav", "flac", "ogg", "mp3", "au", "aiff", "aif", "m4a", "opus"):
        text(tmp_path / f"in/x/a.{suffix}")
    assert len(find(tmp_path / "in")) == 9


def test_ids_are_composed_whatever_the_system_writes(tmp_path):
    name = unicodedata.normalize("NFD", "Björk.wav")
    write(tmp_path / "in/röck" / name)
    found = find(tmp_path / "in")
    assert found[0].id == "röck/Björk.wav"
    table = ingest(found, tmp_path / "data", workspace=tmp_path / "w", checks=CHECKS, workers=1)
    assert (tmp_path / "data" / table.at[0, "path"]).exists()
    assert list(folder.fingerprint(folder.Params(source=str(tmp_path / "in")), tmp_path / "c")) == ["röck/Björk.wav"]


CHECKS = Checks(min_seconds=0.5, silence_db=-60, max_minutes=1)


@pytest.mark.parametrize("names", [("\u00f6.wav", "o\u0308.wav"), ("a\r.wav", "a\n.wav", "a\x1b.wav")], ids=ascii)
def test_files_whose_names_become_one_are_told_apart(tmp_path, names):
    for i, name in enumerate(names):
        write(tmp_path / "in/x" / name, tone(hz=300 + 100 * i))
    if len(list((tmp_path / "in/x").iterdir())) < len(names):
        pytest.skip("this file system composes names itself")
    made_of = folder.fingerprint(folder.Params(source=str(tmp_path / "in")), tmp_path / "c")
    assert len(made_of) == len(names), "a change of each is noticed"
    for place in ("data", "elsewhere"):
        shutil.copytree(tmp_path / "in", tmp_path / place / "in")
        found = find(tmp_path / place / "in")
        ingest(found, tmp_path / place, workspace=tmp_path / "w", checks=CHECKS, workers=1)
    table = pd.read_csv(tmp_path / "data/clips.csv")
    assert (table["status"] == "ok").all()
    assert table["id"].nunique() == len(names)
    assert sum("~" not in name for name in table["id"]) == 1
    assert (tmp_path / "data/clips.csv").read_bytes() == (tmp_path / "elsewhere/clips.csv").read_bytes()


def test_a_name_that_becomes_too_long_costs_its_clip_alone(tmp_path):
    write(tmp_path / "in/x/good.wav")
    write(tmp_path / "in/x" / f"{chr(7) * 150}.wav", tone(hz=300))  # each becomes a character of three bytes
    table = ingest(find(tmp_path / "in"), tmp_path / "data", workspace=tmp_path / "w", checks=CHECKS, workers=1)
    assert sorted(table["reason"]) == ["", "its name is too long; rename it"]


def test_names_that_are_no_unicode(tmp_path):
    (tmp_path / "in/x").mkdir(parents=True)
    write(tmp_path / "in/x/a.wav")
    try:
        (tmp_path / "in/x/a.wav").rename(os.fsdecode(os.fsencode(tmp_path / "in/x") + b"/caf\xe9.wav"))
    except OSError:
        pytest.skip("this file system has Unicode names only")
    table = ingest(find(tmp_path / "in"), tmp_path / "data", workspace=tmp_path / "w", checks=CHECKS, workers=1)
    assert dict(table.iloc[0][["id", "status"]]) == {"id": "x/caf\ufffd.wav", "status": "ok"}
    assert (tmp_path / "data/clips/x/caf\ufffd.wav").exists()


def test_sounds_in_no_class_are_named_and_left_out(music, caplog):
    for i in range(7):
        write(music / f"loose {i}.wav", tone(0.1))
    assert len(find(music)) == 3
    assert caplog.text.count("\n") == 1
    assert "loose 0.wav, loose 1.wav, loose 2.wav, loose 3.wav, loose 4.wav and 2 more are in no" in caplog.text
    assert "loose 0.wav" not in folder.fingerprint(folder.Params(source=str(music)), music.parent / "c")


def test_nothing_but_loose_sounds_is_an_error(tmp_path):
    write(tmp_path / "in/a.wav")
    with pytest.raises(DataError, match=r"holds no sound file in a sub-folder named after its class; a\.wav is in no"):
        find(tmp_path / "in")


def test_no_sound_at_all_is_an_error(tmp_path):
    text(tmp_path / "in/x/readme.txt")
    with pytest.raises(DataError, match=r"holds no sound file in a sub-folder named after its class$"):
        find(tmp_path / "in")


def test_a_file_is_no_folder(tmp_path):
    write(tmp_path / "a.zip.wav")
    for call in (folder.fingerprint, lambda params, path: folder.candidates(params, path, 1)):
        with pytest.raises(DataError, match="is not a folder"):
            call(folder.Params(source=str(tmp_path / "a.zip.wav")), tmp_path / "c")


def test_a_source_must_be_given():
    with pytest.raises(ConfigError, match=r"corpora\.mine\.source"):
        config.validate(folder.Params, {}, "corpora.mine")


def test_links_are_followed_but_not_in_circles(music, tmp_path):
    write(tmp_path / "elsewhere/b.wav", tone(hz=300))
    (music / "pop").symlink_to(tmp_path / "elsewhere")
    (music / "jazz/c.wav").symlink_to(tmp_path / "elsewhere/b.wav")
    (music / "jazz/round").symlink_to(music)
    (music / "jazz/broken.wav").symlink_to("nowhere")
    found = find(music)
    assert [c.id for c in found if c.label in ("jazz", "pop")] == [
        "jazz/a.wav",
        "jazz/broken.wav",
        "jazz/c.wav",
        "pop/b.wav",
    ]
    table = ingest(found, tmp_path / "data", workspace=tmp_path / "w", checks=CHECKS, workers=1).set_index("id")
    assert table.at["jazz/broken.wav", "status"] == "unreadable"
    assert table.at["pop/b.wav", "status"] == "duplicate"
    placed = tmp_path / "data/clips/jazz/c.wav"
    assert placed.exists()
    assert not placed.is_symlink()
    assert "unreadable" in folder.fingerprint(folder.Params(source=str(music)), tmp_path / "c")["jazz/broken.wav"]


def test_a_manifest_gives_labels_and_artists(music, tmp_path):
    (tmp_path / "m.csv").write_text(
        "\ufeffpath,year,label,artist\n"
        "rock\\Bjo\u0308rk song.mp3,1995,pop,Björk\n"
        "./jazz/a.wav,,,Miles\n"
        "not there.wav,,x,y\n"
    )
    found = {c.id: c for c in find(music, manifest=str(tmp_path / "m.csv"))}
    assert (found["rock/Björk song.mp3"].label, found["rock/Björk song.mp3"].artist) == ("pop", "Björk")
    assert (found["jazz/a.wav"].label, found["jazz/a.wav"].artist) == ("jazz", "Miles")
    assert found["rock/live/1994/track 1.FLAC"].label == "rock"
    assert found["rock/Björk song.mp3"].place == "clips/rock/Björk song.mp3"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("file,artist\na,b\n", "has the columns file, artist; expected one of clip, id, path"),
        ("clip,year\na,1999\n", "has the columns clip, year; expected"),
        ("clip,artist\njazz/a.wav,x\n./jazz/a.wav,y\n", "names the clip 'jazz/a.wav' twice"),
        ("clip,artist\na.wav,x\n", "matches no clip; its column 'clip' should hold 'jazz/a.wav'"),
        ("", "is not a CSV table"),
        ('clip,artist\na,b,c,d\n"', "is not a CSV table"),
        (b"clip,artist\n\xff\xfe,x\n", "is not a CSV table"),
    ],
)
def test_a_manifest_that_is_none_is_one_line(music, tmp_path, content, message):
    (tmp_path / "m.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=message) as caught:
        find(music, manifest=str(tmp_path / "m.csv"))
    assert "\n" not in str(caught.value)


def test_a_manifest_that_is_not_there(music):
    with pytest.raises(DataError, match=r"the manifest nowhere\.csv does not exist"):
        find(music, manifest="nowhere.csv")
    with pytest.raises(DataError, match=r"the manifest nowhere\.csv does not exist"):
        folder.fingerprint(folder.Params(source=str(music), manifest="nowhere.csv"), music.parent / "c")


def test_the_fingerprint_follows_what_is_added_removed_and_renamed(music, tmp_path):
    def names():
        return set(folder.fingerprint(folder.Params(source=str(music)), tmp_path / "c.json"))

    assert names() == {"jazz/a.wav", "rock/Björk song.mp3", "rock/live/1994/track 1.FLAC"}
    write(music / "jazz/b.wav")
    (music / "rock/Björk song.mp3").rename(music / "jazz/c.mp3")
    text(music / "jazz/notes.txt")
    assert names() == {"jazz/a.wav", "jazz/b.wav", "jazz/c.mp3", "rock/live/1994/track 1.FLAC"}


def test_formats_that_are_not_decoded_are_counted(music, caplog):
    text(music / "rock/a.wma")
    text(music / "jazz/b.AAC")
    assert len(find(music)) == 3
    assert "jazz/b.AAC, rock/a.wma are in an unsupported format; left out" in caplog.text


def test_a_class_that_would_vanish_is_an_error(music):
    text(music / "blues/a.wma")
    text(music / "blues/b.wma")
    with pytest.raises(DataError, match=r"class 'blues' holds 2 sound files in an unsupported format \(\.wma\)"):
        find(music)


def test_a_name_with_a_line_end_loses_no_clip(tmp_path):
    for name in ("one\rtwo.wav", "three\nfour.wav", "five.wav"):
        write(tmp_path / "in/rock" / name, tone(2.0, hz=200 + 100 * len(name)))
    clips = find(tmp_path / "in")
    assert [c.id for c in clips] == ["rock/five.wav", "rock/one\ufffdtwo.wav", "rock/three\ufffdfour.wav"]
    checks = Checks(min_seconds=1, silence_db=-60, max_minutes=1)
    ingest(clips, tmp_path / "data", workspace=tmp_path / "work", checks=checks, workers=1)
    assert len(pd.read_csv(tmp_path / "data/clips.csv")) == 3


def test_a_pipe_is_listed_and_waited_for_by_nobody(tmp_path):
    write(tmp_path / "in/rock/a.wav")
    os.mkfifo(tmp_path / "in/rock/b.wav")
    params = folder.Params(source=str(tmp_path / "in"))
    made_of = folder.fingerprint(params, tmp_path / "cache.json")
    assert "not a regular file" in made_of["rock/b.wav"]
    checks = Checks(min_seconds=1, silence_db=-60, max_minutes=1)
    table = ingest(find(tmp_path / "in"), tmp_path / "data", workspace=tmp_path / "work", checks=checks, workers=1)
    assert list(table["status"]) == ["ok", "unreadable"]
    assert "is not a regular file" in table["reason"][1]
