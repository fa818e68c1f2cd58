"""A saved classifier with what must be known to use it: what a registered version holds."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genrelab.classifiers import factory
from genrelab.classifiers.base import ABOUT, Classifier
from genrelab.features import Feature


@dataclass(frozen=True)
class SavedModel:
    """A fitted classifier; its classes, feature, split and training, as `about.json` has them; and its feature."""

    about: dict[str, Any]
    classifier: Classifier
    feature: Feature


def load(folder: Path) -> SavedModel:
    """Return the model that training saved in `folder`.

    Raises ModelError where the folder holds no classifier, OSError where it holds no about.json.
    """
    about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    return SavedModel(about, factory.load(folder), Feature.from_params(about["feature"], about["feature_params"]))
