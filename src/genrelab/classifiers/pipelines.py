"""scikit-learn pipelines."""

import json
import math
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from genrelab import plugins
from genrelab.classifiers.base import BATCH, Examples, FitSettings, Layer, TemperatureScaled, only_epoch
from genrelab.console import say
from genrelab.data.streamed import Array, Streamed, in_batches
from genrelab.errors import ModelError
from genrelab.state import memory

CLASSES = "classes.json"  # their number, which a pipeline does not know if its train part lacked some
TRUSTED = ("sklearn.", "genrelab.models.")  # packages whose classes a saved pipeline may hold, besides plug-ins'


def read(path: Path) -> Any:
    """Load a scikit-learn pipeline whose classes all come from scikit-learn, genrelab.models or a plug-in's package."""
    import skops.io

    try:
        unknown = skops.io.get_untrusted_types(file=path)
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise ModelError(f"{path} is not a saved pipeline: {error}") from None
    trusted = (*TRUSTED, *(f"{package}." for package in plugins.packages()))
    foreign = [kind for kind in unknown if not kind.startswith(trusted)]
    if foreign:
        raise ModelError(f"{path} contains {', '.join(foreign)}, not from scikit-learn, genrelab or a plug-in")
    return skops.io.load(path, trusted=unknown)


def _bytes(x: Streamed) -> int:
    return 4 * math.prod(x.shape)


def _by_batch(function: Callable[[np.ndarray], np.ndarray], x: Array) -> np.ndarray:
    """Apply `function` to an array, or to the batches of a stream."""
    if not isinstance(x, Streamed):
        return function(x)
    return np.concatenate([np.asarray(function(batch)) for batch in in_batches(x, BATCH)])


class SklearnClassifier(TemperatureScaled):
    """A scikit-learn pipeline with predict_proba that takes unflattened features."""

    FILE = "model.skops"
    by_epochs = False

    def __init__(self, pipeline: Any, n_classes: int) -> None:
        self.pipeline, self.n_classes = pipeline, n_classes

    def fit(self, train: Examples, valid: Examples, how: FitSettings) -> None:
        """Fit in one go, as a single epoch."""
        seeds = {name: how.seed for name in self.pipeline.get_params() if name.split("__")[-1] == "random_state"}
        self.pipeline.set_params(**seeds)
        start = time.perf_counter()
        pipeline, x = self.pipeline, train.x
        if isinstance(x, Streamed):
            first, pipeline = self._streamable(x, how.training.memory)
            whole, x = memory.text(_bytes(x)), _by_batch(first.transform, x)
            say(
                f"{', '.join(first.named_steps)}: turned {whole} into {memory.text(x.nbytes)} in batches; "
                "scikit-learn fits the other steps to all of that at once, in memory"
            )
        try:
            pipeline.fit(x, train.y)
        except ValueError as error:
            raise ModelError(f"the pipeline cannot be fitted to these clips: {str(error).splitlines()[0]}") from error
        how.on_epoch(only_epoch(self.predict_proba, train, valid, time.perf_counter() - start))

    def _streamable(self, x: Streamed, allowed: float | str) -> tuple[Any, Any]:
        """Return the steps before the first that learns, which can run batch by batch, and the others.

        Raises ModelError if there are none before it, as nothing then makes the features smaller.
        """
        learns = [not getattr(step, "__sklearn_is_fitted__", lambda: False)() for _, step in self.pipeline.steps]
        first = learns.index(True)
        if not first:
            raise ModelError(
                "scikit-learn fits this pipeline to all clips at once, but their features take "
                f"{memory.text(_bytes(x))}, more than training.memory ({allowed}) allows; allow more, use a smaller "
                "feature, or train a net"
            )
        return self.pipeline[:first], self.pipeline[first:]

    def uncalibrated(self, x: Array) -> np.ndarray:
        """Return the pipeline's probabilities; 0 for classes that it was not trained on."""
        probabilities = np.zeros((len(x), self.n_classes))
        probabilities[:, self.pipeline.classes_] = _by_batch(self.pipeline.predict_proba, x)
        return probabilities

    def embed(self, x: Array) -> np.ndarray:
        """Return the last estimator's input; if there is no other step, the features."""
        given = _by_batch(self.pipeline[:-1].transform, x) if len(self.pipeline.steps) > 1 else x[:]
        return np.asarray(given, dtype=np.float32).reshape(len(x), -1)

    def layers(self) -> list[Layer]:
        """Return the pipeline's steps; their output shapes and sizes are unknown."""
        return [Layer(name, type(step).__name__, (), 0) for name, step in self.pipeline.steps]

    def save(self, folder: Path) -> None:
        """Write model.skops (reading it, unlike a pickle, runs no code), classes.json and the temperature."""
        import skops.io

        skops.io.dump(self.pipeline, folder / self.FILE)
        (folder / CLASSES).write_text(json.dumps(self.n_classes), encoding="utf-8")
        self.save_temperature(folder)
