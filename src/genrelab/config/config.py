"""The whole of params.yaml, resolved; copies with other values or for a model; its hash."""

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, PrivateAttr, field_validator, model_validator

from genrelab import parallel, plugins
from genrelab.config.dotted import flatten, place, set_value
from genrelab.config.sections import (
    Audit,
    Checks,
    Joined,
    Leakage,
    Metrics,
    MultiLabel,
    Name,
    Promotion,
    Scalar,
    Section,
    Slices,
    Task,
    Training,
    Tuning,
)
from genrelab.config.validation import validate
from genrelab.errors import ConfigError, suggest

# Short names that a command line may use.
ALIASES = {
    "epochs": "training.epochs",
    "batch_size": "training.batch_size",
    "early_stopping": "training.early_stopping",
    "restore_best": "training.restore_best",
    "space": "tuning.space",
    "oracle": "tuning.oracle",
    "trials": "tuning.trials",
    "objective": "tuning.objective",
    "repeats": "tuning.repeats",
    "refit": "tuning.refit",
}
# What params.yaml may leave to the model (null): the model's TRAINING_DEFAULTS apply, or else these.
MODEL_DEFAULTS: dict[str, Any] = {
    "feature": "mel",
    "slices.seconds": 0.0,
    "slices.hop": 0.0,
    "slices.vote": "mean",
    "training.epochs": 25,
    "training.batch_size": 20,
    "training.early_stopping": 0,
    "training.restore_best": False,
}
# Fields that are in force whatever else is chosen.
HASHED_FIELDS = {"seed", "dataset", "checks", "feature", "task", "split", "slices", "training", "hp"}


class Config(Section):
    """The whole of params.yaml, resolved."""

    seed: int = Field(ge=0, lt=2**31)
    workers: (
        Annotated[int, Field(ge=0)] | str
    )  # processes for parallel work, 0: one per core; or a Dask scheduler's address
    remote: str = ""  # a DVC remote from which verbs read features and sounds missing locally; "": none
    build: bool = True  # whether verbs build a corpus or features that were never built
    dataset: Name
    corpora: dict[Name, dict[str, Any]]
    checks: Checks
    feature: Joined
    features: dict[Name, dict[str, Any]]  # computed by `dvc repro`
    on_request: dict[Name, dict[str, Any]] = Field({})  # features computed when requested
    task: Name
    tasks: dict[Name, Task]
    split: Name
    splits: dict[Name, dict[str, Any]]
    lockbox: float = Field(0.0, ge=0, le=0.5)  # share of the clips that is in no part of any split
    slices: Slices
    models: list[Joined] = Field(min_length=1)
    training: Training
    tuning: Tuning
    hp: dict[str, Scalar] = Field({})
    members: dict[str, Scalar] = Field({})  # MODEL_DEFAULTS of single members of an ensemble: cnn.slices.hop
    metrics: Metrics
    promotion: Promotion
    audit: Audit
    leakage: Leakage
    ALIASES: ClassVar[Mapping[str, str]] = ALIASES
    _left_to_model: frozenset[str] = PrivateAttr(
        frozenset()
    )  # those of MODEL_DEFAULTS that params.yaml leaves to the model

    @classmethod
    def resolved(cls, data: dict[str, Any], left_to_model: frozenset[str] = frozenset()) -> Self:
        """Return the config for values as in params.yaml, with every name and every plug-in's parameters checked.

        A typo thus costs no training time: it is a one-line ConfigError. If `data` has None for one of
        MODEL_DEFAULTS, that one is left to the model, in addition to `left_to_model`.
        """
        filled = _fill(data)
        config = validate(cls, data, "")
        config._left_to_model = left_to_model | filled
        config._check_slices()
        for dataset in config.corpora:
            config.corpus_params(dataset)
        for kind in (*config.known_features, *config.feature.split("+")):
            config.feature_params(kind)
        for kind in (*config.splits, config.split):
            config.split_params(kind)
        _pick(config.corpora, config.dataset, "corpus", "corpora")
        config.task_map(config.task)
        known = plugins.names("models")
        for name in (part for model in config.models for part in model.split("+")):
            if name not in known:
                raise ConfigError(f"there is no '{name}' among the models{suggest(name, known)}")
        config._check_members(known)
        return config

    def _check_members(self, known: list[str]) -> None:
        """Raise ConfigError for a name in `members` that is not a model followed by one of MODEL_DEFAULTS."""
        for name in self.members:
            model, _, key = name.partition(".")
            if model not in known:
                raise ConfigError(f"members.{name}: there is no '{model}' among the models{suggest(model, known)}")
            if key not in MODEL_DEFAULTS:
                raise ConfigError(
                    f"members.{name}: '{key}' cannot be set per member{suggest(key, MODEL_DEFAULTS)}. "
                    f"Hyperparameters are hp.{name}"
                )

    def _check_slices(self) -> None:
        """Raise ConfigError for a hop without slices, unless the model has yet to determine their length."""
        if self.slices.hop and not self.slices.seconds and "slices.seconds" not in self._left_to_model:
            raise ConfigError(
                f"parameter 'slices.hop': it is {self.slices.hop:g}, but there are no slices: slices.seconds is 0"
            )

    @field_validator("workers", mode="before")
    @classmethod
    def _number_or_address(cls, value: Any) -> int | str:
        number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        if not number and not (isinstance(value, str) and parallel.is_address(value)):
            raise ValueError(f"workers must be a whole number or an address such as {parallel.EXAMPLE}, got {value!r}")
        return value

    @field_validator("on_request", mode="before")
    @classmethod
    def _none_on_request(cls, value: Any) -> Any:
        return {} if value is None else value  # null if all of its entries have moved

    @field_validator("hp", mode="before")
    @classmethod
    def _nested_hp(cls, value: Any) -> Any:
        # `--hp.conv1.units 64` arrives as {conv1: {units: 64}}; hyperparameter names have dots.
        return flatten(value) if isinstance(value, Mapping) else value

    @field_validator("members", mode="before")
    @classmethod
    def _members_in_full(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        found = {}
        for name, one in flatten(value).items():
            model, _, key = name.partition(".")
            key = ALIASES.get(key, key)
            if one is not None:  # null leaves it to the model, as elsewhere
                found[f"{model}.{key}"] = _like(MODEL_DEFAULTS.get(key), one)
        return found

    @model_validator(mode="after")
    def _labels_mapped_once(self) -> Self:
        for name, task in self.tasks.items():
            if isinstance(task, MultiLabel):
                continue  # a label may count for several tags
            labels = [label for group in task.values() for label in group]
            twice = sorted({label for label in labels if labels.count(label) > 1})
            if twice:
                raise ValueError(f"tasks.{name} maps {', '.join(twice)} more than once")
        return self

    @property
    def config_hash(self) -> str:
        """The first 12 hex digits of the SHA-256 of what is in force: the choices made, with plug-ins' defaults.

        Corpora, features, tasks and splits that are not chosen, workers and memory do not affect it.
        """
        in_force = self.model_dump(include=HASHED_FIELDS) | {
            "training": self.training.recipe,
            "corpus": [self.corpora[self.dataset]["kind"], self.corpus_params(self.dataset)[1].model_dump()],
            "feature_params": self._feature_in_force(),
            "split_params": self.split_params(self.split)[1].model_dump(),
            **({"lockbox": self.lockbox} if self.lockbox else {}),
            **({"members": self.members} if self.members else {}),
            "classes": self._task_in_force(),
        }
        return hashlib.sha256(json.dumps(in_force, sort_keys=True).encode()).hexdigest()[:12]

    def _task_in_force(self) -> Any:
        task = self.task_map(self.task)
        # A list keeps the order of classes, which is that of the net's outputs.
        return task.model_dump() if isinstance(task, MultiLabel) else list(task.items())

    @property
    def multilabel(self) -> bool:
        """Whether a clip may have several labels under the task."""
        return isinstance(self.task_map(self.task), MultiLabel)

    def _feature_in_force(self) -> dict[str, Any]:
        dumped = {kind: self.feature_params(kind)[1].model_dump() for kind in self.feature.split("+")}
        return dumped if len(dumped) > 1 else dumped[self.feature]

    @property
    def left_to_model(self) -> frozenset[str]:
        """The dotted names of the values that params.yaml leaves to the model."""
        return self._left_to_model

    def for_model(self, module: plugins.ModelModule) -> Self:
        """Return the config with the values that params.yaml leaves open filled in from a module of models/."""
        recipe = {"feature": module.FEATURES[0], **getattr(module, "TRAINING_DEFAULTS", {})}
        config = self.derive({key: recipe.get(key, MODEL_DEFAULTS[key]) for key in self._left_to_model})
        config._left_to_model = self._left_to_model  # another model fills them in again
        return config

    def for_member(self, name: str) -> Self:
        """Return the config for training a member of an ensemble: with its values from `members`."""
        own = {key.partition(".")[2]: value for key, value in self.members.items() if key.startswith(f"{name}.")}
        return self.derive({**own, "members": {}})

    def derive(self, changes: Mapping[str, Any]) -> Self:
        """Return the config with other values, by dotted name (`training.epochs`), checked like params.yaml.

        A changed value is no longer left to the model, unless it becomes None. Raises a one-line ConfigError for a
        wrong name or value, as `load` does.
        """
        data = self.model_dump()
        for key, value in changes.items():
            set_value(data, place(data, key), value)
        return self.resolved(data, self._left_to_model - {*changes})

    def with_preset(self, values: Mapping[str, Scalar]) -> Self:
        """Return the config with a model's preset, except for what the user has given.

        `values` holds hyperparameters, and values that params.yaml leaves to the model (`training.epochs`), by name;
        for an ensemble, each name begins with the member's (`crnn.training.epochs`).
        """
        of_member = {name: name.partition(".")[2] for name in values}
        recipe = {name: value for name, value in values.items() if name in self._left_to_model}
        members = {name: value for name, value in values.items() if of_member[name] in self._left_to_model}
        hp = {name: value for name, value in values.items() if not {name, of_member[name]} & {*MODEL_DEFAULTS}}
        return self.derive({**recipe, "hp": {**hp, **self.hp}, "members": {**members, **self.members}})

    def corpus_params(self, dataset: str) -> tuple[plugins.DatasetModule, Any]:
        """Return (dataset module, its validated parameters) of the corpus `dataset`."""
        entry = dict(_pick(self.corpora, dataset, "corpus", "corpora"))
        if "kind" not in entry:
            raise ConfigError(f"corpora.{dataset} needs a kind. Known: {', '.join(plugins.names('datasets'))}")
        module = plugins.load("datasets", entry.pop("kind"))
        return module, validate(module.Params, entry, f"corpora.{dataset}")

    def feature_params(self, kind: str) -> tuple[plugins.FeatureModule, Any]:
        """Return (feature module, its validated parameters)."""
        module = plugins.load("features", kind)
        group = self.feature_group(kind)
        return module, validate(module.Params, getattr(self, group).get(kind, {}), f"{group}.{kind}")

    @property
    def known_features(self) -> list[str]:
        """The features that params.yaml names: those in `features`, then those on request."""
        return list(dict.fromkeys([*self.features, *self.on_request]))

    def feature_group(self, kind: str) -> str:
        """Return where params.yaml has a feature, `features` or `on_request`; the former if in both or in neither."""
        return "on_request" if kind in self.on_request and kind not in self.features else "features"

    def split_params(self, kind: str) -> tuple[plugins.SplitModule, Any]:
        """Return (split module, its validated parameters)."""
        module = plugins.load("splits", kind)
        return module, validate(module.Params, self.splits.get(kind, {}), f"splits.{kind}")

    def task_map(self, name: str) -> MultiLabel | dict[str, list[str]]:
        """Return the mapping class -> labels of a task (empty: the corpus's own classes), or its tags."""
        found: MultiLabel | dict[str, list[str]] = _pick(self.tasks, name, "task", "tasks")
        return found


def _pick(group: Mapping[str, Any], name: str, what: str, key: str) -> Any:
    if name not in group:
        raise ConfigError(f"there is no {what} '{name}' under {key} in params.yaml{suggest(name, group)}")
    return group[name]


def _like(default: Any, value: Any) -> Any:
    """Return a number as the type of a default: 3 and 3.0 are one setting, with one hash."""
    if isinstance(value, bool) or isinstance(default, bool) or not isinstance(value, int | float):
        return value
    if isinstance(default, float):
        return float(value)
    return int(value) if isinstance(default, int) and float(value).is_integer() else value


def _fill(data: dict[str, Any]) -> frozenset[str]:
    """Replace nulls in `data` with the values of MODEL_DEFAULTS, and return their names."""
    found = set()
    for key, value in MODEL_DEFAULTS.items():
        group, _, name = key.rpartition(".")
        where = data.get(group) if group else data
        if isinstance(where, dict) and name in where and where[name] is None:
            where[name] = value
            found.add(key)
    return frozenset(found)
