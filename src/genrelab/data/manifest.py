"""A user's table of clips: their artists, and labels other than the source gives."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from genrelab.corpus import from_csv
from genrelab.data.checksums import digests
from genrelab.data.ingest import Candidate
from genrelab.errors import DataError
from genrelab.state.home import named_path

NAMES = ["clip", "id", "path"]  # columns that may name the clip; the first there is taken


def annotate(candidates: Sequence[Candidate], manifest: str, id_of: Callable[[str], str]) -> list[Candidate]:
    """Return `candidates` with the artists and labels of a CSV file; an empty `manifest` changes nothing.

    The file has a column clip, id or path, and artist, label or both; other columns, and clips that are not there,
    are ignored; an empty cell says nothing. `id_of` turns a name of the manifest into a clip's id.
    Raises DataError for a file that is missing, no such table, names a clip twice, or none that is there.
    """
    if not manifest:
        return list(candidates)
    table = _read(manifest)
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
        raise DataError(f"the manifest {manifest} names none of the clips; its column '{name}' should hold {example!r}")
    return [replace(c, **rows.get(c.id, {})) for c in candidates]


def fingerprint(manifest: str, cache: Path) -> dict[str, str]:
    """Return the manifest's digest as {"manifest": ...}, or nothing where there is none."""
    return digests({"manifest": _path(manifest)}, cache.with_name(f"manifest-{cache.name}")) if manifest else {}


def _path(manifest: str) -> Path:
    path = named_path(manifest).absolute()
    if not path.is_file():
        raise DataError(f"the manifest {manifest} does not exist (looked for {path})")
    return path


def _read(manifest: str) -> pd.DataFrame:
    try:
        return from_csv(pd.read_csv(_path(manifest), dtype=str, keep_default_na=False))
    except (ValueError, OSError) as error:  # ValueError: no table, or no UTF-8
        raise DataError(f"the manifest {manifest} is not a CSV table: {' '.join(str(error).split())}") from None
