"""Plug-ins found by name: the module `genrelab.models.cnn` is the model `cnn`, and nothing else registers it.

A group is a sub-package (`datasets`, `features`, `splits`, `models`); its public names are its modules.
"""

import importlib
import importlib.util
import pkgutil
from types import ModuleType

from genrelab.errors import ConfigError, suggest

GROUPS = ("datasets", "features", "models", "splits")


def names(group: str) -> list[str]:
    """Return the names of the plug-ins of a group, without importing any of them.

    Parameters:
        group: datasets, features, models or splits.

    Returns:
        The names, sorted.

    Raises:
        ConfigError: there is no such group.

    Example:
        >>> gl.names("models")[:2]
        ['cnn', 'crnn']
    """
    if group not in GROUPS:
        raise ConfigError(f"there is no group of plug-ins '{group}'{suggest(group, GROUPS)}")
    package = importlib.import_module(f"genrelab.{group}")
    return sorted(m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_"))


def load(group: str, name: str) -> ModuleType:
    """Import the plug-in `name` of `group`; a name that does not exist is a ConfigError with the nearest right one."""
    known = names(group)
    if name not in known:
        raise ConfigError(f"there is no '{name}' among the {group}{suggest(str(name), known)}")
    return importlib.import_module(f"genrelab.{group}.{name}")
