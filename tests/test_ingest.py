import errno
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from sounds import RATE, cut, text, tone, write

from genrelab import corpus
from genrelab.config import Checks
from genrelab.errors import DataError
from genrelab.ingest import Candidate, ingest, made, summary

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
    from genrelab import ingest as module

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
    assert list(build()["status"]) == ["silent", "silent"]


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
    path = write(made(workspace) / "any" / "blues.00000.wav")
    inode = path.stat().st_ino
    again = write(made(workspace) / "any" / "blues.00001.wav")
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
    assert {p.name for p in (tmp_path / "data").iterdir()} == {"clips", "clips.csv", "features"}


def test_an_id_that_comes_twice_is_an_error_that_names_both(tmp_path):
    found = [Candidate("a", write(tmp_path / name), "x", "") for name in ("1.wav", "2.wav")]
    with pytest.raises(DataError, match=r"'a'.*1\.wav.*2\.wav"):
        ingest(found, tmp_path / "data", workspace=tmp_path / "w", checks=CHECKS, workers=1)


def test_paths_may_be_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = [Candidate("a", write(Path("made/../source.wav")), "x", "")]
    ingest(found, Path("data"), workspace=Path("w"), checks=CHECKS, workers=2)
    assert Path("data/clips/x/a.wav").exists()


def test_a_kill_leaves_no_half_corpus_and_the_next_run_completes_it(tmp_path, build):
    for i in range(40):
        write(tmp_path / f"source/x/{i:02d}.flac", tone(5.0, hz=200 + i))
    code = """
        import sys
        from pathlib import Path
        from genrelab.config import Checks
        from genrelab.ingest import Candidate, ingest
        root = Path(sys.argv[1])
        found = [Candidate(p.name, p, "x", "") for p in (root / "source/x").iterdir()]
        checks = Checks(min_seconds=1, silence_db=-60, max_minutes=1)
        ingest(found, root / "data", workspace=root / "workspace", checks=checks, workers=1)
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code), tmp_path], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not list((tmp_path / "workspace").rglob("*.flac")) and time.monotonic() < deadline:
        time.sleep(0.001)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "data").exists()
    build()
    assert len(list((tmp_path / "data/clips").rglob("*.flac"))) == 40
    assert list((tmp_path / "workspace").iterdir()) == []


def test_summary_names_what_is_left_out():
    rows = [(f"x/{i:02d}.wav", f"x/{i:02d}.wav", "x", "", 0.0, "", "silent", "peaks at -90 dB") for i in range(30)]
    rows.append(("y", "clips/x/y.wav", "x", "", 2.0, "", "ok", ""))
    table = pd.DataFrame(rows, columns=corpus.TABLE_COLUMNS)
    lines = summary(table).splitlines()
    assert lines[0] == "1 of 31 clips are ok"
    assert lines[1] == "  left out: x/00.wav (silent): peaks at -90 dB"
    assert lines[-1] == "  and 10 more; clips.csv has every one with its reason"
    assert len(lines) == 22
    assert summary(table.tail(1)) == "1 of 1 clips are ok"
