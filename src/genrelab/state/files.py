"""Files that are whole or not there: they are written under another name beside their own, and renamed."""

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path to write to, in the folder of `path`; at the end of the block it becomes `path`.

    What is written is on disk before it is renamed, so that a machine that crashes leaves the old file or the new one.
    If the block raises, `path` is left as it was. The temporary name keeps the suffix, by which libraries know formats.
    """
    partial = path.with_name(f".partial.{path.name}")
    try:
        yield partial
        with partial.open("rb") as stream:
            os.fsync(stream.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Write `text` in UTF-8, with the line ends that it has, whole or not at all."""
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="")


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content`, whole or not at all."""
    with replacing(path) as partial:
        partial.write_bytes(content)


def write_json(path: Path, value: Any, *, indent: int | None = None, sort_keys: bool = False) -> None:
    """Write `value` as JSON, whole or not at all."""
    write_text(path, json.dumps(value, indent=indent, sort_keys=sort_keys, ensure_ascii=False))
