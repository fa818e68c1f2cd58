"""SHA-256 digests of values and files, in hex, which identify data, settings and work."""

import hashlib
import json
from pathlib import Path
from typing import Any


def of_value(value: Any) -> str:
    """Return 16 hex digits for a JSON-serialisable value; the order of a mapping's keys does not matter."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def of_file(path: Path) -> str:
    """Return the 64 hex digits of a file's contents."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
