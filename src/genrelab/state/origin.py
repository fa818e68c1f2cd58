"""Record in a folder of results what they were computed from, to keep them until that changes."""

import json
from pathlib import Path

from genrelab.state import digests, files

NOTE = "computed_from.json"


def write(folder: Path, work: str) -> None:
    """Record in `folder` that its files are the results of `work`, a digest of everything they depend on."""
    files.write_json(folder / NOTE, {"work": work, "files": _contents(folder)}, indent=1, sort_keys=True)


def is_current(folder: Path, work: str) -> bool:
    """Return whether `folder` holds the results of `work`, with every file unchanged."""
    try:
        note = json.loads((folder / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return note == {"work": work, "files": _contents(folder)}


def _contents(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / NOTE)
    return {path.relative_to(folder).as_posix(): digests.of_file(path) for path in paths}
