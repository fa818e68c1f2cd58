"""The errors a user can meet: each is one line that names what, which value, and what would be right."""

import difflib
import errno
import re
import sqlite3
from collections.abc import Iterable


class GenreLabError(Exception):
    """Root of all expected errors; the command line prints it in one line and exits with `exit_code`."""

    exit_code = 2

    def __init__(self, *texts: str) -> None:
        super().__init__(*map(masked, texts))


class ConfigError(GenreLabError):
    """A parameter, a name or an override is wrong."""


class DataError(GenreLabError):
    """A corpus, a sound or a feature store is missing, broken or out of date."""


class ModelError(GenreLabError):
    """A model cannot be built, trained, loaded or applied."""


class IncompleteError(GenreLabError):
    """A part of the work could not be done, and the rest is done."""

    exit_code = 3


class StoreError(GenreLabError):
    """The tracking store or the registry cannot be reached, or refuses."""


def masked(text: str) -> str:
    """Return a text with *** for the user, password and query of every address in it.

    >>> masked("cannot fetch https://me:secret@music.org/a.zip?token=1")
    'cannot fetch https://***@music.org/a.zip?***'
    """
    text = re.sub(r"(\w://)[^\s/'\"]+@", r"\1***@", text)
    return re.sub(r"(\w://[^\s/?'\"][^\s?'\"]*)\?[^\s'\")>]*[^\s'\")>;,.:]", r"\1?***", text)


def why(error: BaseException) -> str:
    """Return the first line of an error, with its kind where it is none of the above."""
    line = masked((str(error).splitlines() or [""])[0])
    return line if isinstance(error, GenreLabError) else f"{type(error).__name__}: {line}"


MAKE_ROOM = "make room, and run the same command again"
MAKE_WRITABLE = "make it accessible, and run the same command again"
CURES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), MAKE_ROOM),
    **dict.fromkeys((errno.EROFS, errno.EACCES, errno.EPERM), MAKE_WRITABLE),
}


def of_machine(error: BaseException) -> str:
    """Return a line for an error that comes of a full disk or of what may not be written; "" for any other.

    Libraries wrap such errors in their own, so that their causes are looked at, too.
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in CURES:
            return f"{seen.filename or 'the output'}: {seen.strerror}; {CURES[seen.errno]}"
        if isinstance(seen, sqlite3.OperationalError) and "full" in str(seen):
            return f"the tracking database: {seen}; {MAKE_ROOM}"
        if isinstance(seen, sqlite3.OperationalError) and "readonly" in str(seen):
            return f"the tracking database: {seen}; {MAKE_WRITABLE}"
        seen = seen.__cause__ or seen.__context__
    return ""


def suggest(name: str, known: Iterable[str]) -> str:
    """Return the tail of an error message that leads from a wrong name to the right one.

    >>> suggest("jaz", ["blues", "jazz"])
    "; did you mean 'jazz'? Known: blues, jazz"
    """
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1)
    question = f"; did you mean '{near[0]}'?" if near else "."
    return f"{question} Known: {', '.join(known) or '(none)'}"
