"""Folders that are replaced or removed so that a kill at any moment leaves none that is there in part."""

import shutil
from pathlib import Path


def replace(new: Path, target: Path) -> None:
    """Put the folder `new` in the place of `target`, whose old content stays until then.

    Both must lie on one file system. A kill leaves the old content, or `new` where it was, or the new content.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    old = _trash(new)
    shutil.rmtree(old, ignore_errors=True)  # of a replacement that was killed
    if target.exists():
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def discard(folder: Path) -> None:
    """Remove a folder at once, and what an earlier, killed call has left of it; no folder is no error."""
    trash = _trash(folder)
    shutil.rmtree(trash, ignore_errors=True)
    if folder.exists():
        folder.rename(trash)
        shutil.rmtree(trash)


def _trash(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.trash")
