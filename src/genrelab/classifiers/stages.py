"""A net whose layer's outputs a scikit-learn pipeline classifies; see genrelab.models.Staged."""

from pathlib import Path
from typing import Any

import numpy as np

from genrelab.classifiers.base import Epoch, Examples, FitSettings, Layer, TemperatureScaled
from genrelab.classifiers.nets import KerasClassifier
from genrelab.classifiers.pipelines import SklearnClassifier
from genrelab.data.streamed import Array

HEAD = "head"  # the folder of the pipeline below that of the net


class StagedClassifier(TemperatureScaled):
    """A net up to a layer, whose outputs are flattened, and a pipeline on them.

    `whole` is the net with the layers above, by which it is trained; None if it is not to be, or has been.
    """

    def __init__(self, whole: KerasClassifier | None, below: KerasClassifier, head: SklearnClassifier) -> None:
        self.whole, self.below, self.head = whole, below, head
        self.by_epochs = whole is not None

    @classmethod
    def of(cls, staged: Any, n_classes: int, *, mixup: float, anneal: bool) -> "StagedClassifier":
        """Return the classifier of a genrelab.models.Staged."""
        from genrelab.layers.keras_backend import keras

        below = keras.Model(staged.net.inputs, staged.net.get_layer(staged.layer).output)
        whole = KerasClassifier(staged.net, mixup=mixup, anneal=anneal) if staged.trained else None
        return cls(whole, KerasClassifier(below), SklearnClassifier(staged.head, n_classes))

    def fit(self, train: Examples, valid: Examples, how: FitSettings) -> None:
        """Fit the net epoch by epoch, then the pipeline, which is reported as one more epoch."""
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
        """Return what the pipeline's last estimator is given."""
        return self.head.embed(self._made_of(x))

    def layers(self) -> list[Layer]:
        """Return those of the net up to the layer, and the pipeline's steps."""
        return [*self.below.layers(), *self.head.layers()]

    def save(self, folder: Path) -> None:
        """Write the net up to the layer, the pipeline below it in a folder of its own, and the temperature."""
        self.below.save(folder)
        (folder / HEAD).mkdir()
        self.head.save(folder / HEAD)
        self.save_temperature(folder)
