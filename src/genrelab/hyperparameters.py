"""A model's hyperparameters: its defaults, and overrides of them checked against what the model declares."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from genrelab.backend import keras_tuner
from genrelab.errors import ConfigError, ModelError, suggest


def build(module: ModuleType, hp: Any, input_shape: tuple[int, ...], n_classes: int) -> Any:
    """Return what `module.build` does; input that it cannot take is a ModelError."""
    try:
        return module.build(hp, input_shape, n_classes)
    except ValueError as error:
        name, reason = module.__name__.rpartition(".")[2], str(error).splitlines()[0]
        raise ModelError(f"model '{name}' cannot take input of shape {input_shape}: {reason}") from error


def choose(module: ModuleType, overrides: Mapping[str, Any], input_shape: tuple[int, ...], n_classes: int) -> Any:
    """Return keras_tuner.HyperParameters at the defaults of `module.build`, changed by `overrides`.

    Keras Tuner checks neither the names nor the ranges of preset values, so it is done here: ConfigError.
    """
    space = keras_tuner.HyperParameters()
    build(module, space, input_shape, n_classes)
    declared = {hp.name: hp for hp in space.space}
    chosen = keras_tuner.HyperParameters()
    for name, value in overrides.items():
        if name not in declared:
            raise ConfigError(f"unknown hyperparameter 'hp.{name}'{suggest(name, declared)}")
        chosen.values[name] = _checked(declared[name], value)
    return chosen


def _checked(hp: Any, value: Any) -> Any:
    """Return `value` as the type of `hp`, or raise a ConfigError that says what would be right."""
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
