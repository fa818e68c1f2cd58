"""Read params.yaml; values from the command line override it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import yaml

from genrelab.config.config import ALIASES, Config
from genrelab.config.dotted import place, set_value
from genrelab.config.sections import Value
from genrelab.errors import ConfigError
from genrelab.state.home import home

DEFAULTS = Path(__file__).parents[1] / "project" / "params.yaml"  # the repository's own, which the package ships


class _Loader(yaml.SafeLoader):
    """YAML that reads 1e-3 as a number, as everywhere but in YAML 1.1, and dates as text."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[Any]]] = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"), list("-+.0123456789")
)


def parse_scalar(text: str) -> Any:
    """Return the value of a command-line word, read as in params.yaml."""
    try:
        return yaml.load(text, _Loader)
    except (yaml.YAMLError, ValueError):
        return text


def load(path: str | Path | None = None, overrides: Mapping[str, Value] | None = None) -> Config:
    """Read params.yaml, apply overrides and validate the whole.

    Parameters:
        path: the file, in the current folder or in the project's; params.yaml by default.
        overrides: dotted name -> value, such as {"training.epochs": 3}; text is read as YAML, as on the command line.

    Returns:
        The configuration. It is immutable.

    Raises:
        ConfigError: in one line, a file that is missing or not YAML, an unknown key, a wrong type, a value out of
            range, or an unknown name.

    Example:
        >>> config = gl.load_config(overrides={"split": "kfold", "splits.kfold.folds": 3})
        >>> config.split, config.training.epochs
        ('kfold', 25)
    """
    path = home() / "params.yaml" if path is None else Path(path)
    path = path if path.exists() else home() / path
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except FileNotFoundError:
        raise ConfigError(
            f"there is no {path.name} in {path.parent.absolute()}; change to the project's folder, or write one with: "
            "genrelab init"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{path} must be a mapping of parameters, got {type(data).__name__}")
    for key, value in (overrides or {}).items():
        name = place(data, ALIASES.get(key, key))
        set_value(data, name, parse_scalar(value) if isinstance(value, str) else value)
    return Config.resolved(data)


def load_or_default(overrides: Mapping[str, Value] | None = None) -> Config:
    """Return the config of params.yaml or, if there is none, of the one that `genrelab init` writes."""
    own = home() / "params.yaml"
    return load(own if own.exists() else DEFAULTS, overrides)
