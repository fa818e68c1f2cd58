"""A state folder that one process at a time may hold."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from genrelab.errors import GenreLabError


@contextlib.contextmanager
def exclusive_lock(folder: Path, what: str, *, wait: bool = False) -> Iterator[Path]:
    """Lock `folder`, creating it if needed; if another process holds it, wait or raise a GenreLabError.

    The lock ends with the process.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise GenreLabError(f"{what} is running already, in another process") from None
        folder.mkdir(exist_ok=True)
        yield folder
