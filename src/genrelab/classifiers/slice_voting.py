"""A classifier of slices as one of clips."""

import dataclasses
import json
from pathlib import Path

import numpy as np

from genrelab.classifiers.base import Classifier, Examples, FitSettings, Layer, TemperatureScaled
from genrelab.classifiers.slicing import Slicing
from genrelab.data.streamed import Array

SLICES = "slices.json"


class Sliced(TemperatureScaled):
    """A classifier of slices as one of clips: cuts each clip, and puts its slices' answers together."""

    def __init__(self, inner: Classifier, slicing: Slicing) -> None:
        self.inner, self.slicing = inner, slicing
        self.by_epochs = inner.by_epochs

    def fit(self, train: Examples, valid: Examples, how: FitSettings) -> None:
        """Fit on the slices; the figures of its epochs are those of slices."""
        self.inner.fit(self.cut(train), self.cut(valid), how)

    def cut(self, part: Examples) -> Examples:
        """Return the slices of a part's clips."""
        slices, owner = self.slicing.cut(part.x)
        return Examples(slices, part.y[owner], "slice", None if part.shards is None else part.shards[owner])

    def of_slices(self, x: Array) -> tuple[np.ndarray, np.ndarray]:
        """Return the probabilities of the clips' slices (slices, classes), and the row of each slice's clip in `x`."""
        slices, owner = self.slicing.cut(x)
        return self.inner.uncalibrated(slices), owner

    def uncalibrated(self, x: Array) -> np.ndarray:
        """Return clips' probabilities, those of their slices put together."""
        return self.slicing.together(*self.of_slices(x))

    def embed(self, x: Array) -> np.ndarray:
        """Return the mean of what the slices of a clip become."""
        return self.uncalibrated_and_embedded(x)[1]

    def uncalibrated_and_embedded(self, x: Array) -> tuple[np.ndarray, np.ndarray]:
        """Return clips' probabilities, and the means of what their slices become, in one pass over the slices."""
        slices, owner = self.slicing.cut(x)
        probabilities, found = self.inner.uncalibrated_and_embedded(slices)
        embeddings = np.stack([found[owner == clip].mean(axis=0) for clip in range(len(x))])
        return self.slicing.together(probabilities, owner), embeddings

    def layers(self) -> list[Layer]:
        """Return those of the classifier of slices."""
        return self.inner.layers()

    def save(self, folder: Path) -> None:
        """Write the classifier of slices, how clips are cut, and the temperature of the clips' probabilities."""
        self.inner.save(folder)
        (folder / SLICES).write_text(json.dumps(dataclasses.asdict(self.slicing)), encoding="utf-8")
        self.save_temperature(folder)
