"""A net and a scikit-learn pipeline that classifies a layer's outputs; see genrelab.models.Staged."""

from pathlib import Path
from typing import Any

import numpy as np

from genrelab.classifiers.base import Epoch, Examples, FitSettings, Layer, TemperatureScaled
from genrelab.classifiers.nets import KerasClassifier
from genrelab.classifiers.pipelines import SklearnClassifier
from genrelab.data.streamed import Array

HEAD = "head"  # the pipeline's folder below the net's


class StagedClassifier(TemperatureScaled):
    """A net up to a layer, and a pipeline on that layer's flattened outputs.

    `whole` is the net with the layers above, for training; None if it is not to be trained, or has been.
    """

    def __init__(self, whole: KerasClassifier | None, below: KerasClassifier, head: SklearnClassifier) -> None:
        self.whole, self.below, self.head = whole, below, head
        self.by_epochs = whole is not None

    @classmethod
    def of(cls, staged: Any, n_classes: int, *, mixup: float, anneal: bool) -> "StagedClassifier":
        """Return the classifier for a genrelab.models.Staged."""
        from genrelab.layers.keras_backend import keras

        below = keras.Model(staged.net.inputs, staged.net.get_layer(staged.layer).output)
        whole = KerasClassifier(staged.net, mixup=mixup, anneal=anneal) if staged.trained else None
        return cls(whole, KerasClassifier(below), SklearnClassifier(staged.head, n_classes))

    def fit(self, train: Examples, valid: Examples, how: FitSettings) -> None:
        """Fit the net epoch by epoch, then the pipeline, reported as one more epoch."""
        epochs = 0

        def counted(epoch: Epoch) -> None:
            nonlocal epochs
            epochs = max(epochs, epoch.number)
            how.on_epoch(epoch)

        if self.whole:
            self.whole.fit(train, valid, how._replace(on_epoch=counted))
        below, below_valid = (part._replace(x=self._made_of(part.x)) for part in (train, valid))
        last = how._replace(on_epoch=lambda epoch: how.on_epoch(epoch._replace(number=epochs + 1)))
        self.head.fit(below, below_valid, last)

    def _made_of(self, x: Array) -> np.ndarray:
        return self.below.outputs(x).reshape(len(x), -1)

    def uncalibrated(self, x: Array) -> np.ndarray:
        """Return the pipeline's probabilities."""
        return self.head.uncalibrated(self._made_of(x))

    def embed(self, x: Array) -> np.ndarray:
        """Return the input of the pipeline's last estimator."""
        return self.head.embed(self._made_of(x))

    def layers(self) -> list[Layer]:
        """Return the net's layers up to that layer, and the pipeline's steps."""
        return [*self.below.layers(), *self.head.layers()]

    def save(self, folder: Path) -> None:
        """Write the net up to the layer, the pipeline in its own subfolder, and the temperature."""
        self.below.save(folder)
        (folder / HEAD).mkdir()
        self.head.save(folder / HEAD)
        self.save_temperature(folder)
