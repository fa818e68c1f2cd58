"""Models by name: a module of models/, or an ensemble of several joined with + (`cnn+svm`).

To the code that trains it, an ensemble looks like a module: it has a feature (its members' features, joined),
hyperparameters (its members' under their names, `cnn.conv1.units`, and how to combine them) and `build`. Each member
keeps its own feature, training recipe and slices.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from genrelab import plugins
from genrelab.classifiers.slicing import Slicing, slicing
from genrelab.config import Config, Training
from genrelab.errors import ConfigError
from genrelab.features._base import JOIN, Feature, Shape
from genrelab.models import Paper
from genrelab.plugins import ModelModule
from genrelab.state import code


class Member(NamedTuple):
    """One model of an ensemble: its input and its training parameters."""

    name: str
    module: ModelModule
    feature: Feature
    slicing: Slicing | None
    training: Training

    @property
    def input_shape(self) -> Shape:
        """Shape of the model's input: a clip's feature, or a slice of it."""
        cut = self.slicing
        return self.feature.sliced_shape(cut.width) if cut else self.feature.input_shape


class Ensembled(NamedTuple):
    """The result of an ensemble's `build`: members, each one's hyperparameters, and how to combine them."""

    members: list[Member]
    hps: list[Any]
    places: list[list[tuple[int, int]]]  # for each member, (from, to) columns of the joined feature; [] for all
    combine: str
    c: float


class Ensemble:
    """Several models as one, with the interface of a module of models/."""

    SPACES: Mapping[str, tuple[str, ...]] = {"combination": ("combine", "stack.C")}
    PAPER = Paper(
        cite="own",
        reported="-",
        data="-",
        left_open="",
        differs="Several models as one: the mean of their calibrated probabilities, or a regression on them.",
    )

    def __init__(self, name: str, config: Config) -> None:
        names = name.split(JOIN)
        if len({*names}) < len(names):
            raise ConfigError(f"an ensemble must have each model once, got '{name}'")
        self.__name__ = f"genrelab.models.{name}"
        stray = [name for name in config.members if name.partition(".")[0] not in names]
        if stray:
            raise ConfigError(f"members.{stray[0]}: ensemble '{name}' has no such member")
        self.members = [_member(one, config) for one in names]
        # A preset applies to the members that define it; the others keep their defaults.
        self.PRESETS: dict[str, dict[str, Any]] = {}
        for member in self.members:
            for preset, values in getattr(member.module, "PRESETS", {}).items():
                own = {f"{member.name}.{key}": value for key, value in values.items()}
                self.PRESETS[preset] = {**self.PRESETS.get(preset, {}), **own}
        kinds = dict.fromkeys(kind for member in self.members for kind in member.feature.kinds)
        self.FEATURES = (JOIN.join(kinds),)

    def build(self, hp: Any, input_shape: Shape, n_classes: int) -> Ensembled:
        """Return the members with their hyperparameters, all registered in `hp`."""
        hps = []
        for member in self.members:
            # Building a member once registers its hyperparameters.
            member.module.build(_Under(hp, f"{member.name}."), member.input_shape, n_classes)
            hps.append(_part(hp, f"{member.name}."))
        return Ensembled(
            self.members,
            hps,
            [_places(input_shape, member.feature.kinds) for member in self.members],
            # mean: of calibrated probabilities; stack: a logistic regression on out-of-fold ones from train.
            hp.Choice("combine", ["mean", "stack"], default="mean"),
            hp.Float("stack.C", 0.001, 10.0, sampling="log", default=0.1),
        )


def load(name: str, config: Config) -> Any:
    """Return a module of models/, or an ensemble; ConfigError for an unknown name, or `members` without an ensemble."""
    if JOIN in name:
        return Ensemble(name, config)
    if config.members:
        raise ConfigError(f"members.{next(iter(config.members))}: model '{name}' is not an ensemble and has no members")
    return plugins.load("models", name)


def code_digest(module: Any) -> str:
    """Return a digest of the code that defines a model: its module, or its members', and what they import."""
    members = module.members if isinstance(module, Ensemble) else []
    return code.digest(*([member.module.__name__ for member in members] or [module.__name__]))


def takes(module: Any, name: str, config: Config) -> Config:
    """Return the config with open values filled in from the model; ConfigError for a feature it does not take."""
    config = config.for_model(module)
    if config.feature not in module.FEATURES:
        raise ConfigError(f"model '{name}' takes the feature {' or '.join(module.FEATURES)}, not '{config.feature}'")
    return config


def _member(name: str, config: Config) -> Member:
    module = plugins.load("models", name)
    try:
        own = takes(module, name, config.for_member(name))
    except ConfigError as error:
        if not any(key.startswith(f"{name}.") for key in config.members):
            raise
        raise ConfigError(f"members.{name}: {error}") from error
    return Member(name, module, Feature.of(own), slicing(own), own.training)


def _places(joined: Shape, kinds: list[str]) -> list[tuple[int, int]]:
    if not isinstance(joined, dict):
        return []
    ends, end = {}, 0
    for kind, shape in joined.items():
        ends[kind] = (end, end + math.prod(shape))
        end = ends[kind][1]
    return [ends[kind] for kind in kinds]


class _Under:
    """Hyperparameters whose names all begin with a prefix that the caller does not know."""

    def __init__(self, hp: Any, prefix: str) -> None:
        self._hp, self._prefix = hp, prefix

    def __getattr__(self, kind: str) -> Any:
        declare = getattr(self._hp, kind)
        return lambda name, *words, **more: declare(f"{self._prefix}{name}", *words, **more)


def _part(hp: Any, prefix: str) -> Any:
    from genrelab.layers.keras_backend import keras_tuner

    part = keras_tuner.HyperParameters()
    part.values = {name.removeprefix(prefix): value for name, value in hp.values.items() if name.startswith(prefix)}
    return part
