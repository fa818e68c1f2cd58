"""What every experiment starts from: a corpus under a task, divided into folds, with its features at hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from genrelab import catalog, corpus, store, versions
from genrelab.classifier import Part
from genrelab.config import Config
from genrelab.corpus import Corpus, Fold
from genrelab.errors import ConfigError


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
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one clip's feature."""
        return catalog.load("features", self.feature).shape(self.feature_params)

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
    asked = own.under(config.task_map(config.task), config.task)
    return Prepared(config, asked, folds, version, config.feature, feature_params)


def model(name: str, feature: str) -> Any:
    """Return the module of a model that takes this feature, or raise a ConfigError."""
    module = catalog.load("models", name)
    if feature not in module.FEATURES:
        raise ConfigError(f"model '{name}' takes the feature {' or '.join(module.FEATURES)}, not '{feature}'")
    return module
