"""A folder of state that one process at a time may have."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from genrelab.errors import GenreLabError


@contextlib.contextmanager
def alone(folder: Path, what: str) -> Iterator[Path]:
    """Make `folder` if need be and keep it; GenreLabError if another process has it. The lock goes with the process."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise GenreLabError(f"{what} is running already, in another process") from None
        folder.mkdir(exist_ok=True)
        yield folder
