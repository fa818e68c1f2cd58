"""params.yaml as frozen, validated models; dotted overrides; the hash of the resolved configuration."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar, get_args

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    ValidationError,
    field_validator,
    model_validator,
)

from genrelab import parallel, plugins
from genrelab.errors import ConfigError, suggest
from genrelab.state import memory, processor
from genrelab.state.home import home

Share = Annotated[float, Field(gt=0, lt=1)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
Joined = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*(\+[A-Za-z0-9][A-Za-z0-9_-]*)*$")]
Address = Annotated[str, Field(pattern=parallel.ADDRESS.pattern)]
Scalar = bool | int | float | str
Value = Scalar | None | Sequence[Scalar] | Mapping[str, Scalar]  # of a parameter, as YAML has it
M = TypeVar("M", bound=BaseModel)

DEFAULTS = Path(__file__).parent / "project" / "params.yaml"  # the repository's own, which the package carries

# What a command line may write short.
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
# What params.yaml may leave to the model (null): then it is what the model's TRAINING_DEFAULTS says, or else this.
MODEL_DEFAULTS: dict[str, Any] = {
    "feature": "mel",
    "slices.seconds": 0.0,
    "slices.hop": 0.0,
    "training.epochs": 25,
    "training.batch_size": 20,
    "training.early_stopping": 0,
    "training.restore_best": False,
}
# What is in force whatever else is chosen.
HASHED_FIELDS = {"seed", "dataset", "checks", "feature", "task", "split", "slices", "training", "hp"}
# What a search may look at, and whether more of it is better.
OBJECTIVES = {
    "valid_accuracy": "max",
    "valid_accuracy_low": "max",
    "valid_precision": "max",
    "valid_recall": "max",
    "valid_f1": "max",
    "valid_loss": "min",
    "valid_map": "max",
    "valid_map_low": "max",
}


class Section(BaseModel):
    """Base of every group of parameters: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    def with_values(self, **values: Any) -> Self:
        """Return a copy with other values, validated; ConfigError in one line for one that is wrong."""
        return validate(type(self), {**self.model_dump(), **values}, "")

    def non_default(self) -> dict[str, Any]:
        """Return the parameters that differ from their defaults; for sections all of whose parameters have one."""
        usual = type(self)()
        return {name: value for name, value in self if value != getattr(usual, name)}


class Training(Section):
    """How a net is trained; scikit-learn models use none of it."""

    epochs: int = Field(ge=1)
    batch_size: int = Field(ge=1)
    early_stopping: int = Field(ge=0)  # epochs without a better validation loss before stopping; 0: never
    restore_best: bool  # keep the weights of the epoch with the lowest validation loss
    minutes: float = Field(0.0, ge=0)  # training ends after the epoch in which so many are over; 0: never
    memory: float | str = 0.5  # that features may take; see genrelab.state.memory
    # Of a net's computations; auto is settled where the config is read, so that all machines of a run compute alike.
    precision: Literal["auto", "float32", "bfloat16"] = "float32"

    @field_validator("precision")
    @classmethod
    def _settled(cls, value: str) -> str:
        return processor.precision() if value == "auto" else value

    @field_validator("memory")
    @classmethod
    def _amount_of_memory(cls, value: float | str) -> float | str:
        memory.allowed(value)
        return value

    @property
    def recipe(self) -> dict[str, Any]:
        """What figures depend on, by name: all but the memory; and the precision where it is not the usual one."""
        return self.model_dump(exclude={"memory"} | ({"precision"} if self.precision == "float32" else set()))


class Slices(Section):
    """Pieces of clips, which a model judges one by one."""

    seconds: float = Field(ge=0)  # length; 0: whole clips
    hop: float = Field(ge=0)  # seconds between the starts of slices; 0: one begins where the last has ended
    vote: Literal["mean", "majority"]  # how a clip's slices decide together

    @model_validator(mode="after")
    def _hop_of_slices(self) -> "Slices":
        if self.hop and not self.seconds:
            raise ValueError(f"hop is {self.hop:g}, but there are no slices: seconds is 0")
        return self


class Tuning(Section):
    """How hyperparameters are searched."""

    space: str = Field(min_length=1)  # a space of the model, `all`, or patterns of hyperparameter names
    oracle: Literal["random", "bayesian", "hyperband"]
    trials: int = Field(ge=1)
    objective: str  # a figure of the validation part
    repeats: int = Field(ge=1)  # trainings of each trial, with different seeds; their mean counts
    folds: int = Field(0, ge=0)  # of the train and validation parts, over which a trial is averaged; 0: as the split is
    refit: bool  # train the best anew, score it on test, register it

    @field_validator("folds")
    @classmethod
    def _several_folds(cls, value: int) -> int:
        if value == 1:
            raise ValueError("must be 2 or more, or 0 for the validation part of the split, got 1")
        return value

    @field_validator("objective")
    @classmethod
    def _known_objective(cls, value: str) -> str:
        if value not in OBJECTIVES:
            raise ValueError(f"there is no validation figure '{value}'{suggest(value, OBJECTIVES)}")
        return value


class Checks(Section):
    """What a sound file must be to enter a corpus."""

    min_seconds: float = Field(ge=0)
    silence_db: float = Field(le=0)  # a clip whose peak lies below (dB of full scale) is silent
    max_minutes: float = Field(gt=0)  # a longer file is refused before it fills the memory


class Promotion(Section):
    """What a version must be to become champion."""

    min_gain: float = Field(ge=0, lt=1)  # the interval of its gain in macro F1 must lie above this
    level: float = Field(gt=0, lt=1)  # of the tests whether it is worse on a class


class Audit(Section):
    """From where on something counts as a finding."""

    clipped: float = Field(gt=0, le=1)  # share of samples in a row at the highest or lowest value
    dc: float = Field(gt=0, le=1)  # distance of the mean from zero; full scale: 1
    silence: float = Field(gt=0)  # seconds of silence without a break
    length: float = Field(gt=0)  # share of the usual length by which a clip's may differ
    suspect: float = Field(gt=1)  # times that another class fits a clip better than its label
    planted: int = Field(ge=0)  # clips of which copies are planted, to see whether they are found


class Leakage(Section):
    """The experiment that shows what divisions leak."""

    seconds: float = Field(gt=0)  # length of slices, where `slices` asks for none
    seeds: int = Field(ge=2)


class Metrics(Section):
    """How figures are reported."""

    bootstrap: int = Field(ge=100)  # resamplings for a 95% interval


class MultiLabel(Section):
    """A task in which a clip may have several tags, or none of them."""

    kind: Literal["multilabel"]
    source: str = ""  # CSV file: clip, tags with ; between them; empty: the tags that the corpus came with
    tags: dict[str, list[str]] = {}  # tag: those that it gathers; empty: every one by itself
    top: int = Field(0, ge=0)  # only so many, the most frequent; 0: all
    min_clips: int = Field(10, ge=1)  # a tag of fewer clips is left out
    untagged: Literal["leave_out", "keep"] = "leave_out"  # clips of which no tag is known


def _kind_of_task(value: Any) -> str:
    kind = getattr(value, "kind", None) or (value.get("kind") if isinstance(value, Mapping) else None)
    return "multilabel" if isinstance(kind, str) else "classes"  # a class may be called kind: it has a list


Task = Annotated[
    Annotated[MultiLabel, Tag("multilabel")] | Annotated[dict[str, list[str]], Tag("classes")],
    Discriminator(_kind_of_task),
]


class Config(Section):
    """The whole of params.yaml, resolved."""

    seed: int = Field(ge=0, lt=2**31)
    workers: (
        Annotated[int, Field(ge=0)] | str
    )  # processes for parallel work, 0: one a core; or a Dask scheduler's address
    remote: str = ""  # a DVC remote from which verbs read features and sounds that are not here; "": none
    build: bool = True  # whether verbs build a corpus, or features of it, that never were built
    dataset: Name
    corpora: dict[Name, dict[str, Any]]
    checks: Checks
    feature: Joined
    features: dict[Name, dict[str, Any]]
    task: Name
    tasks: dict[Name, Task]
    split: Name
    splits: dict[Name, dict[str, Any]]
    lockbox: float = Field(0.0, ge=0, le=0.5)  # share of the clips that lies in no part of any split
    slices: Slices
    models: list[Joined] = Field(min_length=1)
    training: Training
    tuning: Tuning
    hp: dict[str, Scalar] = {}
    metrics: Metrics
    promotion: Promotion
    audit: Audit
    leakage: Leakage
    _left_to_model: frozenset[str] = PrivateAttr(
        frozenset()
    )  # those of MODEL_DEFAULTS that params.yaml has left to the model

    @field_validator("workers", mode="before")
    @classmethod
    def _number_or_address(cls, value: Any) -> int | str:
        number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        if not number and not (isinstance(value, str) and parallel.is_address(value)):
            raise ValueError(f"workers must be a whole number or an address such as {parallel.EXAMPLE}, got {value!r}")
        return value

    @field_validator("hp", mode="before")
    @classmethod
    def _nested_hp(cls, value: Any) -> Any:
        # `--hp.conv1.units 64` arrives as {conv1: {units: 64}}; hyperparameters are named with dots.
        return flatten(value) if isinstance(value, Mapping) else value

    @model_validator(mode="after")
    def _labels_mapped_once(self) -> "Config":
        for name, task in self.tasks.items():
            if isinstance(task, MultiLabel):
                continue  # in which a label may count for several tags
            labels = [label for group in task.values() for label in group]
            twice = sorted({label for label in labels if labels.count(label) > 1})
            if twice:
                raise ValueError(f"tasks.{name} maps {', '.join(twice)} more than once")
        return self

    @property
    def config_hash(self) -> str:
        """The first 12 hex digits of the SHA-256 of what is in force: the choices made, with plug-ins' defaults.

        Corpora, features, tasks and splits that are not chosen, workers and memory change nothing.
        """
        in_force = self.model_dump(include=HASHED_FIELDS) | {
            "training": self.training.recipe,
            "corpus": [self.corpora[self.dataset]["kind"], self.corpus_params(self.dataset)[1].model_dump()],
            "feature_params": self._feature_in_force(),
            "split_params": self.split_params(self.split)[1].model_dump(),
            **({"lockbox": self.lockbox} if self.lockbox else {}),
            "classes": self._task_in_force(),
        }
        return hashlib.sha256(json.dumps(in_force, sort_keys=True).encode()).hexdigest()[:12]

    def _task_in_force(self) -> Any:
        task = self.task_map(self.task)
        # The order of classes is that of the net's outputs.
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

    def for_model(self, module: plugins.ModelModule) -> "Config":
        """Return the config with what params.yaml leaves open as a module of models/ has it."""
        recipe = {"feature": module.FEATURES[0], **getattr(module, "TRAINING_DEFAULTS", {})}
        config = self.derive({key: recipe.get(key, MODEL_DEFAULTS[key]) for key in self._left_to_model})
        config._left_to_model = self._left_to_model  # for another model it is settled anew
        return config

    def derive(self, changes: Mapping[str, Any]) -> "Config":
        """Return the config with other values, by dotted name (`training.epochs`), checked as params.yaml is.

        What is changed is no longer left to the model. Raises ConfigError, in one line, for a name or a value that is
        wrong, as `load` does.
        """
        data = self.model_dump()
        for key, value in changes.items():
            _set(data, key, value)
        config = validate(Config, data, "")
        config._left_to_model = self._left_to_model - {*changes}
        _resolve(config)
        return config

    def with_preset(self, values: Mapping[str, Scalar]) -> "Config":
        """Return the config with a model's preset, but for what the user has given.

        `values` are hyperparameters, and values that params.yaml leaves to the model (`training.epochs`), by name.
        """
        recipe = {key: value for key, value in values.items() if key in self._left_to_model}
        hp = {key: value for key, value in values.items() if key not in MODEL_DEFAULTS}
        return self.derive({**recipe, "hp": {**hp, **self.hp}})

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
        return module, validate(module.Params, self.features.get(kind, {}), f"features.{kind}")

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


class _Loader(yaml.SafeLoader):
    """YAML with 1e-3 a number, as everywhere but in YAML 1.1, and with dates as the words that they are."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[Any]]] = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"), list("-+.0123456789")
)


def parse_scalar(text: str) -> Any:
    """Return what a command-line word means, as it would in params.yaml."""
    try:
        return yaml.load(text, _Loader)
    except (yaml.YAMLError, ValueError):
        return text


def load(path: str | Path | None = None, overrides: Mapping[str, Value] | None = None) -> Config:
    """Read params.yaml, apply overrides and validate the whole.

    Parameters:
        path: the file, in the current folder or in the project's; params.yaml if not given.
        overrides: dotted name -> value, such as {"training.epochs": 3}; a text is read as YAML, as on the command line.

    Returns:
        The configuration. It is immutable.

    Raises:
        ConfigError: in one line, a file that is missing or no YAML, an unknown key, a wrong type, a value out of range,
            or a name that there is not.

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
        _set(data, ALIASES.get(key, key), parse_scalar(value) if isinstance(value, str) else value)
    return _validated(data, _fill(data))


def load_or_default(overrides: Mapping[str, Value] | None = None) -> Config:
    """Return the config of params.yaml, or, where there is none, of the one that `genrelab init` writes."""
    own = home() / "params.yaml"
    return load(own if own.exists() else DEFAULTS, overrides)


def derive(config: Config, overrides: Mapping[str, Value]) -> Config:
    """Return a config with other values by dotted name, validated as a whole; the given one stays as it is."""
    if not overrides:
        return config
    data = config.model_dump()
    for key, value in overrides.items():
        _set(data, key, value)
    return _validated(data, config._left_to_model - {*overrides} | _fill(data))


def _validated(data: dict[str, Any], left_to_model: frozenset[str]) -> Config:
    config = validate(Config, data, "")
    config._left_to_model = left_to_model
    _resolve(config)
    return config


def _fill(data: dict[str, Any]) -> frozenset[str]:
    """Put the values of MODEL_DEFAULTS where `data` has null, and return where."""
    found = set()
    for key, value in MODEL_DEFAULTS.items():
        group, _, name = key.rpartition(".")
        where = data.get(group) if group else data
        if isinstance(where, dict) and name in where and where[name] is None:
            where[name] = value
            found.add(key)
    return frozenset(found)


def _set(data: dict[str, Any], dotted: str, value: Any) -> None:
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


def _resolve(config: Config) -> None:
    """Check every name and every plug-in's parameters, so that a typo costs no training time."""
    for dataset in config.corpora:
        config.corpus_params(dataset)
    for kind in config.features:
        config.feature_params(kind)
    for kind in config.splits:
        config.split_params(kind)
    _pick(config.corpora, config.dataset, "corpus", "corpora")
    for kind in config.feature.split("+"):
        config.feature_params(kind)
    config.split_params(config.split)
    config.task_map(config.task)
    known = plugins.names("models")
    for name in (part for model in config.models for part in model.split("+")):
        if name not in known:
            raise ConfigError(f"there is no '{name}' among the models{suggest(name, known)}")


def validate(model: type[M], data: Any, where: str) -> M:
    """Return `data` as a validated `model`, or raise a ConfigError of one line about the first fault.

    `where` is the dotted place of `data` in params.yaml.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ConfigError(_explain(model, error.errors()[0], where)) from None


def _explain(model: type[BaseModel], fault: Any, where: str) -> str:
    path = [str(part) for part in fault["loc"]]
    if path[:1] == ["tasks"] and len(path) > 2 and path[2] in ("multilabel", "classes"):
        del path[2]  # which of the two kinds pydantic has taken it for
    dotted = ".".join([*([where] if where else []), *path])
    value = fault["input"]
    if fault["type"] == "extra_forbidden":
        known = _fields(model, path[:-1]) + ([*ALIASES] if model is Config and len(path) == 1 else [])
        known = [*MultiLabel.model_fields] if path[0] == "tasks" else known
        return f"unknown parameter '{dotted}'{suggest(path[-1], known)}"
    if fault["type"] == "missing":
        return f"parameter '{dotted}' is missing from params.yaml"
    if fault["type"] == "value_error":
        prefix = f"parameter '{dotted}': " if dotted else ""
        return f"{prefix}{fault['ctx']['error']}"
    if fault["type"] == "string_pattern_mismatch":
        rule = "a name is of letters, digits, - and _, and begins with a letter or digit"
        return f"parameter '{dotted.removesuffix('.[key]')}' is wrong: {rule}, got {value!r}"
    expected = fault["msg"][0].lower() + fault["msg"][1:]
    return f"parameter '{dotted}' is wrong: {expected}, got {value!r}"


def _fields(model: type[BaseModel], path: list[str]) -> list[str]:
    """Return the field names of the section that lies at `path` below `model`."""
    for part in path:
        annotation = model.model_fields[part].annotation
        inner = [t for t in (annotation, *get_args(annotation)) if isinstance(t, type) and issubclass(t, BaseModel)]
        if not inner:
            return []
        model = inner[0]
    return list(model.model_fields)


def flatten(data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested mappings as one level with dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in data.items():
        name = f"{prefix}{key}"
        flat.update(flatten(value, f"{name}.") if isinstance(value, Mapping) and value else {name: value})
    return flat
