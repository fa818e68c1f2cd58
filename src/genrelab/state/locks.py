"""A folder of state that one process at a time may have."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from genrelab.errors import GenreLabError


@contextlib.contextmanager
def exclusive_lock(folder: Path, what: str, *, wait: bool = False) -> Iterator[Path]:
    """Make `folder` if need be and keep it; if another process has it, wait for that or raise a GenreLabError.

    The lock goes with the process.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise GenreLabError(f"{what} is running already, in another process") from None
        folder.mkdir(exist_ok=True)
        yield folder
