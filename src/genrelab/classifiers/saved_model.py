"""A saved classifier with all that is needed to use it: the contents of a registered version."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from genrelab import plugins
from genrelab.classifiers import factory, reference
from genrelab.classifiers.base import ABOUT, Classifier
from genrelab.classifiers.reference import Reference
from genrelab.errors import ModelError
from genrelab.features import Feature


@dataclass(frozen=True)
class SavedModel:
    """A fitted classifier; its classes, feature, split and training, as in `about.json`; and its feature.

    `reference` tells how far clips lie from the training clips; None for older versions without one.
    """

    about: dict[str, Any]
    classifier: Classifier
    feature: Feature
    reference: Reference | None = None

    @property
    def thresholds(self) -> np.ndarray | None:
        """The lowest probability at which a clip has each tag, float (tags,); None for single-label models."""
        found = self.about.get("thresholds")
        return None if found is None else np.array(found)


def read_about(folder: Path) -> dict[str, Any]:
    """Return the facts that training saved with a classifier; OSError if there are none."""
    about: dict[str, Any] = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    return about


def load(folder: Path) -> SavedModel:
    """Return the model that training saved in `folder`.

    Raises ModelError if the folder holds no classifier, or a plug-in that it needs is not installed; OSError if it
    holds no about.json.
    """
    about = read_about(folder)
    for needed in about.get("plugins", []):
        group, name = needed["group"], needed["name"]
        if name not in plugins.names(group):
            raise ModelError(
                f"the model needs the {group.removesuffix('s')} '{name}' from the package {needed['package']}, "
                "which is not installed; install it"
            )
        plugins.load(group, name)  # registers its layers, which a saved net may use
    feature = Feature.from_params(about["feature"], about["feature_params"])
    return SavedModel(about, factory.load(folder), feature, reference.load(folder))
