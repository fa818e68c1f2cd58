"""Made-up data for experiments in this process."""

from pathlib import Path
from typing import ClassVar

import numpy as np

from genrelab import config
from genrelab.classifiers import ensemble_spec
from genrelab.corpus import Clip, Corpus, Fold
from genrelab.data.dvc import DataVersion
from genrelab.data.streamed import Streamed
from genrelab.features._base import Feature
from genrelab.training.experiment_data import TrainingData

PARAMS = Path("params.yaml").resolve()
FOLD = Fold(
    tuple(f"train{i}" for i in range(12)), tuple(f"valid{i}" for i in range(6)), tuple(f"test{i}" for i in range(6))
)
CLIPS = tuple(
    Clip(clip, "", "ab"[i % 2], "", 30.0, "")
    for part in (FOLD.train, FOLD.valid, FOLD.test)
    for i, clip in enumerate(part)
)


class Watched(TrainingData):
    """Made-up features of two classes that are easy to tell apart; it notes which clips are read."""

    read: ClassVar[set[str]] = set()

    def stream(self, ids):
        self.read.update(ids)
        rng = np.random.default_rng(0)
        x = rng.uniform(-80, 0, (len(ids), *self.feature.shape)).astype(np.float32)
        x[:, :40] += 20 * self.corpus.targets(ids)[:, None, None]
        return Streamed(x.shape, x.__getitem__)


def training_data(*folds: Fold, model: str = "svm", version: str = "", **overrides: str) -> Watched:
    """What `experiment_data.load` returns for a model and overrides of params.yaml; on FOLD unless folds are given."""
    settings = {"features.mel.frames": "60", "tuning.refit": "false", "tuning.trials": "2", **overrides}
    loaded = config.load(PARAMS, settings)
    data = DataVersion(table=f"table{version}", clips=f"clips{version}", features=f"features{version}")
    corpus, module = Corpus(CLIPS, ("a", "b")), ensemble_spec.load(model, loaded)
    found = Watched(loaded, corpus, list(folds or [FOLD]), data, Feature.of(loaded), model, module)
    found.read.clear()
    return found
