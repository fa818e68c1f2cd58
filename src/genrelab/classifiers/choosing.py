"""Fit several pipelines and keep the one that is best on the validation part; see genrelab.models.Candidates."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from genrelab.classifiers.base import Examples, FitSettings, only_epoch
from genrelab.classifiers.pipelines import SklearnClassifier
from genrelab.console import say
from genrelab.metrics import classification, multilabel

SMALL = 2000  # clips; below this, the threads of a fit mostly wait for one another
CHOICE = "choice.json"  # each pipeline's validation figures, and which one was kept


class ChosenClassifier(SklearnClassifier):
    """The best of several pipelines, by validation accuracy (for tags, mAP), then by validation log loss.

    It uses the train and validation parts only. It saves the pipeline that it keeps, which loads like any other.
    """

    def __init__(self, pipelines: Mapping[str, Any], n_classes: int) -> None:
        super().__init__(next(iter(pipelines.values())), n_classes)
        self.pipelines = pipelines
        self.choice: dict[str, Any] = {}

    def fit(self, train: Examples, valid: Examples, how: FitSettings) -> None:
        """Fit each pipeline on `train`, keep the one that is best on `valid`, and report it as a single epoch."""
        start = time.perf_counter()
        worth: dict[str, tuple[float, float]] = {}
        with threadpool_limits(1 if len(train.y) < SMALL else None):
            for name, pipeline in self.pipelines.items():
                one = SklearnClassifier(pipeline, self.n_classes)
                one.fit(train, valid, how._replace(on_epoch=lambda epoch: None))
                probabilities = one.uncalibrated(valid.x)
                worth[name] = _worth(valid.y, probabilities)
        figure = "map" if valid.y.ndim == 2 else "accuracy"
        kept = max(worth, key=lambda name: worth[name])  # the first of equals
        self.pipeline = self.pipelines[kept]
        self.choice = {
            "kept": kept,
            "valid": {name: {figure: a, "log_loss": -b} for name, (a, b) in worth.items()},
        }
        found = f"{worth[kept][0]:.1%} right" if figure == "accuracy" else f"mAP {worth[kept][0]:.1%}"
        say(f"{kept}, chosen from {len(worth)} on {len(valid.y)} validation {valid.unit}s ({found})")
        how.on_epoch(only_epoch(self.predict_proba, train, valid, time.perf_counter() - start))

    def save(self, folder: Path) -> None:
        """Write the kept pipeline and choice.json."""
        super().save(folder)
        (folder / CHOICE).write_text(json.dumps(self.choice, indent=1), encoding="utf-8")


def _worth(true: np.ndarray, probabilities: np.ndarray) -> tuple[float, float]:
    """Return the figure to maximise and the tie-breaker; larger is better for both."""
    if true.ndim == 2:
        return multilabel.average_precision(true, probabilities), -multilabel.log_loss(true, probabilities)
    return classification.accuracy(true, probabilities), -classification.log_loss(true, probabilities)
