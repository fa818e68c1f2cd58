"""The one reporter: whatever genrelab prints goes through here, and never costs what was worked out.

A closed pipe ends no work, and a name that the terminal cannot encode is printed with replacements.
"""

import os
import sys
from typing import Any


def say(text: str = "") -> None:
    """Print a line of results or progress on standard output, at once."""
    print(text, flush=True)


def warn(text: str) -> None:
    """Print a line of advice on standard error, which is no part of a result."""
    print(text, file=sys.stderr, flush=True)


class PatientStream:
    """A text stream that can be written to after its reader has gone: what nobody reads is dropped.

    So `train | head` trains on, and `predict --output p.csv | true` writes its file.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        stream.reconfigure(errors="replace" if stream is sys.stdout else "backslashreplace")

    def write(self, text: str) -> int:
        """Write, or drop, a text; return its length."""
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            self._drop()
            return len(text)

    def flush(self) -> None:
        """Hand over what was written."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._drop()

    def _drop(self) -> None:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, self._stream.fileno())
        os.close(null)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def settle() -> None:
    """Make the standard streams of this process patient."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if hasattr(stream, "reconfigure"):
            setattr(sys, name, PatientStream(stream))
