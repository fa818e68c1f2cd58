"""Read a user's table of clips: artists, labels that override those of the source, or tags."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from genrelab.corpus import apart, from_csv
from genrelab.data.checksums import digests
from genrelab.data.ingest import Candidate
from genrelab.errors import DataError
from genrelab.state.home import named_path

NAMES = ["clip", "id", "path"]  # columns that may name the clip; the first one found is used
TAGS = "tags"


def annotate(candidates: Sequence[Candidate], manifest: str, id_of: Callable[[str], str]) -> list[Candidate]:
    """Return `candidates` with the artists and labels of a CSV file; an empty `manifest` changes nothing.

    The file has a column clip, id or path, and a column artist, label or both. Other columns, unknown clips and empty
    cells are ignored. `id_of` turns a name in the manifest into a clip id.
    Raises DataError if the file is missing, is not such a table, names a clip twice, or names no known clip.
    """
    if not manifest:
        return list(candidates)
    table = _read(manifest, "manifest")
    name = next((c for c in NAMES if c in table.columns), None)
    told = [c for c in ("label", "artist") if c in table.columns]
    if not name or not told:
        raise DataError(
            f"the manifest {manifest} has the columns {', '.join(table.columns)}; "
            "expected one of clip, id, path and one or both of label, artist"
        )
    rows: dict[str, dict[str, Any]] = {}
    for row in table.to_dict("records"):
        clip = id_of(row[name].strip())
        if clip in rows:
            raise DataError(f"the manifest {manifest} names the clip '{clip}' twice")
        rows[clip] = {column: row[column].strip() for column in told if row[column].strip()}
    if not rows.keys() & {c.id for c in candidates}:
        example = candidates[0].id if candidates else ""
        raise DataError(f"the manifest {manifest} matches no clip; its column '{name}' should hold {example!r}")
    return [replace(c, **rows.get(c.id, {})) for c in candidates]


def tags(path: str) -> dict[str, list[str]]:
    """Return the tags in a CSV file by clip, in file order; a clip may have several rows, or none.

    The file has a column clip, id or path, and a column tags with tags separated by ;.
    Raises DataError if the file is missing or is not such a table.
    """
    table = _read(path, "table of tags")
    name = next((c for c in NAMES if c in table.columns), None)
    if not name or TAGS not in table.columns:
        raise DataError(
            f"the table of tags {path} has the columns {', '.join(table.columns)}; "
            f"expected one of {', '.join(NAMES)}, and {TAGS}"
        )
    found: dict[str, list[str]] = {}
    for clip, cell in zip(table[name], table[TAGS], strict=True):
        found.setdefault(clip.strip(), []).extend(apart(cell))
    return found


def fingerprint(manifest: str, cache: Path) -> dict[str, str]:
    """Return the manifest's digest as {"manifest": ...}, or {} if there is no manifest."""
    if not manifest:
        return {}
    return digests({"manifest": _path(manifest, "manifest")}, cache.with_name(f"manifest-{cache.name}"))


def _path(name: str, what: str) -> Path:
    path = named_path(name).absolute()
    if not path.is_file():
        raise DataError(f"the {what} {name} does not exist (looked for {path})")
    return path


def _read(name: str, what: str) -> pd.DataFrame:
    try:
        return from_csv(pd.read_csv(_path(name, what), dtype=str, keep_default_na=False))
    except (ValueError, OSError) as error:  # ValueError: not a table, or not UTF-8
        raise DataError(f"the {what} {name} is not a CSV table: {' '.join(str(error).split())}") from None
