"""A model's hyperparameters: defaults, overrides checked against its declarations, presets, and search spaces.

A space is a set of patterns of hyperparameter names: one that the model names in `SPACES`, `all`, or the user's own
list (`units,dense.*`). A preset is a set of values that the model names in `PRESETS`.
"""

import fnmatch
from collections.abc import Mapping
from typing import Any

from genrelab.errors import ConfigError, ModelError, suggest
from genrelab.features._base import Shape
from genrelab.layers.keras_backend import keras_tuner
from genrelab.plugins import ModelModule


def build(module: ModelModule, hp: Any, input_shape: Shape, n_classes: int) -> Any:
    """Return the result of `module.build`; ModelError for input that it cannot take."""
    try:
        return module.build(hp, input_shape, n_classes)
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise ModelError(f"model '{_name(module)}' cannot take input of shape {input_shape}: {reason}") from error


def choose(module: ModelModule, overrides: Mapping[str, Any], input_shape: Shape, n_classes: int) -> Any:
    """Return keras_tuner.HyperParameters with the defaults of `module.build`, changed by `overrides`.

    Keras Tuner checks neither the names nor the ranges of preset values, so this function does, with ConfigError.
    """
    known = declared(module, input_shape, n_classes)
    chosen = keras_tuner.HyperParameters()
    for name, value in overrides.items():
        if name not in known:
            raise ConfigError(f"unknown hyperparameter 'hp.{name}'{suggest(name, known)}")
        chosen.values[name] = checked(known[name], value)
    return chosen


def searched(module: ModelModule, space: str, fixed: Mapping[str, Any], input_shape: Shape, n_classes: int) -> Any:
    """Return keras_tuner.HyperParameters with those that `space` picks, each with its range.

    Raises ConfigError if a pattern matches nothing or the space picks one of those in `fixed`.
    """
    known = declared(module, input_shape, n_classes)
    named = {"all": ("*",), **getattr(module, "SPACES", {})}
    words = [word.strip() for word in space.split(",")]
    patterns = [pattern for word in words for pattern in named.get(word, (word,))]
    for pattern in patterns:
        if not fnmatch.filter(known, pattern):
            raise ConfigError(
                f"'{pattern}' is not a space of model '{_name(module)}' and matches none of its hyperparameters"
                f"{suggest(pattern, [*named, *known])}"
            )
    picked = [name for name in known if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)]
    twice = sorted({*picked} & {*fixed})
    if twice:
        raise ConfigError(f"hp.{twice[0]} is both given and searched by space '{space}'; leave out one of the two")
    chosen = keras_tuner.HyperParameters()
    chosen.merge([known[name] for name in picked])
    return chosen


def params(hp: Any) -> dict[str, Any]:
    """Return chosen hyperparameters as a run logs them; those of augmentation only if it is on, for legibility."""
    return {f"hp.{name}": value for name, value in hp.values.items() if value or not name.startswith("augment.")}


def preset(module: ModelModule, name: str) -> dict[str, Any]:
    """Return the hyperparameters of one of the model's presets, or raise a ConfigError."""
    known = getattr(module, "PRESETS", {})
    if name not in known:
        raise ConfigError(f"model '{_name(module)}' has no preset '{name}'{suggest(name, known)}")
    return dict(known[name])


def declared(module: ModelModule, input_shape: Shape, n_classes: int) -> dict[str, Any]:
    """Return the hyperparameters that a model registers while it is built, by name."""
    space = keras_tuner.HyperParameters()
    build(module, space, input_shape, n_classes)
    return {hp.name: hp for hp in space.space}


def _name(module: ModelModule) -> str:
    return module.__name__.rpartition(".")[2]


def checked(hp: Any, value: Any) -> Any:
    """Return `value` as the type of `hp`, or raise a ConfigError that says what is allowed."""
    wrong = ConfigError(f"hyperparameter 'hp.{hp.name}' must be {_range(hp)}, got {value!r}")
    if isinstance(hp, keras_tuner.engine.hyperparameters.Choice):
        if value not in hp.values:
            raise wrong
        return value
    if isinstance(hp, keras_tuner.engine.hyperparameters.Boolean):
        if not isinstance(value, bool):
            raise wrong
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not hp.min_value <= value <= hp.max_value:
        raise wrong
    if isinstance(hp, keras_tuner.engine.hyperparameters.Int):
        if value != int(value) or (int(value) - hp.min_value) % (hp.step or 1):
            raise wrong
        return int(value)
    return float(value)


def _range(hp: Any) -> str:
    if isinstance(hp, keras_tuner.engine.hyperparameters.Choice):
        return f"one of {', '.join(map(str, hp.values))}"
    if isinstance(hp, keras_tuner.engine.hyperparameters.Boolean):
        return "true or false"
    step = f" in steps of {hp.step}" if hp.step and hp.sampling == "linear" else ""
    kind = "a whole number" if isinstance(hp, keras_tuner.engine.hyperparameters.Int) else "a number"
    return f"{kind} in {hp.min_value:g}...{hp.max_value:g}{step}"
