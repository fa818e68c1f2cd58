"""SHA-256 of values and files, in hex: by these, data, settings and work are known again."""

import hashlib
import json
from pathlib import Path
from typing import Any


def of_value(value: Any) -> str:
    """Return 16 hex digits for a value that JSON can hold; the order of a mapping's keys changes nothing."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def of_file(path: Path) -> str:
    """Return the 64 hex digits of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
