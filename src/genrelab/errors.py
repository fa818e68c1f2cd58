"""The errors a user can see: each is one line that states what is wrong, the value, and what would be right."""

import difflib
import errno
import re
import sqlite3
from collections.abc import Iterable


class GenreLabError(Exception):
    """Base class of all expected errors; the command line prints it in one line and exits with `exit_code`."""

    exit_code = 2

    def __init__(self, *texts: str) -> None:
        super().__init__(*map(masked, texts))


class ConfigError(GenreLabError):
    """A parameter, a name or an override is wrong."""


class DataError(GenreLabError):
    """A corpus, an audio file or a feature store is missing, broken or out of date."""


class ModelError(GenreLabError):
    """A model cannot be built, trained, loaded or applied."""


class IncompleteError(GenreLabError):
    """Part of the work could not be done; the rest is done."""

    exit_code = 3


class StoreError(GenreLabError):
    """The tracking store or the registry cannot be reached, or refuses a request."""


def masked(text: str) -> str:
    """Replace the user, password and query of every URL in a text by ***.

    >>> masked("cannot fetch https://me:secret@music.org/a.zip?token=1")
    'cannot fetch https://***@music.org/a.zip?***'
    """
    text = re.sub(r"(\w://)[^\s/'\"]+@", r"\1***@", text)
    return re.sub(r"(\w://[^\s/?'\"][^\s?'\"]*)\?[^\s'\")>]*[^\s'\")>;,.:]", r"\1?***", text)


def why(error: BaseException) -> str:
    """Return the first line of an error, prefixed with its type unless it is a GenreLabError."""
    line = masked((str(error).splitlines() or [""])[0])
    return line if isinstance(error, GenreLabError) else f"{type(error).__name__}: {line}"


MAKE_ROOM = "free some space and run the same command again"
MAKE_WRITABLE = "make it accessible and run the same command again"
CURES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), MAKE_ROOM),
    **dict.fromkeys((errno.EROFS, errno.EACCES, errno.EPERM), MAKE_WRITABLE),
}


def of_machine(error: BaseException) -> str:
    """Return a line for an error caused by a full disk or missing permissions; "" for any other error.

    Libraries wrap such errors in their own, so the causes of an error are checked too.
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
    """Return the end of an error message, which suggests the right name for a wrong one.

    >>> suggest("jaz", ["blues", "jazz"])
    "; did you mean 'jazz'? Known: blues, jazz"
    """
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1)
    question = f"; did you mean '{near[0]}'?" if near else "."
    return f"{question} Known: {', '.join(known) or '(none)'}"
