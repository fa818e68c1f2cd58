"""Arrays in .npz files that others have made, or that a crash has torn."""

import zipfile
from pathlib import Path

import numpy as np

from genrelab.errors import DataError


def read(path: str | Path, where: str = "") -> dict[str, np.ndarray]:
    """Return the arrays of an .npz file by name; DataError, which begins with `where` or the path, if it is none."""
    try:
        # NumPy leaves a file that it has opened itself, and cannot read, to the garbage collection.
        with Path(path).open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            return {name: kept[name] for name in kept.files}
    except (ValueError, OSError, EOFError, KeyError, TypeError, zipfile.BadZipFile) as error:
        reason = str(error).partition("\n")[0]
        raise DataError(f"{where or path} is no .npz file of plain arrays ({reason})") from None
