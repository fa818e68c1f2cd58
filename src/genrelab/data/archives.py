"""Extract audio files from an untrusted zip or tar archive.

The archive's declarations are checked before a byte is written: the path and type of each member, the number of
members, and their sizes. One bad member rejects the whole archive: nobody packs music that way.
Only wanted members are written, which leaves less to trust and less on disk.

tarfile's own filters are not used: they let links through and silently repair names that are refused here.
"""

import contextlib
import gzip
import lzma
import re
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from genrelab.data.regular import open_regular
from genrelab.errors import DataError

MAX_MEMBERS = 500_000
MAX_BYTES = 200 * 2**30  # declared, over all members
MAX_RATIO = 100  # declared bytes per byte of the archive; audio compresses to a tenth at most ...
FREE_BYTES = 2**30  # ... except silence, so a small archive may have any ratio
MAX_TAR_HEADER = 2**20  # bytes of a tar member's extended header, which tarfile reads into memory
BLOCK = 2**20


@dataclass(frozen=True)
class Member:
    """A member as the archive declares it: `size` in bytes; `kind` is empty for files and folders, else its type."""

    name: str
    size: int
    folder: bool
    kind: str


def extract(archive: Path, target: Path, wanted: Callable[[str], bool]) -> None:
    """Extract the files of `archive` whose names are wanted into the new folder `target`.

    An existing `target` was extracted completely and is left as it is; a kill leaves no `target`.
    Raises DataError if `archive` is not a zip or tar, is damaged or encrypted, has members outside `target`, holds
    links or devices, or is a bomb.
    """
    if target.exists():
        return
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        _extract(archive, partial, wanted)
        partial.rename(target)
    except (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, EOFError) as error:
        raise DataError(f"the archive {archive} is damaged or incomplete: {error}") from None
    except (NotImplementedError, RuntimeError) as error:  # zipfile: unknown compression, encryption
        raise DataError(f"the archive {archive} cannot be unpacked: {error}") from None
    except OSError as error:
        raise DataError(f"the archive {archive} cannot be unpacked: {error.strerror or error}") from None
    except (
        ValueError,
        IndexError,
        KeyError,
        OverflowError,
    ) as error:  # nonsensical headers
        raise DataError(f"the archive {archive} has a malformed member: {error}") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _extract(archive: Path, folder: Path, wanted: Callable[[str], bool]) -> None:
    from tqdm import tqdm

    with open_regular(archive) as file:
        zipped = file.read(2) == b"PK"
    members, contents = (_zip_members, _zip_contents) if zipped else (_tar_members, _tar_contents)
    with contextlib.closing(_checked(members(archive), archive)) as declared:
        total = sum(m.size for m in declared if not m.folder and wanted(m.name))
    with tqdm(desc="extracting", total=total, unit="B", unit_scale=True, unit_divisor=1024) as bar:
        for member, stream in contents(archive, wanted):
            write_member(member, stream, folder / member.name, bar.update)


def _checked(members: Iterable[Member], archive: Path) -> Generator[Member, None, None]:
    """Yield the members; raises DataError before the first bad one."""
    total = 0
    size = archive.stat().st_size
    for count, member in enumerate(members, 1):
        if fault := _fault(member):
            raise DataError(f"the archive {archive} is refused: its member {member.name!r} {fault}")
        total += member.size
        if count > MAX_MEMBERS:
            raise DataError(f"the archive {archive} is refused: it has more than {MAX_MEMBERS} members")
        if total > MAX_BYTES or total > max(FREE_BYTES, MAX_RATIO * size):
            raise DataError(
                f"the archive {archive} is refused: it declares at least {total} bytes in {size}, too many for music"
            )
        yield member


def _fault(member: Member) -> str:
    """Return why a member is refused, or an empty string."""
    name = member.name
    if not member.folder and not PurePosixPath(name).name:
        return "has no name"
    if member.kind:
        return f"is a {member.kind}"
    if "\\" in name or "\0" in name or re.match(r"[A-Za-z]:", name):
        return "has a name that points elsewhere on some systems"
    if name.startswith("/") or ".." in PurePosixPath(name).parts:
        return "would be unpacked outside the target folder"
    return ""


def write_member(member: Member, stream: IO[bytes], path: Path, progress: Callable[[int], object]) -> None:
    """Write a member's content; DataError if it is longer than the archive declares, EOFError if it is shorter."""
    path.parent.mkdir(parents=True, exist_ok=True)
    left = member.size
    with path.open("xb") as out:  # "x": a duplicate name is an error
        while block := stream.read(min(BLOCK, left + 1)):
            left -= len(block)
            if left < 0:
                raise DataError(f"the archive is refused: its member {member.name!r} is larger than it declares")
            out.write(block)
            progress(len(block))
    if left:
        raise EOFError(f"{member.name} ends {left} bytes early")


def _zip_member(info: zipfile.ZipInfo) -> Member:
    # orig_filename: in `filename`, zipfile cuts the name at a NUL and, on Windows, converts backslashes.
    kind = stat.S_IFMT(info.external_attr >> 16)
    names = {0: "", stat.S_IFREG: "", stat.S_IFDIR: "", stat.S_IFLNK: "link"}
    return Member(info.orig_filename, info.file_size, info.is_dir(), names.get(kind, "device"))


def _zip_members(archive: Path) -> Iterator[Member]:
    with zipfile.ZipFile(archive) as file:
        yield from map(_zip_member, file.infolist())


def _zip_contents(archive: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[Member, IO[bytes]]]:
    with zipfile.ZipFile(archive) as file:
        for info in file.infolist():
            member = _zip_member(info)
            if not member.folder and wanted(member.name):
                with file.open(info) as stream:
                    yield member, stream


class _TarInfo(tarfile.TarInfo):
    """A tar member whose extended headers cannot exhaust the memory."""

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
        if not self.isreg() and self.size > MAX_TAR_HEADER:
            raise tarfile.ReadError(f"a header of {self.size} bytes")
        return super()._proc_member(tar)  # type: ignore[misc]


def _tar_member(info: tarfile.TarInfo) -> Member:
    if info.issparse():
        kind = "sparse file"
    elif info.issym() or info.islnk():
        kind = "link"
    else:
        kind = "" if info.isreg() or info.isdir() else "device"
    return Member(info.name, info.size, info.isdir(), kind)


def _open_tar(archive: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(archive, "r:*", tarinfo=_TarInfo)
    except tarfile.ReadError:  # its message lists every compression that was tried
        raise DataError(f"{archive} is neither a zip nor a tar archive, or its beginning is damaged") from None


def _tar_members(archive: Path) -> Iterator[Member]:
    with _open_tar(archive) as file:
        yield from map(_tar_member, file)


def _tar_contents(archive: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[Member, IO[bytes]]]:
    with _open_tar(archive) as file:
        for info in file:
            member = _tar_member(info)
            stream = file.extractfile(info) if wanted(member.name) else None
            if stream:
                with stream:
                    yield member, stream
        file.fileobj.read(BLOCK)  # read to the end, where gzip stores its checksum
