"""The sections of params.yaml, each frozen and validated."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator

from genrelab import parallel
from genrelab.config.validation import validate
from genrelab.errors import suggest
from genrelab.state import memory, processor

Share = Annotated[float, Field(gt=0, lt=1)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
Joined = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*(\+[A-Za-z0-9][A-Za-z0-9_-]*)*$")]
Address = Annotated[str, Field(pattern=parallel.ADDRESS.pattern)]
Scalar = bool | int | float | str
Value = Scalar | None | Sequence[Scalar] | Mapping[str, Scalar]  # of a parameter, as in YAML

# What a search may optimise, and whether more of it is better.
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
    """Base of every group of parameters: immutable; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    def with_values(self, **values: Any) -> Self:
        """Return a validated copy with other values; one-line ConfigError for a wrong one."""
        return validate(type(self), {**self.model_dump(), **values}, "")

    def non_default(self) -> dict[str, Any]:
        """Return the parameters that differ from their defaults; only for sections whose parameters all have one."""
        usual = type(self)()
        return {name: value for name, value in self if value != getattr(usual, name)}


class Training(Section):
    """How a net is trained; scikit-learn models use only `memory`."""

    epochs: int = Field(ge=1)
    batch_size: int = Field(ge=1)
    early_stopping: int = Field(ge=0)  # epochs without a better validation loss before stopping; 0: never
    restore_best: bool  # keep the weights of the epoch with the lowest validation loss
    minutes: float = Field(0.0, ge=0)  # training ends after the epoch that reaches this limit; 0: no limit
    memory: float | str = 0.5  # that features may take; see genrelab.state.memory
    # Of a net's computations; the machine that reads the config resolves auto, so all machines of a run compute alike.
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
        """What figures depend on, by name: everything but the memory; the precision only if it is not float32."""
        return self.model_dump(exclude={"memory"} | ({"precision"} if self.precision == "float32" else set()))


class Slices(Section):
    """Pieces of clips that a model judges one by one."""

    seconds: float = Field(ge=0)  # length; 0: whole clips
    hop: float = Field(ge=0)  # seconds between the starts of slices; 0: each begins where the previous one ends
    vote: Literal["mean", "geometric", "majority"]  # how a clip's slices decide together


class Tuning(Section):
    """How hyperparameters are searched."""

    space: str = Field(min_length=1)  # a space of the model, `all`, or patterns of hyperparameter names
    oracle: Literal["random", "bayesian", "hyperband"]
    trials: int = Field(ge=1)
    objective: str  # a figure of the validation part
    repeats: int = Field(ge=1)  # trainings of each trial, with different seeds; their mean counts
    folds: int = Field(0, ge=0)  # inner folds of train and valid to average a trial over; 0: the split's own parts
    refit: bool  # train the best one again, score it on test, register it

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
            raise ValueError(f"there is no validation metric '{value}'{suggest(value, OBJECTIVES)}")
        return value


class Checks(Section):
    """What a sound file needs to enter a corpus."""

    min_seconds: float = Field(ge=0)
    silence_db: float = Field(le=0)  # a clip whose peak is below this (dB of full scale) is silent
    max_minutes: float = Field(gt=0)  # a longer file is refused before it fills the memory


class Promotion(Section):
    """What a version needs to become champion."""

    min_gain: float = Field(ge=0, lt=1)  # the interval of its gain in macro F1 must lie above this
    level: float = Field(gt=0, lt=1)  # of the tests for being worse on a class


class Audit(Section):
    """Thresholds from which something counts as a finding."""

    clipped: float = Field(gt=0, le=1)  # share of samples in runs at the highest or lowest value
    dc: float = Field(gt=0, le=1)  # distance of the mean from zero; full scale: 1
    silence: float = Field(gt=0)  # seconds of uninterrupted silence
    length: float = Field(gt=0)  # share of the usual length by which a clip's may differ
    suspect: float = Field(gt=1)  # how many times better another class fits a clip than its label
    planted: int = Field(ge=0)  # clips to plant copies of, to see whether they are found


class Leakage(Section):
    """The experiment that shows what splits leak."""

    seconds: float = Field(gt=0)  # length of slices if `slices` asks for none
    seeds: int = Field(ge=2)


class Metrics(Section):
    """How figures are reported."""

    bootstrap: int = Field(ge=100)  # resamplings for a 95% interval


class MultiLabel(Section):
    """A task in which a clip may have several tags or none."""

    kind: Literal["multilabel"]
    source: str = ""  # CSV file with columns clip, tags (joined with ;); empty: the tags that the corpus came with
    tags: dict[str, list[str]] = {}  # tag: those that it merges; empty: each by itself
    top: int = Field(0, ge=0)  # only this many, the most frequent; 0: all
    min_clips: int = Field(10, ge=1)  # a tag with fewer clips is left out
    untagged: Literal["leave_out", "keep"] = "leave_out"  # clips without a known tag


def _kind_of_task(value: Any) -> str:
    kind = getattr(value, "kind", None) or (value.get("kind") if isinstance(value, Mapping) else None)
    return "multilabel" if isinstance(kind, str) else "classes"  # a class may be called kind, but has a list


Task = Annotated[
    Annotated[MultiLabel, Tag("multilabel")] | Annotated[dict[str, list[str]], Tag("classes")],
    Discriminator(_kind_of_task),
]
