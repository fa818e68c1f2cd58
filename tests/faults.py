"""Counts what a process does to the files below a folder and to the tracking store; ends or fails it at the n-th.

Armed by the environment: GENRELAB_FAULT is `count`, `kill:<n>` (SIGKILL before the n-th operation), `full:<n>` (the
n-th operation that needs room on the disk finds none), `full` (none of them does) or `readonly` (all operations fail);
GENRELAB_FAULT_LOG gets a line an operation.
"""

import errno
import os
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
NEEDS_ROOM = {"open", "os.mkdir", "os.rename", "os.link", "os.symlink", "commit"}
FREES_ROOM = {"os.remove", "os.rmdir", "os.truncate"}


def arm(folder: str) -> None:
    """Count from now on, in this process alone, whatever it starts."""
    how, _, number = os.environ.pop("GENRELAB_FAULT").partition(":")
    log = os.open(os.environ.pop("GENRELAB_FAULT_LOG"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    root, process, point, seen = os.path.realpath(folder), os.getpid(), int(number or 0), 0

    always = how in ("full", "readonly") and not number
    code = errno.EROFS if how == "readonly" else errno.ENOSPC

    def meet(event: str, what: str) -> None:
        nonlocal seen
        if os.getpid() != process or (how == "full" and event not in NEEDS_ROOM):
            return
        seen += 1
        os.write(log, f"{seen} {event} {what}\n".encode("utf-8", "replace"))
        if seen == point and how == "kill":
            os.kill(process, signal.SIGKILL)
        if not always and (seen != point or how != "full"):
            return
        if event == "commit":
            readonly = "attempt to write a readonly database"
            raise sqlite3.OperationalError(readonly if how == "readonly" else "database or disk is full")
        raise OSError(code, os.strerror(code), what)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in NEEDS_ROOM and event not in FREES_ROOM:
            return
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & WRITING):
            return
        if not isinstance(arguments[0], str | bytes):
            return
        path = str(Path.cwd() / os.fsdecode(arguments[0]))
        if path.startswith(root + os.sep) and "__pycache__" not in path:
            meet(event, path.removeprefix(root + os.sep))

    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    event.listen(Engine, "commit", lambda connection: meet("commit", ""))
    sys.addaudithook(hook)
