"""Access to nested mappings by dotted names, such as training.epochs."""

from collections.abc import Mapping
from typing import Any

from genrelab.errors import ConfigError


def set_value(data: dict[str, Any], dotted: str, value: Any) -> None:
    """Set a value within nested mappings; ConfigError if the name leads through a value."""
    *parents, last = dotted.split(".")
    where = data
    for i, part in enumerate(parents):
        nested = where.setdefault(part, {})
        if nested is None:
            nested = where[part] = {}
        if not isinstance(nested, dict):
            raise ConfigError(f"'{dotted}' cannot be set: '{'.'.join(parents[: i + 1])}' is a value, not a group")
        where = nested
    where[last] = value


def place(data: Mapping[str, Any], dotted: str) -> str:
    """Return a value's name in params.yaml: `on_request.stft.n_fft` for `features.stft.n_fft` if it is there."""
    group, _, name = dotted.partition(".")
    kind = name.partition(".")[0]
    if group != "features" or kind in (data.get("features") or ()):
        return dotted
    return f"on_request.{name}" if kind in (data.get("on_request") or ()) else dotted


def flatten(data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested mappings as one level with dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in data.items():
        name = f"{prefix}{key}"
        flat.update(flatten(value, f"{name}.") if isinstance(value, Mapping) and value else {name: value})
    return flat
