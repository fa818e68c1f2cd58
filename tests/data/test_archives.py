import contextlib
import io
import os
import stat
import tarfile
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab.data import archives
from genrelab.data.archives import extract
from genrelab.errors import DataError

EVERYTHING = lambda name: True  # noqa: E731
CONTENT = os.urandom(3000)


def make_zip(path, files, **how):
    with zipfile.ZipFile(path, "w", **how) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path


def tar_info(name, size=0, **fields):
    info = tarfile.TarInfo(name)
    info.size = size
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def make_tar(path, files, mode="w:gz"):
    with tarfile.open(path, mode) as file:
        for name, content in files.items():
            info = name if isinstance(name, tarfile.TarInfo) else tar_info(name, len(content))
            file.addfile(info, io.BytesIO(content))
    return path


MAKERS = {
    "zip": make_zip,
    "tar": lambda path, files: make_tar(path, files, "w"),
    "tar.gz": make_tar,
    "tar.bz2": lambda path, files: make_tar(path, files, "w:bz2"),
    "tar.xz": lambda path, files: make_tar(path, files, "w:xz"),
}


def refused(archive, target, match):
    with pytest.raises(DataError, match=match) as caught:
        extract(archive, target, EVERYTHING)
    assert "\n" not in str(caught.value)
    assert not target.exists()
    assert not target.with_name(f"{target.name}.partial").exists()


@pytest.mark.parametrize("kind", MAKERS)
def test_wanted_files_come_out(tmp_path, kind):
    archive = MAKERS[kind](tmp_path / f"a.{kind}", {"top/a b/ä.wav": CONTENT, "top/c.txt": b"text", "d.wav": b""})
    extract(archive, tmp_path / "out", lambda name: name.endswith(".wav"))
    found = {p.relative_to(tmp_path / "out").as_posix(): p.read_bytes() for p in (tmp_path / "out").rglob("*.*")}
    assert found == {"top/a b/ä.wav": CONTENT, "d.wav": b""}


def test_folders_are_no_files(tmp_path):
    archive = make_tar(tmp_path / "a.tar", {tar_info("./", type=tarfile.DIRTYPE): b"", "./x/a.wav": CONTENT})
    extract(archive, tmp_path / "out", EVERYTHING)
    assert (tmp_path / "out/x/a.wav").read_bytes() == CONTENT
    archive = make_zip(tmp_path / "b.zip", {"x/": b"", "x/a.wav": CONTENT})
    extract(archive, tmp_path / "out2", EVERYTHING)
    assert (tmp_path / "out2/x/a.wav").read_bytes() == CONTENT


def test_a_finished_extraction_is_not_done_again(tmp_path):
    archive = make_zip(tmp_path / "a.zip", {"a.wav": CONTENT})
    extract(archive, tmp_path / "out", EVERYTHING)
    archive.unlink()
    extract(archive, tmp_path / "out", EVERYTHING)


def test_an_interrupted_extraction_starts_again(tmp_path):
    archive = make_zip(tmp_path / "a.zip", {"a.wav": CONTENT})
    (tmp_path / "out.partial").mkdir()
    (tmp_path / "out.partial/a.wav").write_bytes(b"half")
    (tmp_path / "out.partial/old.wav").write_bytes(b"old")
    extract(archive, tmp_path / "out", EVERYTHING)
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["a.wav"]
    assert (tmp_path / "out/a.wav").read_bytes() == CONTENT


NAMES = {
    "../a.wav": "would be unpacked outside",
    "x/../../a.wav": "would be unpacked outside",
    "x/..": "would be unpacked outside",
    "/a.wav": "would be unpacked outside",
    "//server/a.wav": "would be unpacked outside",
    "C:a.wav": "points elsewhere",
    "c:/a.wav": "points elsewhere",
    "..\\a.wav": "points elsewhere",
    "x\\a.wav": "points elsewhere",
}


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
@pytest.mark.parametrize("name", NAMES)
def test_no_name_leaves_the_target(tmp_path, kind, name):
    archive = MAKERS[kind](tmp_path / f"a.{kind}", {"good.wav": CONTENT, name: CONTENT})
    refused(archive, tmp_path / "in" / "out", NAMES[name])
    assert not list((tmp_path / "in").iterdir())


def test_a_name_cut_by_a_nul_is_refused(tmp_path):
    archive = make_zip(tmp_path / "a.zip", {"aXb.wav": CONTENT})
    archive.write_bytes(archive.read_bytes().replace(b"aXb.wav", b"a\0b.wav"))
    refused(archive, tmp_path / "out", "points elsewhere")


@settings(deadline=None, max_examples=200)
@given(parts=st.lists(st.sampled_from(["..", ".", "", "a", "b.wav", "C:", "\\", "~"]), min_size=2, max_size=5))
def test_whatever_the_name_nothing_is_written_outside(tmp_path_factory, parts):
    folder = tmp_path_factory.mktemp("names")
    archive = make_zip(folder / "a.zip", {"/".join(parts): CONTENT})
    with contextlib.suppress(DataError):
        extract(archive, folder / "in/out", EVERYTHING)
    assert {p.name for p in folder.iterdir()} <= {"a.zip", "in"}
    assert {p.name for p in (folder / "in").iterdir()} <= {"out"}


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}, "link"),
        ({"type": tarfile.SYMTYPE, "linkname": "good.wav"}, "link"),
        ({"type": tarfile.LNKTYPE, "linkname": "good.wav"}, "link"),
        ({"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 3}, "device"),
        ({"type": tarfile.BLKTYPE}, "device"),
        ({"type": tarfile.FIFOTYPE}, "device"),
    ],
)
def test_tar_links_and_devices_are_refused(tmp_path, fields, word):
    archive = make_tar(tmp_path / "a.tar.gz", {"good.wav": CONTENT, tar_info("a.wav", **fields): b""})
    refused(archive, tmp_path / "out", f"'a.wav' is a {word}")


@pytest.mark.parametrize(("kind", "word"), [(stat.S_IFLNK, "link"), (stat.S_IFCHR, "device"), (stat.S_IFIFO, "device")])
def test_zip_links_and_devices_are_refused(tmp_path, kind, word):
    info = zipfile.ZipInfo("a.wav")
    info.external_attr = (kind | 0o777) << 16
    refused(make_zip(tmp_path / "a.zip", {info: b"/etc/passwd"}), tmp_path / "out", f"'a.wav' is a {word}")


def test_a_bad_member_that_nobody_wants_still_condemns_the_archive(tmp_path):
    archive = make_zip(tmp_path / "a.zip", {"../readme.txt": b"", "a.wav": CONTENT})
    with pytest.raises(DataError, match="would be unpacked outside"):
        extract(archive, tmp_path / "out", lambda name: name.endswith(".wav"))


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_a_bomb_is_refused_before_anything_is_written(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(archives, "FREE_BYTES", 2**20)
    monkeypatch.setattr(archives, "write_member", lambda *_: pytest.fail("written"))
    how = {"compression": zipfile.ZIP_DEFLATED} if kind == "zip" else {}
    archive = (make_zip if kind == "zip" else make_tar)(tmp_path / "a", {"a.wav": bytes(2**24)}, **how)
    refused(archive, tmp_path / "out", "declares at least 16777216 bytes in")


def test_a_small_archive_of_silence_is_no_bomb(tmp_path):
    archive = make_zip(tmp_path / "a.zip", {"a.wav": bytes(2**24)}, compression=zipfile.ZIP_DEFLATED)
    assert archives.MAX_RATIO * archive.stat().st_size < 2**24
    extract(archive, tmp_path / "out", EVERYTHING)


def test_too_much_in_all_is_refused_by_what_is_declared(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_BYTES", 5999)
    refused(make_zip(tmp_path / "a.zip", {"a.wav": CONTENT, "b.wav": CONTENT}), tmp_path / "out", "at least 6000 bytes")


def test_too_many_members_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_MEMBERS", 2)
    refused(make_zip(tmp_path / "a.zip", dict.fromkeys("abc", b"")), tmp_path / "out", "more than 2 members")


def test_a_zip_that_holds_more_than_it_declares_is_refused(tmp_path):
    archive = make_zip(tmp_path / "a.zip", {"a.wav": bytes(5000)}, compression=zipfile.ZIP_DEFLATED)
    declared = (5000).to_bytes(4, "little")
    archive.write_bytes(archive.read_bytes().replace(declared, (100).to_bytes(4, "little")))
    refused(archive, tmp_path / "out", "damaged|larger")


def test_what_is_written_never_exceeds_what_was_declared(tmp_path):
    member = archives.Member("a.wav", 10, False, "")
    with pytest.raises(DataError, match="larger than it declares"):
        archives.write_member(member, io.BytesIO(bytes(11)), tmp_path / "a.wav", lambda n: None)
    assert (tmp_path / "a.wav").stat().st_size <= 10


def test_a_tar_header_cannot_fill_the_memory(tmp_path):
    long = {"comment": "x" * (archives.MAX_TAR_HEADER + 1)}
    archive = make_tar(tmp_path / "a.tar.gz", {"good.wav": CONTENT, tar_info("a.wav", pax_headers=long): b""})
    refused(archive, tmp_path / "out", "a header of")


def test_sparse_files_are_refused(tmp_path):
    sparse = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.map": "0,1", "GNU.sparse.size": "99999999"}
    archive = make_tar(tmp_path / "a.tar", {tar_info("a.wav", 1, pax_headers=sparse): b"x"}, "w")
    refused(archive, tmp_path / "out", "sparse")


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_cut_archive_is_one_line(tmp_path, kind, share):
    archive = MAKERS[kind](tmp_path / f"a.{kind}", {"a.wav": CONTENT * 20, "b.wav": CONTENT * 20})
    archive.write_bytes(archive.read_bytes()[: int(archive.stat().st_size * share)])
    refused(archive, tmp_path / "out", "damaged|neither")


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.bz2", "tar.xz"])
def test_damage_is_one_line(tmp_path, kind):
    archive = MAKERS[kind](tmp_path / f"a.{kind}", {"a.wav": CONTENT * 20})
    data = bytearray(archive.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 50] = bytes(50)
    archive.write_bytes(data)
    refused(archive, tmp_path / "out", "damaged|cannot be unpacked|neither")


def test_what_is_no_archive(tmp_path):
    path = tmp_path / "a.tar.gz"
    path.write_text("no archive\n" * 100)
    refused(path, tmp_path / "out", "neither a zip nor a tar")
    path.write_bytes(b"PK no zip")
    refused(path, tmp_path / "out", "damaged")


def test_an_encrypted_zip_is_one_line(tmp_path):
    archive = make_zip(tmp_path / "a.zip", {"a.wav": CONTENT})
    data = bytearray(archive.read_bytes())
    data[6] |= 1
    data[data.rfind(b"PK\1\2") + 8] |= 1
    archive.write_bytes(data)
    refused(archive, tmp_path / "out", "encrypted")


def test_a_name_that_comes_twice_is_refused(tmp_path):
    archive = make_tar(tmp_path / "a.tar", {tar_info("a.wav", 1): b"x", tar_info("./a.wav", 1): b"y"})
    refused(archive, tmp_path / "out", "File exists")


def test_a_member_without_a_name_is_refused(tmp_path):
    refused(make_tar(tmp_path / "a.tar.gz", {"": CONTENT, "a.wav": CONTENT}), tmp_path / "out", "has no name")


def test_a_malformed_sparse_header_is_one_line(tmp_path):
    info = tarfile.TarInfo("a.wav")
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "a.wav"}
    info.size = 512
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.PAX_FORMAT) as file:
        file.addfile(info, io.BytesIO(b"no number\n".ljust(512, b"x")))
    refused(tmp_path / "a.tar", tmp_path / "out", "a.tar")
