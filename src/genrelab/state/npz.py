"""Read arrays from .npz files that others made or a crash damaged."""

import zipfile
from pathlib import Path

import numpy as np

from genrelab.errors import DataError


def read(path: str | Path, where: str = "") -> dict[str, np.ndarray]:
    """Return the arrays of an .npz file by name; DataError, starting with `where` or the path, if it is not one."""
    try:
        # If NumPy opens a file itself and cannot read it, it leaves closing it to the garbage collector.
        with Path(path).open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            return {name: kept[name] for name in kept.files}
    except (ValueError, OSError, EOFError, KeyError, TypeError, zipfile.BadZipFile) as error:
        reason = str(error).partition("\n")[0]
        raise DataError(f"{where or path} is not an .npz file of plain arrays ({reason})") from None
