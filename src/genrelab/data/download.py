"""Download one large file over HTTP: resumable after a kill or a broken connection, verified, and atomic."""

import hashlib
import logging
import time
from pathlib import Path

import requests

from genrelab.errors import DataError, masked

ATTEMPTS = 5  # consecutive attempts without progress before giving up
PAUSE_SECONDS = 1.0  # before the second attempt; doubled before each further one
TIMEOUT = (15, 60)  # seconds to connect, seconds without a byte
BLOCK = 2**16  # bytes; if the connection breaks, an incomplete block is lost
PASSING = {408, 425, 429, 500, 502, 503, 504}  # HTTP statuses that may not recur on another attempt

log = logging.getLogger(__name__)


class _PassingError(Exception):
    """A failure that may not recur on another attempt."""


BROKEN_LINE = (_PassingError, requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)


def download(url: str, target: Path, md5: str = "") -> None:
    """Download `url` to `target`, resuming where an earlier call stopped; an existing `target` is kept.

    Partial content is kept next to it as <target>.part. If `md5` (32 hex digits) is given and the file does not match,
    the file is removed.
    Raises DataError if the server refuses, does not answer, or sends something else.
    """
    if target.exists():
        return
    part = target.with_name(f"{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _fetch(url, part)
        if md5:
            _verify(url, part, md5)
        part.rename(target)
    except OSError as error:
        raise DataError(f"{url} cannot be stored at {target}: {error.strerror or error}") from None


def _fetch(url: str, part: Path) -> None:
    failures = 0
    while True:
        before = _size(part)
        try:
            return _attempt(url, part)
        except BROKEN_LINE as error:
            failures = 0 if _size(part) > before else failures + 1
            if failures == ATTEMPTS:
                kept = f"; {_size(part)} bytes are kept in {part}; run again to resume" if _size(part) else ""
                raise DataError(f"cannot download {url}: {_reason(error)}{kept}") from None
            pause = PAUSE_SECONDS * 2 ** max(0, failures - 1)
            log.warning("%s; trying again in %g s", masked(_reason(error)), pause)
            time.sleep(pause)
        except requests.RequestException as error:
            raise DataError(f"cannot download {url}: {_reason(error)}") from None


def _attempt(url: str, part: Path) -> None:
    from tqdm import tqdm

    start = _size(part)
    # identity: ranges must count bytes of the file, not of a compressed transfer.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
        code = response.status_code
        if code == 416 and _total(response) == start:
            return  # the file is complete already
        if code == 416:
            part.unlink()  # it is longer than the file, so it belongs to another one
            raise _PassingError("the server's file is smaller than the part already downloaded")
        if code in PASSING:
            raise _PassingError(f"the server answered {code} {response.reason}")
        if code not in (200, 206):
            raise DataError(f"cannot download {url}: the server answered {code} {response.reason}")
        if code == 200:
            start = 0  # the server ignores the range and sends the whole file
        elif not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            raise DataError(f"cannot download {url}: the server sent a different range than requested")
        length = response.headers.get("Content-Length")
        total = start + int(length) if length else None
        bar = tqdm(desc="downloading", total=total, initial=start, unit="B", unit_scale=True, unit_divisor=1024)
        with bar, part.open("ab" if start else "wb") as out:
            for block in response.iter_content(BLOCK):
                out.write(block)
                bar.update(len(block))
    if total is not None and _size(part) < total:
        raise _PassingError(f"the connection broke after {_size(part)} of {total} bytes")


def _verify(url: str, part: Path, md5: str) -> None:
    with part.open("rb") as stream:
        found = hashlib.file_digest(stream, "md5").hexdigest()
    if found != md5:
        part.unlink()
        raise DataError(f"{url} is not the expected file: its md5 is {found}, expected {md5}; the download was deleted")


def _total(response: requests.Response) -> int | None:
    """Return the size of the whole file from a 416 response, if stated."""
    size = response.headers.get("Content-Range", "").rpartition("/")[2]
    return int(size) if size.isdecimal() else None


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _reason(error: Exception) -> str:
    """Return the innermost cause of a network error, in one line."""
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke"
    inner = getattr(error.args[0], "reason", error.args[0]) if error.args else error
    return " ".join(str(inner).split())
