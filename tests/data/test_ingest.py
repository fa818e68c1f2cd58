import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from sounds import RATE, cut, text, tone, write

from genrelab import corpus
from genrelab.config import Checks
from genrelab.data import audio
from genrelab.data.ingest import Candidate, composed_folder, ingest, summary
from genrelab.errors import DataError
from genrelab.state import code

FILES = {"1.wav": 300, "2.wav": 500}
CHECKS = Checks(min_seconds=1.0, silence_db=-60.0, max_minutes=0.1)


@pytest.fixture
def build(tmp_path):
    """Ingest the files of tmp_path/source; ids are their paths."""

    def run(workers=1, checks=CHECKS):
        source = tmp_path / "source"
        names = [path.relative_to(source).as_posix() for path in source.rglob("*") if not path.is_dir()]
        found = [Candidate(name, source / name, name.split("/")[0], "", origin=name) for name in names]
        target = tmp_path / "data"
        return ingest(found, target, workspace=tmp_path / "workspace", checks=checks, workers=workers)

    return run


@pytest.fixture
def broken(tmp_path):
    """A folder with a file of every status."""
    jazz = tmp_path / "source" / "jazz"
    nan = tone()
    nan[5] = np.nan
    write(jazz / "a.wav")
    write(jazz / "b.flac", soundfile.read(jazz / "a.wav", dtype="int16")[0])
    write(jazz / "c 96 kHz stereo.wav", tone(2.0, rate=96_000, channels=2), 96_000)
    write(jazz / "d.mp3")
    cut(write(jazz / "e.flac", tone(5.0)))
    write(jazz / "f.wav", tone(0.2))
    write(jazz / "g.wav", tone(7.0))
    write(jazz / "h.wav", tone(level=0.0))
    write(jazz / "i.wav", nan, subtype="FLOAT")
    write(jazz / "j.wav", tone(0.0))
    (jazz / "k.wav").touch()
    text(jazz / "l.wav")
    (jazz / "m.wav").symlink_to("nowhere")
    write(jazz / "Björk söng.ogg", tone(hz=300))
    return jazz


STATUS = {
    "a.wav": "ok",
    "b.flac": "duplicate",
    "c 96 kHz stereo.wav": "ok",
    "d.mp3": "ok",
    "e.flac": "truncated",
    "f.wav": "too_short",
    "g.wav": "too_long",
    "h.wav": "silent",
    "i.wav": "not_finite",
    "j.wav": "empty",
    "k.wav": "empty",
    "l.wav": "unreadable",
    "m.wav": "unreadable",
    "Björk söng.ogg": "ok",
}


def test_every_fault_is_listed_and_only_ok_clips_are_placed(tmp_path, broken, build, capfd, monkeypatch):
    table = build().set_index("id")
    assert dict(table["status"]) == {f"jazz/{name}": status for name, status in STATUS.items()}
    ok = {name for name, status in STATUS.items() if status == "ok"}
    assert {path.name for path in (tmp_path / "data/clips/jazz").iterdir()} == ok
    for id, row in table.iterrows():
        assert (row["reason"] == "") == (row["status"] == "ok")
        assert row["path"] == (f"clips/{id}" if row["status"] == "ok" else id)
    assert table.at["jazz/b.flac", "reason"] == "has the same samples as jazz/a.wav"
    assert table.at["jazz/a.wav", "seconds"] == 2.0
    assert capfd.readouterr().err.count("\n") == 1  # the progress bar alone

    (tmp_path / "data").rename(tmp_path / "elsewhere")
    monkeypatch.setattr(corpus, "folder", lambda _: tmp_path / "elsewhere")
    assert [clip.id for clip in corpus.read("any").clips] == sorted(f"jazz/{name}" for name in ok)


def test_the_table_is_the_same_for_any_number_of_workers(tmp_path, broken, build):
    build(workers=1)
    one = (tmp_path / "data/clips.csv").read_bytes()
    build(workers=2)
    assert (tmp_path / "data/clips.csv").read_bytes() == one
    header, *rows = one.decode().splitlines()
    assert header == "id,path,label,artist,seconds,sha256,status,reason"
    assert rows == sorted(rows)


def test_the_table_states_the_digest_of_the_bytes(tmp_path, build):
    path = write(tmp_path / "source/a/x.wav")
    found = build().iloc[0]["sha256"]
    assert found == subprocess.run(["sha256sum", path], capture_output=True, text=True).stdout.split()[0]


def test_an_unreadable_file_stops_nothing(tmp_path, build, monkeypatch):
    from genrelab.data import ingest as module

    write(tmp_path / "source/a/x.wav")
    write(tmp_path / "source/a/y.wav", tone(hz=300))

    def refuse(path, **_):
        if path.name == "x.wav":
            raise PermissionError(13, "Permission denied")
        return tone().T, RATE

    monkeypatch.setattr(module.audio, "decode", refuse)
    assert list(build()["reason"]) == ["cannot be read: Permission denied", ""]


def test_the_first_of_equal_clips_stays(tmp_path, build):
    for name in ("c", "a", "b"):
        write(tmp_path / f"source/x/{name}.wav")
    table = build()
    assert list(table["status"]) == ["ok", "duplicate", "duplicate"]
    assert (tmp_path / "data/clips/x/a.wav").exists()


def test_another_rate_or_channel_is_no_duplicate(tmp_path, build):
    write(tmp_path / "source/x/a.wav", tone(), RATE)
    write(tmp_path / "source/x/b.wav", tone(), 2 * RATE)
    write(tmp_path / "source/x/c.wav", np.repeat(tone(), 2, axis=1), RATE)
    write(tmp_path / "source/x/d.wav", tone().reshape(-1, 2), RATE)
    assert set(build(checks=Checks(min_seconds=0, silence_db=-60, max_minutes=1))["status"]) == {"ok"}


def test_a_silent_copy_is_silent(tmp_path, build):
    write(tmp_path / "source/x/a.wav", tone(level=0))
    write(tmp_path / "source/x/b.wav", tone(level=0))
    write(tmp_path / "source/x/c.wav")
    assert list(build()["status"]) == ["silent", "silent", "ok"]


def test_the_users_files_are_neither_linked_nor_touched(tmp_path, build):
    path = write(tmp_path / "source/x/a.wav")
    before = path.read_bytes()
    build()
    placed = tmp_path / "data/clips/x/a.wav"
    assert placed.stat().st_ino != path.stat().st_ino
    placed.write_bytes(b"other")
    assert path.read_bytes() == before


def test_a_full_disk_is_one_line(tmp_path, build, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    write(tmp_path / "source/x/a.wav")
    monkeypatch.setattr(shutil, "copyfile", full)
    monkeypatch.setattr("dvc_objects.fs.system.reflink", full)
    with pytest.raises(DataError, match=r"a\.wav cannot be copied to .*: No space left on device"):
        build()
    assert not (tmp_path / "data").exists()


def test_files_made_for_the_corpus_are_taken_over(tmp_path):
    workspace = tmp_path / "workspace"
    path = write(composed_folder(workspace) / "any" / "blues.00000.wav")
    inode = path.stat().st_ino
    again = write(composed_folder(workspace) / "any" / "blues.00001.wav")
    found = [Candidate(p.stem, p, "blues", "B. B.") for p in (path, again)]
    table = ingest(found, tmp_path / "data", workspace=workspace, checks=CHECKS, workers=1)
    assert (tmp_path / "data/clips/blues/blues.00000.wav").stat().st_ino == inode
    assert list(table["path"]) == ["clips/blues/blues.00000.wav", "blues.00001.wav"]
    assert list(workspace.rglob("*.wav")) == []


def test_an_old_corpus_is_replaced_and_what_lies_beside_it_stays(tmp_path, build):
    write(tmp_path / "source/x/a.wav")
    write(tmp_path / "source/x/b.wav", tone(hz=300))
    build()
    (tmp_path / "data/features").mkdir()
    (tmp_path / "source/x/a.wav").unlink()
    build()
    assert [p.name for p in (tmp_path / "data/clips").rglob("*.wav")] == ["b.wav"]
    assert {p.name for p in (tmp_path / "data").iterdir()} == {
        *("clips", "clips.csv", "parts.csv", "tags.csv", "features")
    }


def test_where_no_file_is_usable_what_was_built_stays(tmp_path, build, capsys):
    write(tmp_path / "source/jazz/a.wav")
    build()
    before = {path: path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()}
    text(tmp_path / "source/jazz/a.wav")
    with pytest.raises(DataError, match="none of 1 files is usable, see above; the previous build is left unchanged"):
        build()
    assert "left out: jazz/a.wav (unreadable)" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()} == before
    write(tmp_path / "source/jazz/a.wav", tone(hz=300))
    assert list(build()["status"]) == ["ok"]


def test_an_id_that_comes_twice_is_told_apart_whatever_folder_the_files_lie_in(tmp_path, caplog):
    tables = []
    for place in ("one", "other"):
        found = [Candidate("a", write(tmp_path / place / name, tone(hz=hz)), "x", "") for name, hz in FILES.items()]
        twice = [*found, found[0]]  # the same file, as a table of tracks may name it
        tables.append(ingest(twice, tmp_path / "data", workspace=tmp_path / "w", checks=CHECKS, workers=1))
    assert tables[0].equals(tables[1])
    assert list(tables[0]["path"]) == ["clips/x/a.wav", f"clips/x/{tables[0]['id'][1]}.wav"]
    assert f"2 files have the id a; the others are renamed to {tables[0]['id'][1]}" in caplog.text


def test_paths_may_be_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = [Candidate("a", write(Path("made/../source.wav")), "x", "")]
    ingest(found, Path("data"), workspace=Path("w"), checks=CHECKS, workers=2)
    assert Path("data/clips/x/a.wav").exists()


KILLED = """
    import sys, time
    from pathlib import Path
    from genrelab.state import journal
    from genrelab.data import ingest as module
    from genrelab.config import Checks
    journal.FLUSHED = 0
    decode = module.audio.decode
    def slowly(path, **how):
        time.sleep(0.01)
        return decode(path, **how)
    module.audio.decode = slowly
    source, root, origin = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    found = [module.Candidate(p.name, p, "x", "", origin) for p in source.iterdir()]
    checks = Checks(min_seconds=1, silence_db=-60, max_minutes=0.1)
    module.ingest(found, root / "data", workspace=root / "workspace", checks=checks, workers=1)
"""


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def noting(monkeypatch, after=10**9):
    """Note the names of the files that are decoded from now on, and break off as Ctrl-C does after so many."""
    decoded = []

    def decode(path, **how):
        if len(decoded) == after:
            raise KeyboardInterrupt
        decoded.append(path.name)
        return original(path, **how)

    original = audio.decode
    monkeypatch.setattr(audio, "decode", decode)
    return decoded


@pytest.mark.parametrize("ours", [False, True])
def test_after_a_kill_there_is_no_half_corpus_and_the_next_run_goes_on(tmp_path, monkeypatch, capfd, ours):
    root = tmp_path / "root"
    source = composed_folder(root / "workspace") / "any" if ours else tmp_path / "source"
    for i in range(40):
        write(source / f"{i:02d}.flac", tone(2.0, hz=200 + 10 * (i % 35)))
    text(source / "40.flac")
    found = [Candidate(path.name, path, "x", "", "as named") for path in source.iterdir()]
    ingest(found, tmp_path / "whole", workspace=tmp_path / "w", checks=CHECKS, workers=1)

    command = [sys.executable, "-c", textwrap.dedent(KILLED), source, root, "as named"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    journal = root / "workspace/partial/journal"
    deadline = time.monotonic() + 30
    while (not journal.exists() or journal.read_bytes().count(b"\n") < 10) and time.monotonic() < deadline:
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (root / "data").exists()

    done = {json.loads(line)[1]["id"] for line in journal.read_bytes().splitlines()[1:]} - {"40.flac"}
    assert 5 < len(done) < 40
    if not ours:  # a file of ours is the same one in clips/
        for name in done:
            before = (source / name).stat()
            (source / name).write_bytes(bytes(before.st_size))
            os.utime(source / name, ns=(before.st_atime_ns, before.st_mtime_ns))
    capfd.readouterr()
    decoded = noting(monkeypatch)
    ingest(found, root / "data", workspace=root / "workspace", checks=CHECKS, workers=1)
    assert sorted([*decoded, *done]) == sorted(c.id for c in found)
    assert f" {len(done)}/41 " in capfd.readouterr().err
    assert contents(root / "data") == contents(tmp_path / "whole")
    assert list((root / "workspace").iterdir()) == []


@pytest.fixture
def interrupted(tmp_path, monkeypatch, build):
    """A build of x/a.wav ... x/f.wav that was broken off after four; the source is then to be changed, and built."""
    for i, name in enumerate("abcdef"):
        write(tmp_path / f"source/x/{name}.wav", tone(hz=300 + 50 * i))
    with monkeypatch.context() as patch:
        done = noting(patch, after=4)
        with pytest.raises(KeyboardInterrupt):
            build()
    return done


def test_only_what_an_interrupted_build_did_not_finish_is_decoded(interrupted, build, monkeypatch):
    decoded = noting(monkeypatch)
    assert set(build()["status"]) == {"ok"}
    assert (interrupted, decoded) == (["a.wav", "b.wav", "c.wav", "d.wav"], ["e.wav", "f.wav"])


def test_what_has_changed_since_is_decoded_again_and_what_is_gone_leaves_no_trace(
    interrupted, tmp_path, build, monkeypatch
):
    source, partial = tmp_path / "source/x", tmp_path / "workspace/partial"
    write(source / "a.wav", tone(hz=1000))
    (source / "b.wav").unlink()
    (partial / "clips/x/c.wav").unlink()
    write(partial / "clips/y/stray.wav")
    decoded = noting(monkeypatch)
    table = build()
    assert decoded == ["a.wav", "c.wav", "e.wav", "f.wav"]
    assert list(table["id"]) == [f"x/{name}.wav" for name in "acdef"]
    placed = contents(tmp_path / "data/clips")
    assert placed == {f"x/{name}.wav": (source / f"{name}.wav").read_bytes() for name in "acdef"}
    assert not (tmp_path / "data/clips/y").exists()


def test_a_clip_that_a_crash_has_shortened_is_placed_again(interrupted, tmp_path, build, monkeypatch):
    cut(tmp_path / "workspace/partial/clips/x/b.wav")
    decoded = noting(monkeypatch)
    build()
    assert decoded == ["b.wav", "e.wav", "f.wav"]
    assert (tmp_path / "data/clips/x/b.wav").read_bytes() == (tmp_path / "source/x/b.wav").read_bytes()


def test_other_checks_and_other_code_examine_anew(interrupted, tmp_path, build, monkeypatch):
    with monkeypatch.context() as patch:
        again = noting(patch, after=4)
        with pytest.raises(KeyboardInterrupt):
            build(checks=Checks(min_seconds=1.5, silence_db=-60, max_minutes=1))
    assert len(again) == 4
    monkeypatch.setattr(code, "digest", lambda module: f"other code of {module}")
    decoded = noting(monkeypatch)
    assert len(build(checks=Checks(min_seconds=1.5, silence_db=-60, max_minutes=1))) == 6
    assert len(decoded) == 6


@pytest.mark.parametrize("change", [{"label": "y"}, {"artist": "Nina"}, {"origin": "elsewhere.wav"}])
def test_another_label_artist_or_name_is_another_candidate(tmp_path, monkeypatch, change):
    first, second = write(tmp_path / "1.wav"), write(tmp_path / "2.wav", tone(hz=300))
    before = [Candidate("1", first, "x", "", "1.wav"), Candidate("2", second, "x", "", "2.wav")]
    where = {"target": tmp_path / "data", "workspace": tmp_path / "w", "checks": CHECKS, "workers": 1}
    with monkeypatch.context() as patch:
        noting(patch, after=1)
        with pytest.raises(KeyboardInterrupt):
            ingest(before, **where)
    decoded = noting(monkeypatch)
    table = ingest([replace(before[0], **change), before[1]], **where)
    assert decoded == ["1.wav", "2.wav"]
    assert table.at[0, "artist"] == change.get("artist", "")
    assert len(contents(tmp_path / "data/clips")) == 2


def test_duplicates_are_found_across_an_interruption_and_the_unreadable_are_read_again(tmp_path, build, monkeypatch):
    write(tmp_path / "source/x/b.wav")
    text(tmp_path / "source/x/c.wav")
    write(tmp_path / "source/x/e.wav", tone(0.1))
    write(tmp_path / "source/x/f.wav", tone(hz=300))
    with monkeypatch.context() as patch:
        noting(patch, after=3)
        with pytest.raises(KeyboardInterrupt):
            build()
    write(tmp_path / "source/x/a.wav")
    decoded = noting(monkeypatch)
    assert dict(build()["status"]) == dict(enumerate(["ok", "duplicate", "unreadable", "too_short", "ok"]))
    assert decoded == ["a.wav", "c.wav", "f.wav"]
    assert sorted(contents(tmp_path / "data/clips")) == ["x/a.wav", "x/f.wav"]


def test_the_published_division_of_usable_clips_has_a_table_of_its_own(tmp_path, monkeypatch):
    files = {"a": tone(), "b": tone(hz=300), "c": tone(hz=350), "d": tone(0.1)}
    parts = {"a": "test", "b": "", "c": "train", "d": "train"}
    found = [Candidate(id, write(tmp_path / f"{id}.wav", y), "x", "", part=parts[id]) for id, y in files.items()]
    ingest(found, tmp_path / "data/any", workspace=tmp_path / "w", checks=CHECKS, workers=1)
    assert (tmp_path / "data/any/parts.csv").read_text() == "clip,part\na,test\nc,train\n"
    monkeypatch.chdir(tmp_path)
    assert corpus.read("any").parts == {"a": "test", "c": "train"}


def test_the_tags_of_usable_clips_have_a_table_of_their_own(tmp_path, monkeypatch):
    files, tags = {"a": tone(), "b": tone(hz=300), "c": tone(0.1)}, {"a": ("x", "=y", "x"), "b": (), "c": ("x",)}
    found = [Candidate(id, write(tmp_path / f"{id}.wav", y), "x", "", tags=tags[id]) for id, y in files.items()]
    ingest(found, tmp_path / "data/any", workspace=tmp_path / "w", checks=CHECKS, workers=1)
    monkeypatch.chdir(tmp_path)
    assert corpus.read_tags("any") == {"a": {"x", "=y"}}


def test_without_a_published_division_its_table_is_empty(tmp_path, build, monkeypatch):
    write(tmp_path / "source/x/a.wav")
    build()
    assert (tmp_path / "data/parts.csv").read_text() == "clip,part\n"
    monkeypatch.setattr(corpus, "folder", lambda _: tmp_path / "data")
    assert corpus.read("any").parts == {}


def test_summary_names_what_is_left_out():
    rows = [(f"x/{i:02d}.wav", f"x/{i:02d}.wav", "x", "", 0.0, "", "silent", "peaks at -90 dB") for i in range(30)]
    rows.append(("y", "clips/x/y.wav", "x", "", 2.0, "", "ok", ""))
    table = pd.DataFrame(rows, columns=corpus.TABLE_COLUMNS)
    lines = summary(table).splitlines()
    assert lines[0] == "1 of 31 clips are ok"
    assert lines[1] == "  left out: x/00.wav (silent): peaks at -90 dB"
    assert lines[-1] == "  and 10 more; clips.csv lists them all with their reasons"
    assert len(lines) == 22
    assert summary(table.tail(1)) == "1 of 1 clips are ok"
