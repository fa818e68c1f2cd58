"""A clip classifier made from a slice classifier."""

import dataclasses
import json
from pathlib import Path

import numpy as np

from genrelab.classifiers.base import Classifier, Examples, FitSettings, Layer, TemperatureScaled
from genrelab.classifiers.slicing import Slicing
from genrelab.data.streamed import Array

SLICES = "slices.json"


class Sliced(TemperatureScaled):
    """A clip classifier made from a slice classifier: cuts each clip and combines its slices' answers."""

    def __init__(self, inner: Classifier, slicing: Slicing) -> None:
        self.inner, self.slicing = inner, slicing
        self.by_epochs = inner.by_epochs

    def fit(self, train: Examples, valid: Examples, how: FitSettings) -> None:
        """Fit on the slices; its epochs report the figures of slices."""
        self.inner.fit(self.cut(train), self.cut(valid), how)

    def cut(self, part: Examples) -> Examples:
        """Return the slices of a part's clips."""
        slices, owner = self.slicing.cut(part.x)
        return Examples(slices, part.y[owner], "slice", None if part.shards is None else part.shards[owner])

    def of_slices(self, x: Array) -> tuple[np.ndarray, np.ndarray]:
        """Return the slices' probabilities (slices, classes), and the row of each slice's clip in `x`."""
        slices, owner = self.slicing.cut(x)
        return self.inner.uncalibrated(slices), owner

    def uncalibrated(self, x: Array) -> np.ndarray:
        """Return the clips' probabilities, combined from those of their slices."""
        return self.slicing.together(*self.of_slices(x))

    def embed(self, x: Array) -> np.ndarray:
        """Return the mean embedding of each clip's slices."""
        return self.uncalibrated_and_embedded(x)[1]

    def uncalibrated_and_embedded(self, x: Array) -> tuple[np.ndarray, np.ndarray]:
        """Return the clips' probabilities and the mean embeddings of their slices, in one pass over the slices."""
        slices, owner = self.slicing.cut(x)
        probabilities, found = self.inner.uncalibrated_and_embedded(slices)
        embeddings = np.stack([found[owner == clip].mean(axis=0) for clip in range(len(x))])
        return self.slicing.together(probabilities, owner), embeddings

    def layers(self) -> list[Layer]:
        """Return the layers of the slice classifier."""
        return self.inner.layers()

    def save(self, folder: Path) -> None:
        """Write the slice classifier, how to cut clips, and the temperature of the clips' probabilities."""
        self.inner.save(folder)
        (folder / SLICES).write_text(json.dumps(dataclasses.asdict(self.slicing)), encoding="utf-8")
        self.save_temperature(folder)
