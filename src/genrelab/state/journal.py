"""What a long work has finished, written down as it goes, so that after a kill it resumes from there."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

FLUSHED = 1.0  # seconds of work that a kill may cost


class Journal:
    """A file to which entries are only ever appended: the name of the work, then one entry of JSON a line.

    It holds the entries of this work alone: those of another are thrown away. A last line that a kill has torn is
    dropped, and so is what a crashed machine has left behind it. Use as a context manager, and by one process at a
    time.
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
        """Yield the entries in the order of their writing. Read them to the end before anything is added."""
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
        """Append an entry; it survives a kill of the process that comes later than FLUSHED seconds."""
        self._stream.write(json.dumps(entry, separators=(",", ":")).encode() + b"\n")
        if time.monotonic() - self._flushed > FLUSHED:
            self._stream.flush()
            self._flushed = time.monotonic()
