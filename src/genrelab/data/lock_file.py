"""Read dvc.lock and similar files, in which DVC records the stages that it has run."""

from typing import Any

import yaml

from genrelab.errors import DataError
from genrelab.state.home import home


def read(name: str) -> dict[str, Any]:
    """Return the contents of a lock file in the project, by stage; {} if there is none, DataError if it is damaged."""
    path = home() / name
    if not path.exists():
        return {}
    try:
        return dict(yaml.safe_load(path.read_text(encoding="utf-8"))["stages"])
    except (yaml.YAMLError, ValueError, KeyError, TypeError):
        raise DataError(
            f"{name} is damaged: empty, or in conflict after a merge; restore it with `git checkout {name}`, "
            "or remove it to rebuild what is requested"
        ) from None
