"""Record the finished parts of long work, so that it resumes from there after a kill."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

FLUSHED = 1.0  # seconds between flushes: about the work that a kill may cost


class Journal:
    """An append-only file: the name of the work, then one JSON entry per line.

    It holds the entries of this work only; those of another are discarded. A last line that a kill cut off is dropped,
    as is anything that a machine crash left after it. Use it as a context manager, from one process at a time.
    """

    def __init__(self, path: Path, work: str) -> None:
        self._stream = path.open("a+b")
        self._work = work
        self._flushed = time.monotonic()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def entries(self) -> Iterator[Any]:
        """Yield the entries in the order they were written. Exhaust the iterator before adding anything."""
        self._stream.seek(0)
        whole = 0
        for number, line in enumerate(self._stream):
            try:
                entry = json.loads(line if line.endswith(b"\n") else b"")
            except ValueError:
                break
            if number:
                yield entry
            elif entry != self._work:
                break
            whole += len(line)
        self._stream.truncate(whole)
        self._stream.seek(0, os.SEEK_END)
        if not whole:
            self.add(self._work)

    def add(self, entry: Any) -> None:
        """Append an entry; flush if the last flush was more than FLUSHED seconds ago, so that a kill loses little."""
        self._stream.write(json.dumps(entry, separators=(",", ":")).encode() + b"\n")
        if time.monotonic() - self._flushed > FLUSHED:
            self._stream.flush()
            self._flushed = time.monotonic()
