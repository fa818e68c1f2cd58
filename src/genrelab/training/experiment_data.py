"""What every experiment starts from: a corpus under a task, split into folds, with its features."""

import dataclasses
import functools
import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from genrelab import corpus
from genrelab.classifiers import ensemble_spec, hyperparameters
from genrelab.classifiers.ensemble_spec import Ensemble
from genrelab.classifiers.factory import BATCH, Examples
from genrelab.classifiers.slicing import Slicing, slicing
from genrelab.config import Config, MultiLabel
from genrelab.console import say
from genrelab.corpus import BETWEEN_TAGS, Corpus, Fold, TaggedCorpus
from genrelab.data import dvc, feature_store, remote, tagging
from genrelab.data.streamed import Array, Streamed, in_batches
from genrelab.errors import ConfigError, DataError
from genrelab.features._base import Feature, Shape, join
from genrelab.splits._lockbox import lockbox
from genrelab.state import digests, memory
from genrelab.tracking import ledger

# Columns besides the classes' in predictions.csv and in the registered model's answer.
RESERVED = frozenset(
    {"clip", "fold", "true", "predicted", "label", "probability", "top"}
    | {"path", "status", "reason", "seconds", "windows", "drift"}
)
RESERVED_OF_TAGS = RESERVED | {"tags"}


@dataclass(frozen=True)
class SplitCorpus:
    """A corpus with labels under the task, its folds, and its version."""

    config: Config
    corpus: Corpus
    folds: list[Fold]
    version: dvc.DataVersion

    @property
    def test_digest(self) -> str:
        """A digest of the folds' test clips and their classes, which distinguishes test parts."""
        return test_digest(self.corpus, [fold.test for fold in self.folds])

    @property
    def test_part(self) -> ledger.Part:
        """The test part's key in the ledger."""
        return ledger.Part(self.version.table, self.config.task, self.config.split, self.test_digest)


@dataclass(frozen=True)
class SplitFeatures(SplitCorpus):
    """A corpus split into folds, with its feature."""

    feature: Feature

    @functools.cached_property
    def in_memory(self) -> bool:
        """Whether the corpus's features fit into what `training.memory` allows; prints a line if they do not."""
        cut, allowed = self.config.slices, self.config.training.memory
        overlap = cut.seconds / (cut.hop or cut.seconds) if cut.seconds else 0  # memory holds clips and slices
        size = (1 + overlap) * 4 * len(self.corpus.clips) * math.prod(self.feature.shape)
        fits = size <= memory.allowed(allowed)
        if not fits:
            say(f"features take {memory.text(size)}, more than training.memory ({allowed}); they are read as needed")
        return fits

    def stream(self, ids: Sequence[str]) -> Streamed:
        """Return the clips' features as a stream from disk, float32 (len(ids), *feature.shape)."""
        readers = [feature_store.Reader(remote.features(self.config, kind), ids) for kind in self.feature.kinds]
        shape = (len(ids), *self.feature.shape)
        return Streamed(shape, lambda rows: join([reader.read(rows) for reader in readers]), readers[0].shards)

    def features(self, ids: Sequence[str]) -> Array:
        """Return the features of the clips, in memory or as a stream: float32 (len(ids), *feature.shape)."""
        return self.part(ids).x

    def part(self, ids: Sequence[str]) -> Examples:
        """Return features and targets of the clips."""
        stream = self.stream(ids)
        return Examples(stream[:] if self.in_memory else stream, self.corpus.targets(ids), shards=stream.shards)


@dataclass(frozen=True)
class TrainingData(SplitFeatures):
    """A model and its training data: a corpus split into folds, with the feature that the model takes."""

    model: str
    module: Any  # the module of models/ of this name, or the ensemble

    @functools.cached_property
    def _chosen(self) -> Any:
        return hyperparameters.choose(self.module, self.config.hp, self.input_shape, len(self.corpus.classes))

    def hyperparameters(self) -> Any:
        """Return keras_tuner.HyperParameters with the config's values; ConfigError or ModelError if they do not fit.

        Each call returns a new copy, because building a model writes its defaults into it.
        """
        return self._chosen.copy()

    @property
    def slicing(self) -> Slicing | None:
        """How clips are cut into slices, if at all; an ensemble's members cut theirs themselves."""
        return None if isinstance(self.module, Ensemble) else slicing(self.config)

    @property
    def input_shape(self) -> Shape:
        """Shape of the model's input: a clip's feature, or a slice of it; for joined features, each one's."""
        cut = self.slicing
        return self.feature.sliced_shape(cut.width) if cut else self.feature.input_shape

    def derive(self, changes: Mapping[str, Any]) -> Self:
        """Return a copy whose config has other values, by dotted name (`tuning.space`); raises like Config.derive."""
        return dataclasses.replace(self, config=self.config.derive(changes))


def test_digest(corpus: Corpus, tests: Sequence[Sequence[str]]) -> str:
    """Return a digest of each fold's test clips and their classes, whatever the order of the clips."""
    label = corpus.truths()
    return digests.of_value([[[clip, label[clip]] for clip in sorted(test)] for test in tests])


def load(config: Config, name: str) -> TrainingData:
    """Gather what the config names for a model; the model fills in what the config leaves open.

    Builds a corpus and features that were never built, unless `build` is false; this may take a while. If they are
    still missing, or out of date, raises DataError with the cure.
    """
    module = ensemble_spec.load(name, config)
    config = ensemble_spec.takes(module, name, config)
    feature = Feature.of(config)
    if not isinstance(module, Ensemble):
        slicing(config)  # raises for wrong slices before anything is read
    if config.multilabel and config.slices.vote == "majority":
        raise ConfigError(
            f"slices.vote must be mean or geometric for a task with several labels per clip, such as '{config.task}'"
        )
    dvc.build_missing(config, feature.kinds)
    one = split(config, feature.kinds)
    return TrainingData(one.config, one.corpus, one.folds, one.version, feature, name, module)


def split(config: Config, kinds: Sequence[str] = ()) -> SplitCorpus:
    """Return the corpus and its folds, with the version of the corpus and of its features of these kinds.

    Folds are made from the corpus's own labels, so every task on it has the same test clips. Clips in the lockbox
    are neither in a fold nor in the returned corpus.
    """
    version = dvc.require(config, kinds)
    own = corpus.read(config.dataset)
    own = own.without(lockbox(own, config.lockbox))
    split, split_params = config.split_params(config.split)
    folds = split.folds(own, split_params)  # of all clips, so that clips without a feature do not move the others
    lacking = without_features(config, kinds)
    asked = under_task(own, config, lacking)
    _usable_classes(asked, config)
    missing = frozenset(own.ids).difference(asked.ids)
    folds = [_without(fold, missing) for fold in folds]
    if isinstance(asked, TaggedCorpus):
        tagging.check_parts(asked, folds, config.task)
    return SplitCorpus(config, asked, folds, version)


def under_task(
    own: Corpus, config: Config, lacking: frozenset[str] = frozenset(), classes: Sequence[str] = ()
) -> Corpus:
    """Return a corpus, given with its own labels, under the config's task, without the clips `lacking`.

    In a multi-label task, `classes` are a model's tags, which are then all the tags there are; clips without a known
    tag may be left out. Raises DataError if the task does not fit the corpus.
    """
    task = config.task_map(config.task)
    if isinstance(task, MultiLabel):
        return tagging.tagged(own, config.dataset, task, config.task, classes).without(lacking)
    return own.without(lacking).under(task, config.task)


def one_label(config: Config, verb: str) -> None:
    """Raise a ConfigError if the task is multi-label, which `verb` does not support."""
    if config.multilabel:
        raise ConfigError(f"{verb} needs a task with one label per clip; '{config.task}' has kind multilabel")


def without_features(config: Config, kinds: Sequence[str]) -> frozenset[str]:
    """Return the clips of `config.dataset` for which one of these features could not be computed; print how many."""
    lacking: dict[str, str] = {}
    for kind in kinds:
        found = feature_store.left_out(remote.features(config, kind))
        lacking |= {clip: f"{kind} {reason}" for clip, reason in found.items()}
    if lacking:
        clip, reason = next(iter(lacking.items()))
        clips = "clips lack" if len(lacking) > 1 else "clip lacks"
        say(f"left out: {len(lacking)} {clips} a feature; {clip}: {reason}")
    return frozenset(lacking)


def _without(fold: Fold, lacking: frozenset[str]) -> Fold:
    """Return a fold without the clips that lack a feature or a tag; DataError if that empties a part."""
    if not lacking:
        return fold
    parts = {name: tuple(clip for clip in ids if clip not in lacking) for name, ids in dataclasses.asdict(fold).items()}
    for name, ids in parts.items():
        if not ids:
            raise DataError(f"every clip of the {name} part lacks a feature or a label; see the lines above")
    return Fold(**parts)


def in_one_fold(data: TrainingData, verb: str) -> TrainingData:
    """Return `data` if its split has one fold, as `verb` requires; else raise a ConfigError."""
    if len(data.folds) > 1:
        raise ConfigError(
            f"{verb} needs a split with one fold, such as random; '{data.config.split}' has {len(data.folds)}"
        )
    return data


def first_fold(data: TrainingData, verb: str) -> TrainingData:
    """Return `data` with only the first fold of its split; print a line if there are more."""
    if len(data.folds) > 1:
        say(f"{verb} uses only the first of {len(data.folds)} folds of split '{data.config.split}'")
    return dataclasses.replace(data, folds=data.folds[:1])


def _usable_classes(asked: Corpus, config: Config) -> None:
    if len(asked.classes) < 2:
        raise DataError(
            f"corpus '{config.dataset}' has only the class '{asked.classes[0]}' under task {config.task}; "
            "there is nothing to distinguish"
        )
    taken = sorted(set(asked.classes) & (RESERVED_OF_TAGS if asked.multilabel else RESERVED))
    if taken:
        raise DataError(
            f"no class may be named {', '.join(taken)}: tables of predictions have columns of that name; "
            "rename the folder, or map the label to another class under tasks in params.yaml"
        )
    if asked.multilabel and (several := [name for name in asked.classes if BETWEEN_TAGS in name]):
        raise DataError(f"no tag may contain a {BETWEEN_TAGS}, which separates tags: {several[0]!r}")


def fingerprints(x: Array) -> list[str]:
    """Return a fingerprint of each clip's sound, from its feature, x (clips, bands, frames).

    Equal for the same samples from any file and machine: the bands' mean levels, coarse enough to absorb rounding.
    """
    found = []
    for some in in_batches(x, BATCH):
        levels = np.round(some.reshape(len(some), some.shape[1], -1).mean(axis=2, dtype=np.float64), 1)
        found += [hashlib.sha256(row.tobytes()).hexdigest()[:16] for row in levels + 0.0]
    return found
