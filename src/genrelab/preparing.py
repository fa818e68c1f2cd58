"""What every experiment starts from: a corpus under a task, divided into folds, with its features at hand."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from genrelab import catalog, corpus, store, versions
from genrelab.classifier import Part
from genrelab.config import Config
from genrelab.corpus import Corpus, Fold
from genrelab.errors import ConfigError, DataError
from genrelab.slicing import Slicing, slicing

# Columns beside the classes' in predictions.csv and in the registered model's answer.
RESERVED = frozenset(
    {"clip", "fold", "true", "predicted", "label", "probability", "top"}
    | {"path", "status", "reason", "seconds", "windows"}
)


@dataclass(frozen=True)
class Prepared:
    """A corpus (labels under the task), its folds, its version, and its feature."""

    config: Config
    corpus: Corpus
    folds: list[Fold]
    version: versions.DataVersion
    feature: str
    feature_params: Any

    @property
    def feature_shape(self) -> tuple[int, ...]:
        """Shape of one clip's feature."""
        return catalog.load("features", self.feature).shape(self.feature_params)

    @property
    def slicing(self) -> Slicing | None:
        """How clips are cut into slices, if they are."""
        return slicing(self.config)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of what a model is given: a clip's feature, or a slice of it."""
        shape = self.feature_shape
        return (*shape[:-1], self.slicing.width) if self.slicing else shape

    @property
    def test_digest(self) -> str:
        """What tells test parts apart: a digest of the folds' test clips and their classes."""
        label = {clip.id: clip.label for clip in self.corpus.clips}
        text = json.dumps([[[clip, label[clip]] for clip in sorted(fold.test)] for fold in self.folds])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def features(self, ids: Sequence[str]) -> np.ndarray:
        """Return the features of the clips, float32 (len(ids), *input_shape)."""
        return store.read(corpus.folder(self.config.dataset) / "features" / f"{self.feature}.zarr", ids)

    def part(self, ids: Sequence[str]) -> Part:
        """Return features and class indices of the clips."""
        return Part(self.features(ids), self.corpus.targets(ids))


def prepare(config: Config) -> Prepared:
    """Gather what the config names; a corpus that is missing or out of date is a DataError with the cure.

    Folds are made from the corpus's own labels, so that every task on it has the same test clips.
    """
    version = versions.require(config, config.feature)
    own = corpus.read(config.dataset)
    split, split_params = config.split_params(config.split)
    folds = split.folds(own, split_params)
    _, feature_params = config.feature_params(config.feature)
    slicing(config)  # what is wrong with the slices is said before anything is read
    asked = own.under(config.task_map(config.task), config.task)
    _usable_classes(asked, config)
    return Prepared(config, asked, folds, version, config.feature, feature_params)


def in_one_fold(prepared: Prepared, verb: str) -> Prepared:
    """Return `prepared` if its split has one fold, as `verb` wants it; else raise a ConfigError."""
    if len(prepared.folds) > 1:
        raise ConfigError(
            f"{verb} takes a split of one fold, such as random; '{prepared.config.split}' has {len(prepared.folds)}"
        )
    return prepared


def _usable_classes(asked: Corpus, config: Config) -> None:
    if len(asked.classes) < 2:
        raise DataError(
            f"corpus '{config.dataset}' has the one class '{asked.classes[0]}' under task {config.task}; "
            "there is nothing to tell apart"
        )
    taken = sorted(set(asked.classes) & RESERVED)
    if taken:
        raise DataError(
            f"no class may be named {', '.join(taken)}: tables of predictions have columns of that name; "
            "rename the folder, or map the label to another class under tasks in params.yaml"
        )


def fingerprints(x: np.ndarray) -> list[str]:
    """Return for each clip's feature, x (clips, bands, frames), what tells its sound from others.

    Equal for the same samples from any file and machine: mean levels of the bands, coarse enough for rounding.
    """
    levels = np.round(x.reshape(len(x), x.shape[1], -1).mean(axis=2, dtype=np.float64), 1)
    return [hashlib.sha256(row.tobytes()).hexdigest()[:16] for row in levels + 0.0]


def model(name: str, feature: str) -> Any:
    """Return the module of a model that takes this feature, or raise a ConfigError."""
    module = catalog.load("models", name)
    if feature not in module.FEATURES:
        raise ConfigError(f"model '{name}' takes the feature {' or '.join(module.FEATURES)}, not '{feature}'")
    return module
