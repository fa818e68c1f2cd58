"""Cached SHA-256 digests of many files: a file is read again only if its size, mtime or inode has changed."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from genrelab.data.regular import open_regular
from genrelab.state import files as state_files

Entry = list[int | str]  # size, mtime in ns, inode, digest


def digests(files: Mapping[str, Path], cache: Path) -> dict[str, str]:
    """Return the hex SHA-256 of each file in `files`, by name, or the reason why the file cannot be read.

    `cache` is a JSON file that keeps the digests of this call for the next; if it is missing or broken, that only
    costs time. Give each corpus its own: a call drops every entry that it does not ask for.
    """
    known = _remembered(cache)
    entries: dict[str, Entry] = {}
    found = {}
    for name, entry in _progress(files, known):
        found[name] = str(entry[-1])
        entries[os.fspath(files[name].absolute())] = entry
    if entries != known:
        cache.parent.mkdir(parents=True, exist_ok=True)
        state_files.write_json(cache, entries)
    return found


def _progress(files: Mapping[str, Path], known: Mapping[str, Entry]) -> Iterator[tuple[str, Entry]]:
    from tqdm import tqdm

    # Threads suffice: hashing and reading release the GIL.
    with ThreadPoolExecutor() as pool:
        entries = pool.map(lambda path: _entry(path, known), files.values())
        # `delay` hides the bar if everything is cached.
        yield from tqdm(zip(files, entries, strict=True), "hashing", len(files), unit="file", delay=2, leave=False)


def _entry(path: Path, known: Mapping[str, Entry]) -> Entry:
    try:
        stat = path.stat()
        version: Entry = [stat.st_size, stat.st_mtime_ns, stat.st_ino]
        before = known.get(os.fspath(path.absolute()))
        if before and before[:-1] == version:
            return before
        with open_regular(path) as stream:
            return [*version, hashlib.file_digest(stream, "sha256").hexdigest()]
    except OSError as error:
        return [f"unreadable: {error.strerror or error}"]


def _remembered(cache: Path) -> dict[str, Entry]:
    with contextlib.suppress(OSError, ValueError):
        known = json.loads(cache.read_text(encoding="utf-8"))
        if isinstance(known, dict):
            return known
    return {}
