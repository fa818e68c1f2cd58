import hashlib
import os
import shutil
import tarfile
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sounds import text, tone, write

from genrelab import config
from genrelab.config import Checks
from genrelab.data import checksums
from genrelab.data.ingest import composed_folder, ingest
from genrelab.datasets import gtzan
from genrelab.errors import ConfigError, DataError

LAYOUTS = {
    "original": "genres/{genre}/{genre}.{n:05d}.au",
    "wav": "genres/{genre}/{genre}.{n:05d}.wav",
    "flac": "genres/{genre}/{genre}.{n:05d}.flac",
    "kaggle": "Data/genres_original/{genre}/{genre}.{n:05d}.wav",
    "deep": "a/b c/gtzan-main/genres/{genre}/{genre}.{n:05d}.wav",
    "flat": "{genre}.{n:05d}.au",
}


def lay(folder, layout="original", genres=("blues", "jazz"), numbers=(0, 1)):
    """Write some of GTZAN below `folder`, each clip a tone of its own."""
    for g, genre in enumerate(genres):
        for n in numbers:
            write(folder / LAYOUTS[layout].format(genre=genre, n=n), tone(1.0, hz=200 + 100 * g + n))
    return folder


def find(workspace, **params):
    return gtzan.candidates(gtzan.Params(**params), workspace, 1)


@pytest.fixture
def archives(tmp_path):
    """The same four clips as a folder, a zip and a tar.gz, with the clutter of macOS and Kaggle."""
    folder = lay(tmp_path / "gtzan", "kaggle")
    text(folder / "Data/genres_original/blues/._blues.00000.wav")
    text(folder / "__MACOSX/Data/genres_original/blues/._blues.00000.wav")
    text(folder / "Data/features_30_sec.csv")
    text(folder / "Data/images_original/blues/blues00000.png")
    shutil.make_archive(tmp_path / "gtzan", "zip", folder)
    shutil.make_archive(tmp_path / "gtzan", "gztar", folder)
    (tmp_path / "gtzan.tgz").write_bytes((tmp_path / "gtzan.tar.gz").read_bytes())
    return tmp_path


IDS = ["blues.00000", "blues.00001", "jazz.00000", "jazz.00001"]


def test_its_facts():
    assert len(gtzan.GENRES) == 10
    assert list(gtzan.GENRES) == sorted(gtzan.GENRES)
    assert gtzan.Params().clips == 1000
    assert gtzan.SAMPLE_RATE == 22_050
    assert gtzan.LONGEST_CLIP == 675_808
    assert 1 + gtzan.LONGEST_CLIP // 1024 == 660  # the width of the thesis's spectrograms, its hop being 1024
    assert (
        gtzan.Params().origin.where == "https://huggingface.co/datasets/marsyas/gtzan/resolve/main/data/genres.tar.gz"
    )
    assert gtzan.Params().origin.md5 == "5b3d6dddb579ab49814ab86dba69e7c7"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_ids(tmp_path, layout):
    lay(tmp_path / "in", layout)
    found = find(tmp_path / "w", source=str(tmp_path / "in"))
    assert [c.id for c in found] == IDS
    assert [c.label for c in found] == ["blues", "blues", "jazz", "jazz"]
    assert found[0].origin == LAYOUTS[layout].format(genre="blues", n=0)
    assert found[0].path == tmp_path / "in" / found[0].origin  # where it lies, not a copy


@pytest.mark.parametrize("name", ["gtzan", "gtzan.zip", "gtzan.tar.gz", "gtzan.tgz"])
def test_folder_and_archives_give_the_same(archives, name):
    found = find(archives / "w", source=str(archives / name))
    assert [c.id for c in found] == IDS
    assert {c.path.name for c in found} == {f"{id}.wav" for id in IDS}
    if name != "gtzan":
        assert all(c.path.is_relative_to(composed_folder(archives / "w")) for c in found)
        assert len([p for p in (archives / "w").rglob("*") if p.is_file()]) == 4


def test_an_archive_is_unpacked_once_and_again_when_it_changes(archives):
    source = str(archives / "gtzan.zip")
    first = find(archives / "w", source=source)
    inode = first[0].path.stat().st_ino
    assert find(archives / "w", source=source)[0].path.stat().st_ino == inode
    with zipfile.ZipFile(archives / "gtzan.zip", "a") as file:
        file.write(first[0].path, "rock.00000.wav")
    assert len(find(archives / "w", source=source)) == 5


def test_a_url_is_downloaded_verified_and_unpacked(archives):
    handler = partial(SimpleHTTPRequestHandler, directory=archives)
    handler.log_message = lambda *_: None
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/gtzan.tar.gz"
        md5 = hashlib.md5((archives / "gtzan.tar.gz").read_bytes()).hexdigest()
        assert [c.id for c in find(archives / "w", source=url, md5=md5)] == IDS
        with pytest.raises(DataError, match=f"its md5 is {md5}"):
            find(archives / "w", source=url, md5="0" * 32)
        server.shutdown()
    assert [c.id for c in find(archives / "w", source=url, md5=md5)] == IDS  # the server is gone
    shutil.rmtree(composed_folder(archives / "w"))
    assert [c.id for c in find(archives / "w", source=url, md5=md5)] == IDS  # so is what was unpacked


def test_suffixes_and_names_may_be_capital(tmp_path):
    write(tmp_path / "in/Blues.00000.WAV", format="WAV")
    assert [(c.id, c.place) for c in find(tmp_path, source=str(tmp_path / "in"))] == [
        ("blues.00000", "clips/blues/blues.00000.WAV")
    ]


def test_of_a_clip_in_two_formats_the_original_is_taken(tmp_path, caplog):
    lay(tmp_path / "in", "kaggle")
    lay(tmp_path / "in", "original", numbers=[0])
    found = find(tmp_path, source=str(tmp_path / "in"))
    assert [c.path.suffix for c in found] == [".au", ".wav", ".au", ".wav"]
    assert "holds 2 clips more than once; order of preference: .au, .flac, .wav" in caplog.text


def test_what_is_not_there_is_said_in_a_line(tmp_path, caplog):
    find(tmp_path, source=str(lay(tmp_path / "in")))
    assert [r.getMessage() for r in caplog.records] == [f"{tmp_path / 'in'} holds 4 of 1000 clips"]


def test_other_files_are_no_clips(tmp_path):
    folder = lay(tmp_path / "in")
    for name in (
        "blues/blues.00100.au",
        "blues/blues.0000.au",
        "polka/polka.00000.au",
        "x/xblues.00000.au",
        "blues.00002",
    ):
        text(folder / name)
    assert len(find(tmp_path, source=str(folder))) == 4


def test_a_source_without_clips_says_what_was_looked_for(tmp_path):
    text(tmp_path / "in/readme.txt")
    with pytest.raises(
        DataError, match=r"holds no GTZAN clip; looked .* genres/blues/blues.00000.au \(or .flac, .wav\)"
    ):
        find(tmp_path, source=str(tmp_path / "in"))


def test_a_source_that_is_not_there(tmp_path):
    params = gtzan.Params(source="nowhere/gtzan")
    for call in (lambda: gtzan.candidates(params, tmp_path, 1), lambda: gtzan.fingerprint(params, tmp_path / "c")):
        with pytest.raises(DataError, match="the source nowhere/gtzan does not exist"):
            call()


def test_the_broken_clip_of_a_mirror_goes_and_the_original_stays(tmp_path):
    checks = Checks(min_seconds=0.5, silence_db=-60, max_minutes=1)
    for layout, status in (("kaggle", "unreadable"), ("original", "ok")):
        folder = lay(tmp_path / layout, layout, genres=["jazz"], numbers=[53, 54])
        if layout == "kaggle":
            text(folder / LAYOUTS[layout].format(genre="jazz", n=54))
        found = find(tmp_path, source=str(folder))
        table = ingest(found, tmp_path / "data", workspace=tmp_path / "w", checks=checks, workers=1)
        assert list(table["status"]) == ["ok", status]
    assert list(table["path"]) == ["clips/jazz/jazz.00053.au", "clips/jazz/jazz.00054.au"]


def test_relative_sources_and_home(tmp_path, monkeypatch):
    lay(tmp_path / "music")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find(Path("w"), source="music") == find(Path("w"), source="~/music")


def test_artists_are_those_of_the_index(tmp_path):
    found = find(tmp_path, source=str(lay(tmp_path / "in", numbers=[0, 12])))
    assert [c.artist for c in found] == ["John Lee Hooker", "Robert Johnson", "Leonard Bernstein", "Joe Lovano"]


def test_a_manifest_goes_before_the_index(tmp_path):
    lay(tmp_path / "in")
    manifest = tmp_path / "facts.csv"
    manifest.write_text("clip,genre,artist\nblues.00000,blues,J. L. Hooker\nrock.00000,rock,Queen\njazz.00001,jazz,\n")
    found = find(tmp_path, source=str(tmp_path / "in"), manifest=str(manifest))
    assert [c.artist for c in found] == ["J. L. Hooker", "John Lee Hooker", "Leonard Bernstein", "Leonard Bernstein"]
    assert [c.label for c in found] == ["blues", "blues", "jazz", "jazz"]


@pytest.mark.parametrize("name", ["blues.00000", "blues.00000.wav", "Data/genres_original/blues/Blues.00000.wav"])
def test_a_manifest_may_name_clips_by_file(tmp_path, name):
    (tmp_path / "m.csv").write_text(f"path,artist\n{name},B. B. King\n")
    found = find(tmp_path, source=str(lay(tmp_path / "in")), manifest=str(tmp_path / "m.csv"))
    assert found[0].artist == "B. B. King"


# The code that reads a source, and the facts, are a part of what a corpus is made of.
CODE = {
    f"datasets/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
    for path in (Path(gtzan.__file__), Path(gtzan.__file__).with_name("_gtzan_facts.py"))
}


class TestFingerprint:
    def test_of_a_url_needs_no_network(self, tmp_path):
        assert gtzan.fingerprint(gtzan.Params(), tmp_path / "c") == {"url": gtzan.URL, "md5": gtzan.MD5} | CODE
        other = gtzan.Params(source="http://127.0.0.1:9/x.zip")
        assert gtzan.fingerprint(other, tmp_path / "c") == {"url": "http://127.0.0.1:9/x.zip", "md5": ""} | CODE

    def test_of_an_archive_is_its_digest(self, archives):
        path = archives / "gtzan.zip"
        found = gtzan.fingerprint(gtzan.Params(source=str(path)), archives / "c.json")
        assert found == {"gtzan.zip": hashlib.sha256(path.read_bytes()).hexdigest()} | CODE

    def test_of_a_folder_is_that_of_its_clips(self, archives):
        found = gtzan.fingerprint(gtzan.Params(source=str(archives / "gtzan")), archives / "c.json")
        assert list(found) == [*(f"Data/genres_original/{id.split('.')[0]}/{id}.wav" for id in IDS), *CODE]
        path = archives / "gtzan" / next(iter(found))
        assert found[next(iter(found))] == hashlib.sha256(path.read_bytes()).hexdigest()

    def test_follows_content_and_only_content(self, archives):
        params = gtzan.Params(source=str(archives / "gtzan"))
        path = archives / "gtzan/Data/genres_original/jazz/jazz.00001.wav"
        before = gtzan.fingerprint(params, archives / "c.json")
        os.utime(path, (1, 1))
        assert gtzan.fingerprint(params, archives / "c.json") == before
        data = bytearray(path.read_bytes())
        data[1000] ^= 1  # the same size
        path.write_bytes(data)
        after = gtzan.fingerprint(params, archives / "c.json")
        assert {name for name in before if before[name] != after[name]} == {"Data/genres_original/jazz/jazz.00001.wav"}

    def test_reads_no_file_twice(self, archives, monkeypatch):
        params = gtzan.Params(source=str(archives / "gtzan"))
        before = gtzan.fingerprint(params, archives / "c.json")
        monkeypatch.setattr(checksums, "open_regular", lambda *_: pytest.fail("read"))
        assert gtzan.fingerprint(params, archives / "c.json") == before

    @pytest.mark.parametrize("rubbish", ["", "no json", "[]", "null"])
    def test_a_broken_cache_costs_only_time(self, archives, rubbish):
        params = gtzan.Params(source=str(archives / "gtzan"))
        before = gtzan.fingerprint(params, archives / "c.json")
        (archives / "c.json").write_text(rubbish)
        assert gtzan.fingerprint(params, archives / "c.json") == before

    def test_holds_the_manifest(self, archives):
        (archives / "m.csv").write_text("clip,artist\nblues.00000,A\n")
        params = gtzan.Params(source=str(archives / "gtzan.zip"), manifest=str(archives / "m.csv"))
        found = gtzan.fingerprint(params, archives / "c.json")
        assert found["manifest"] == hashlib.sha256((archives / "m.csv").read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"source": "/music", "md5": "0" * 32}, "md5 is only for a source that is a URL"),
        ({"source": "http://x/y.zip", "md5": "abc"}, "corpora.x.md5"),
        ({"sorce": "/music"}, "did you mean 'source'"),
    ],
)
def test_wrong_parameters_are_one_line(entry, message):
    with pytest.raises(ConfigError, match=message):
        config.validate(gtzan.Params, entry, "corpora.x")


def test_an_archive_of_links_is_refused(tmp_path):
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as file:
        info = tarfile.TarInfo("genres/blues/blues.00000.au")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        file.addfile(info)
    with pytest.raises(DataError, match="is a link"):
        find(tmp_path / "w", source=str(tmp_path / "a.tar.gz"))


def test_the_sound_of_every_layout_is_the_same(tmp_path):
    for layout in LAYOUTS:
        folder = lay(tmp_path / layout, layout, numbers=[0])
        found = find(tmp_path, source=str(folder))
        assert np.abs(soundfile.read(found[0].path)[0] - tone(1.0, hz=200)[:, 0]).max() < 1e-4
