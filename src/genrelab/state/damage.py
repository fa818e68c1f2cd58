"""Read state that a crash, a full disk or a merge may have damaged: raise one line, or fall back to a default."""

import json
from pathlib import Path
from typing import Any

from genrelab.console import say
from genrelab.errors import DataError


def read_json(path: Path, *, cure: str) -> Any:
    """Return the object in a JSON file; DataError with the file and the cure if it is empty or damaged."""
    found = _parsed(path)
    if not isinstance(found, dict):
        raise DataError(f"{path} is damaged: it holds no JSON object; {cure}")
    return found


def is_whole(path: Path) -> bool:
    """Return whether the file exists and holds a JSON object."""
    return path.exists() and isinstance(_parsed(path), dict)


def read_json_or(default: Any, path: Path) -> Any:
    """Return the contents of a JSON file; `default` if there is none, or, with a message, if it is damaged."""
    if not path.exists():
        return default
    found = _parsed(path)
    if isinstance(found, type(default)):
        return found
    say(f"{path} is damaged; its contents are rebuilt")
    return default


def _parsed(path: Path) -> Any:
    """Return the contents of a JSON file; None if it is damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None
