"""Locate everything that genrelab keeps: params.yaml, data/, reports/, mlflow.db, mlruns/ and .genrelab/."""

import os
from pathlib import Path


def home() -> Path:
    """Return the project's folder: GENRELAB_HOME if it is set, else the current folder.

    Example:
        >>> home() / "params.yaml"                                              # doctest: +SKIP
        PosixPath('params.yaml')
    """
    named = os.environ.get("GENRELAB_HOME", "")
    return Path(named).expanduser().absolute() if named else Path()


def named_path(text: str) -> Path:
    """Return the path that a value of params.yaml names: relative to the project's folder, or with ~."""
    return home() / Path(text).expanduser()


def state_folder() -> Path:
    """Return the folder for state kept between commands; it may be deleted when none is running."""
    return home() / ".genrelab"
