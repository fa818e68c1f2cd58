"""The registered model: sound in, genres out. MLflow logs this file as code and runs it where the model is loaded.

Input: a table with the column `audio`, each cell the bytes of a sound file (base64 in JSON); parameter `top_k`.
Output: a row a sound: `label`, `probability`, `top` (the `top_k` most probable labels), and a column of
probabilities for each class.
"""

import json
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

from genrelab import audio, catalog, classifier
from genrelab.config import Checks

ABOUT = "about.json"


class GenreModel(mlflow.pyfunc.PythonModel):
    """Decodes, resamples, makes the feature and classifies exactly as in training."""

    def load_context(self, context: Any) -> None:
        """Load the classifier and what it must be told about: classes, feature and its parameters."""
        self.load(Path(context.artifacts["classifier"]))

    def load(self, folder: Path) -> None:
        """Load from the folder of a saved classifier."""
        self.about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        self.classifier = classifier.load(folder)
        self.feature = catalog.load("features", self.about["feature"])
        self.params = self.feature.Params(**self.about["feature_params"])
        self.checks = Checks(**self.about["checks"])

    def probabilities(self, sounds: list[bytes]) -> np.ndarray:
        """Return class probabilities (sounds, classes); a sound that is none is an error that says which and why."""
        features = []
        for i, sound in enumerate(sounds):
            try:
                samples = audio.load(sound, self.params.sample_rate, max_seconds=60 * self.checks.max_minutes)
                audio.check(samples[np.newaxis], self.params.sample_rate, self.checks)
                features.append(self.feature.extract(samples, self.params))
            except audio.AudioError as error:
                message = f"audio in row {i} cannot be used: {error}"
                raise MlflowException(message, error_code=INVALID_PARAMETER_VALUE) from None
        return self.classifier.predict_proba(np.stack(features))

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Classify the sounds of the column `audio`."""
        if len(model_input) == 0:
            raise MlflowException("no audio: the table has no row", error_code=INVALID_PARAMETER_VALUE)
        classes = self.about["classes"]
        top_k = int((params or {}).get("top_k", 3))
        if top_k < 1:
            raise MlflowException(f"top_k must be at least 1, got {top_k}", error_code=INVALID_PARAMETER_VALUE)
        p = self.probabilities(list(model_input["audio"]))
        order = np.argsort(-p, axis=1, kind="stable")
        table = pd.DataFrame(
            {
                "label": [classes[row[0]] for row in order],
                "probability": p.max(axis=1),
                "top": [[classes[i] for i in row[:top_k]] for row in order],
            }
        )
        return pd.concat([table, pd.DataFrame(p, columns=classes)], axis=1)


mlflow.models.set_model(GenreModel())
