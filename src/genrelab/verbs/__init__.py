"""The verbs: each is one function that takes values, returns a result, and prints a summary of it.

The command line, the MLflow entry points and the Python API all call these functions. A verb's name, options and help
are defined in one place, its signature and its docstring. `genrelab.cli` builds the command from them; a test checks
that MLproject and README name every verb. To add a verb, write the function and add its name to GROUPS.

Neither this module nor the top level of the modules below imports anything heavy, because `--help` reads them all.
"""

import importlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from genrelab.errors import ConfigError

if TYPE_CHECKING:
    from genrelab.config import Config
    from genrelab.parallel import Workers

# Module of this package -> its verbs, in the order of the help.
GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "data": ("build", "explore", "audit"),
        "training": ("main", "train", "tune"),
        "evaluation": ("evaluate", "compare", "promote"),
        "inference": ("predict", "similar", "drift", "export", "app"),
        "experiments": ("zoo", "replicate", "leakage", "robustness"),
        "project": ("init", "show_config", "schema", "ui"),
        "stages": ("source", "dataset", "features", "survey", "pictures"),
    }
)
# Verbs that record nothing that an MLflow run could hold: they have no entry point in MLproject.
LOCAL = frozenset({*GROUPS["project"], *GROUPS["stages"], "build", "app"})
# Verbs that take the defaults where there is no params.yaml: what a saved model needs, it brings along.
WITHOUT_PARAMS = frozenset({"predict", "similar", "drift", "app"})


def load(group: str, verb: str) -> Callable[..., Any]:
    """Return the function of a verb."""
    function: Callable[..., Any] = getattr(importlib.import_module(f"genrelab.verbs.{group}"), verb)
    return function


def config_or_default(config: "Config | None") -> "Config":
    """Return the given config, or that of params.yaml if none is given."""
    from genrelab.config import load

    return load() if config is None else config


def config_or_shipped(config: "Config | None") -> "Config":
    """Return the given config, or that of params.yaml, or the defaults if there is no params.yaml."""
    from genrelab.config import load_or_default

    return load_or_default() if config is None else config


def workers(config: "Config") -> "Workers":
    """Return the workers for parallel jobs: a number of processes on this machine, or the address of a cluster."""
    return config.workers if isinstance(config.workers, str) else processes(config)


def processes(config: "Config") -> int:
    """Return the number of processes for work that this machine does itself, even if there is a cluster."""
    import joblib

    return config.workers if isinstance(config.workers, int) and config.workers else int(joblib.cpu_count())


def check_port(port: int) -> None:
    """Raise a ConfigError if the number is not a port to listen on."""
    if not 0 < port < 65536:
        raise ConfigError(f"port must be a number in 1...65535, got {port}")
