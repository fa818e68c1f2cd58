"""State that a crash, a full disk or a merge has damaged: one line that names the file, or made again."""

import json
from pathlib import Path
from typing import Any

from genrelab.console import say
from genrelab.errors import DataError


def read_json(path: Path, *, cure: str) -> Any:
    """Return the object that a JSON file holds; DataError with the file and the cure where it is empty or torn."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise DataError(f"{path} is damaged: it holds no JSON object; {cure}")
    return found


def read_json_or(default: Any, path: Path) -> Any:
    """Return what a JSON file holds; `default` where there is none, or, with a word, where it is damaged."""
    if not path.exists():
        return default
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if isinstance(found, type(default)):
        return found
    say(f"{path} is damaged, and what it held is made again")
    return default
