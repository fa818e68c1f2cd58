"""The GPUs that this process may use, by the names that CUDA_VISIBLE_DEVICES takes."""

import contextlib
import fcntl
import functools
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

VARIABLE = "CUDA_VISIBLE_DEVICES"


def visible() -> list[str]:
    """Return the names of the GPUs: those in CUDA_VISIBLE_DEVICES if it is set, else all that the driver knows."""
    if (chosen := os.environ.get(VARIABLE)) is None:
        return [*_known_to_driver()]
    names = [name.strip() for name in chosen.split(",")]
    return names[: next((i for i, name in enumerate(names) if name in ("", "-1")), None)]  # as CUDA parses it


@functools.cache
def _known_to_driver() -> tuple[str, ...]:
    command = ["nvidia-smi", "--query-gpu=uuid", "--format=csv,noheader"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):  # no driver, or no GPU that responds
        return ()
    return tuple(line.strip() for line in found.stdout.splitlines() if line.strip())


@contextlib.contextmanager
def free() -> Iterator[dict[str, str]]:
    """Reserve a GPU that no other genrelab process on this machine holds; yield the environment that selects it.

    The environment is empty if fewer than two GPUs are visible, or if all are taken: then the process shares one, and
    the backend uses the first.
    """
    names = visible()
    with contextlib.ExitStack() as kept:
        found = next((name for name in names if _kept_now(name, kept)), None) if len(names) > 1 else None
        yield {} if found is None else {VARIABLE: found}


def _kept_now(name: str, kept: contextlib.ExitStack) -> bool:
    """Try to reserve the GPU of this name until `kept` is closed or the process ends; return whether it was free."""
    folder = Path(tempfile.gettempdir()) / f"genrelab-cards-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    lock = (folder / name.replace("/", "-")).open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return False
    kept.enter_context(lock)
    return True
