"""Memory limit for features: `training.memory`, relative to the memory of the machine."""

import os
import re
from pathlib import Path

LIMIT = Path("/sys/fs/cgroup/memory.max")  # limit of a container
UNITS = {"MB": 10**6, "GB": 10**9, "TB": 10**12}
AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(MB|GB|TB)\s*", re.IGNORECASE)


def machine() -> int:
    """Return the bytes of memory of this machine, or of the container that this process runs in."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        return min(total, int(LIMIT.read_text()))
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return total


def allowed(memory: float | str) -> int:
    """Return `training.memory` in bytes.

    Parameters:
        memory: a share (0...1) of the machine's memory, or an amount: `3 GB`, `500 MB`.

    Returns:
        Bytes, 0 or more.

    Raises:
        ValueError: `memory` is neither.
    """
    found = AMOUNT.fullmatch(str(memory))
    if found:
        return int(float(found[1]) * UNITS[found[2].upper()])
    if isinstance(memory, str) or not 0 <= memory <= 1:
        raise ValueError(
            f"must be a share of the machine's memory in 0...1, or an amount such as 3 GB or 500 MB, got {memory}"
        )
    return int(memory * machine())


def text(n: float) -> str:
    """Format a number of bytes for people."""
    return f"{n / 1e9:.1f} GB" if n >= 1e9 else f"{n / 1e6:.0f} MB"
