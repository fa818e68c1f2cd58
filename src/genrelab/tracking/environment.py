"""What a run was made with, the code commit and the packages, and what a registered model needs."""

import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path

from genrelab.console import warn

PACKAGES = (
    *("mlflow", "tensorflow", "keras", "keras-tuner", "librosa", "scikit-learn", "dvc", "numpy", "soxr", "soundfile"),
    "zarr",
)

SERVING = (
    *("mlflow", "tensorflow", "keras", "scikit-learn", "skops", "librosa", "soundfile", "soxr", "numpy", "pandas"),
    *("pydantic", "PyYAML", "scipy", "kymatio"),
)


CODE = ("--", ":(top)", ":(top,exclude)dvc.lock", ":(top,exclude)on_request")  # paths that git compares


def git() -> dict[str, str]:
    """Return the commit of the code and whether tracked files differ from it; empty outside a git checkout.

    DVC's record of the data does not count: a run has the data's hashes themselves.
    """
    try:
        _git("ls-files", "--error-unmatch", "__init__.py")  # not tracked if the checkout is of something else
        commit = _git("rev-parse", "HEAD")
        # A new model file that is not yet added is not in the commit either.
        dirty = _git("status", "--porcelain", "--untracked-files=no", *CODE) or _git("status", "--porcelain", ".")
    except FileNotFoundError:
        _warn_of_git()
        return {}
    except (OSError, subprocess.CalledProcessError):
        return {}
    return {"git.commit": commit, "git.dirty": str(bool(dirty)).lower()}


@cache
def _warn_of_git() -> None:
    warn("git is not installed: runs do not record the commit of the code")


def _git(*arguments: str) -> str:
    package = Path(__file__).parents[1]
    return subprocess.run(["git", *arguments], cwd=package, capture_output=True, text=True, check=True).stdout.strip()


def serving_requirements() -> list[str]:
    """Return the pinned packages that a registered model needs to load."""
    return [f"{name}=={metadata.version(name)}" for name in SERVING]


def packages() -> dict[str, str]:
    """Return the installed versions of the packages that results depend on."""
    return {f"version.{name}": metadata.version(name) for name in PACKAGES}
