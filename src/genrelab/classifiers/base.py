"""The protocol of classifiers: what they take, and what they return."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from genrelab.config import Training
from genrelab.data.streamed import Array, take
from genrelab.metrics import calibration, classification, multilabel

BATCH = 32  # clips predicted at a time
TEMPERATURE = "temperature.json"
ABOUT = "about.json"  # the facts beside a saved classifier: classes, feature, checks
TOP = 3  # labels in `top`, where nothing else is asked for


class Examples(NamedTuple):
    """One part of a fold in numbers: features (clips, *shape) and class indices (clips,); or so of `unit`s.

    Of tasks of several labels, `y` is 0 or 1, (clips, tags).

    `shards` are where they lie on disk, int64 (clips,); None where that is not known.
    """

    x: Array
    y: np.ndarray
    unit: str = "clip"
    shards: np.ndarray | None = None

    def take(self, rows: Any) -> "Examples":
        """Return some of them."""
        shards = None if self.shards is None else self.shards[rows]
        return self._replace(x=take(self.x, rows), y=self.y[rows], shards=shards)


class Epoch(NamedTuple):
    """What is known at the end of an epoch: its number from 1, figures by name, seconds and optimizer steps taken.

    `cut_short` says that the time for training was over with it, though there would have been more to do.
    """

    number: int
    metrics: dict[str, float]
    seconds: float
    steps: int = 0
    cut_short: bool = False


class FitSettings(NamedTuple):
    """How a classifier is fitted: its training, the seed of all that is drawn, and a folder for its state.

    From `state` an interrupted fit resumes. `on_epoch` is called at the end of each epoch.
    """

    training: Training
    seed: int
    state: Path
    on_epoch: Callable[[Epoch], object] = lambda epoch: None


class Layer(NamedTuple):
    """One step of a model: name, kind, output shape without the batch axis (None: unknown), parameters."""

    name: str
    kind: str
    output_shape: tuple[int | None, ...]
    parameters: int


class Classifier(Protocol):
    """What training, serving and tuning need of a model, of whatever family."""

    temperature: float  # 1 until it is set
    by_epochs: bool  # whether it is fitted epoch by epoch

    def fit(self, train: Examples, valid: Examples, how: FitSettings) -> None:
        """Fit on `train`, watching `valid`."""
        ...

    def predict_proba(self, x: Array) -> np.ndarray:
        """Return class probabilities at the temperature, float64 (clips, classes)."""
        ...

    def uncalibrated(self, x: Array) -> np.ndarray:
        """Return class probabilities as the fitted model gives them, float64 (clips, classes)."""
        ...

    def embed(self, x: Array) -> np.ndarray:
        """Return what the last step, which decides on the class, is given of each clip: float32 (clips, size)."""
        ...

    def answer(self, x: Array) -> tuple[np.ndarray, np.ndarray]:
        """Return what `predict_proba` and `embed` do, in less time."""
        ...

    def uncalibrated_and_embedded(self, x: Array) -> tuple[np.ndarray, np.ndarray]:
        """Return what `uncalibrated` and `embed` do, in less time."""
        ...

    def layers(self) -> list[Layer]:
        """Return the steps from input to output."""
        ...

    def save(self, folder: Path) -> None:
        """Write the fitted model into an existing folder."""
        ...


def only_epoch(predict: Callable[[Array], np.ndarray], train: Examples, valid: Examples, seconds: float) -> Epoch:
    """Return what is known at the end of a fit without epochs: loss and accuracy of both parts, by `predict`.

    In place of the accuracy, tags have the macro area under the precision-recall curve.
    """
    metrics = {}
    for name, part in (("train", train), ("valid", valid)):
        probabilities = predict(part.x)
        if part.y.ndim == 2:
            metrics[f"{name}_loss"] = multilabel.log_loss(part.y, probabilities)
            metrics[f"{name}_pr_auc"] = multilabel.average_precision(part.y, probabilities)
        else:
            metrics[f"{name}_loss"] = classification.log_loss(part.y, probabilities)
            metrics[f"{name}_accuracy"] = classification.accuracy(part.y, probabilities)
    return Epoch(1, metrics, seconds)


class TemperatureScaled:
    """What all families share: the temperature."""

    temperature = 1.0

    def predict_proba(self, x: Array) -> np.ndarray:
        """Return class probabilities at the temperature."""
        return calibration.apply(self.uncalibrated(x), self.temperature)

    def uncalibrated(self, x: Array) -> np.ndarray:
        """Return class probabilities as the fitted model gives them."""
        raise NotImplementedError

    def embed(self, x: Array) -> np.ndarray:
        """Return what the last step, which decides on the class, is given of each clip."""
        raise NotImplementedError

    def answer(self, x: Array) -> tuple[np.ndarray, np.ndarray]:
        """Return what `predict_proba` and `embed` do."""
        probabilities, embeddings = self.uncalibrated_and_embedded(x)
        return calibration.apply(probabilities, self.temperature), embeddings

    def uncalibrated_and_embedded(self, x: Array) -> tuple[np.ndarray, np.ndarray]:
        """Return what `uncalibrated` and `embed` do; families that have both from one pass say how."""
        return self.uncalibrated(x), self.embed(x)

    def save_temperature(self, folder: Path) -> None:
        """Write it into the folder of a saved classifier."""
        text = json.dumps({"temperature": self.temperature})
        (folder / TEMPERATURE).write_text(text, encoding="utf-8")
