"""The classifier protocol: what classifiers take and what they return."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from genrelab.config import Training
from genrelab.data.streamed import Array, take
from genrelab.metrics import calibration, classification, multilabel

BATCH = 32  # clips per prediction batch
TEMPERATURE = "temperature.json"
ABOUT = "about.json"  # the facts saved with a classifier: classes, feature, checks
TOP = 3  # labels in `top` by default


class Examples(NamedTuple):
    """One part of a fold as arrays: features (clips, *shape) and class indices (clips,); a row is a `unit`.

    In multi-label tasks, `y` is 0 or 1, (clips, tags).

    `shards` holds the shard on disk that each row lies in, int64 (clips,); None if unknown.
    """

    x: Array
    y: np.ndarray
    unit: str = "clip"
    shards: np.ndarray | None = None

    def take(self, rows: Any) -> "Examples":
        """Return the examples in these rows."""
        shards = None if self.shards is None else self.shards[rows]
        return self._replace(x=take(self.x, rows), y=self.y[rows], shards=shards)


class Epoch(NamedTuple):
    """The record of an epoch: its number from 1, metrics by name, seconds and optimizer steps taken.

    `cut_short` means that the time limit ended training after this epoch, although there was more to do.
    """

    number: int
    metrics: dict[str, float]
    seconds: float
    steps: int = 0
    cut_short: bool = False


class FitSettings(NamedTuple):
    """How to fit a classifier: training parameters, the seed of all random draws, and a folder for its state.

    An interrupted fit resumes from `state`. `on_epoch` is called at the end of each epoch.
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
    """What training, serving and tuning need from a model, whatever its family."""

    temperature: float  # 1 until it is set
    by_epochs: bool  # whether it trains epoch by epoch

    def fit(self, train: Examples, valid: Examples, how: FitSettings) -> None:
        """Fit on `train` and monitor `valid`."""
        ...

    def predict_proba(self, x: Array) -> np.ndarray:
        """Return class probabilities after temperature scaling, float64 (clips, classes)."""
        ...

    def uncalibrated(self, x: Array) -> np.ndarray:
        """Return class probabilities before temperature scaling, float64 (clips, classes)."""
        ...

    def embed(self, x: Array) -> np.ndarray:
        """Return the input of the last step, which decides on the class, for each clip: float32 (clips, size)."""
        ...

    def answer(self, x: Array) -> tuple[np.ndarray, np.ndarray]:
        """Return the results of `predict_proba` and `embed`, in less time than the two calls."""
        ...

    def uncalibrated_and_embedded(self, x: Array) -> tuple[np.ndarray, np.ndarray]:
        """Return the results of `uncalibrated` and `embed`, in less time than the two calls."""
        ...

    def layers(self) -> list[Layer]:
        """Return the steps from input to output."""
        ...

    def save(self, folder: Path) -> None:
        """Write the fitted model into an existing folder."""
        ...


def only_epoch(predict: Callable[[Array], np.ndarray], train: Examples, valid: Examples, seconds: float) -> Epoch:
    """Return a fit without epochs as a single epoch: loss and accuracy on both parts, computed with `predict`.

    For tags, the macro area under the precision-recall curve replaces the accuracy.
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
    """Base class of all families: the temperature."""

    temperature = 1.0

    def predict_proba(self, x: Array) -> np.ndarray:
        """Return class probabilities after temperature scaling."""
        return calibration.apply(self.uncalibrated(x), self.temperature)

    def uncalibrated(self, x: Array) -> np.ndarray:
        """Return class probabilities before temperature scaling."""
        raise NotImplementedError

    def embed(self, x: Array) -> np.ndarray:
        """Return the input of the last step, which decides on the class, for each clip."""
        raise NotImplementedError

    def answer(self, x: Array) -> tuple[np.ndarray, np.ndarray]:
        """Return the results of `predict_proba` and `embed`."""
        probabilities, embeddings = self.uncalibrated_and_embedded(x)
        return calibration.apply(probabilities, self.temperature), embeddings

    def uncalibrated_and_embedded(self, x: Array) -> tuple[np.ndarray, np.ndarray]:
        """Return the results of `uncalibrated` and `embed`; families that get both in one pass override this."""
        return self.uncalibrated(x), self.embed(x)

    def save_temperature(self, folder: Path) -> None:
        """Write the temperature into the folder of a saved classifier."""
        text = json.dumps({"temperature": self.temperature})
        (folder / TEMPERATURE).write_text(text, encoding="utf-8")
