"""Replace or remove folders such that a kill at any moment leaves no partial folder."""

import shutil
from pathlib import Path


def replace(new: Path, target: Path) -> None:
    """Replace the folder `target` by the folder `new`; the old content stays until then.

    Both must lie on the same file system. A kill leaves the old content, or `new` where it was, or the new content.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    old = _trash(new)
    shutil.rmtree(old, ignore_errors=True)  # left by a replacement that was killed
    if target.exists():
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def discard(folder: Path) -> None:
    """Remove a folder in one step, and what a killed earlier call left of it; a missing folder is not an error."""
    trash = _trash(folder)
    shutil.rmtree(trash, ignore_errors=True)
    if folder.exists():
        folder.rename(trash)
        shutil.rmtree(trash)


def _trash(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.trash")
