"""The registered model: sound in, genres out. MLflow logs this file as code and runs it when it loads the model.

Input: a table with the column `audio`, each cell the bytes of an audio file (base64 in JSON), at most MAX_ROWS rows and
MAX_BYTES per file; parameter `top_k`.
Output: one row per sound: `label`, `probability`, `top` (the `top_k` most probable labels), and a column of
probabilities for each class. Multi-label models add `tags`, those at or above their thresholds; models with a reference
add `drift`, the distance from the training clips (above 1: farther than nearly all held-out clips).
Long sounds are classified in windows; see genrelab.inference.frontend.

Unusable input raises an MlflowException that MLflow's server answers with status 400.
"""

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.environment_variables import MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, TEMPORARILY_UNAVAILABLE

from genrelab import plugins
from genrelab.classifiers import saved_model
from genrelab.classifiers.base import BATCH, TOP
from genrelab.data import audio
from genrelab.inference import limits, windows
from genrelab.inference.batcher import Batcher
from genrelab.inference.frontend import AudioFrontend, Windows

MAX_ROWS = 32  # sounds per request: a server gives up on a request after a minute
MAX_BYTES = limits.MAX_BYTES  # per audio file
# A server has a thread per request, and decoding a hostile sound can take up to genrelab.data.audio.MAX_BYTES.
_TURNS = limits.Turns()


class GenreModel(mlflow.pyfunc.PythonModel):
    """Decodes, resamples, computes the feature and classifies exactly as in training."""

    @functools.cached_property  # created in the process that answers requests: it cannot be pickled
    def batcher(self) -> Batcher[Windows, windows.Answer]:
        """Lets concurrent requests share the model's batches."""
        return Batcher(lambda sounds: windows.answer_batch(self.model, sounds), _count, BATCH)

    def load_context(self, context: Any) -> None:
        """Load the classifier and its metadata: classes, feature and feature parameters."""
        self.load(Path(context.artifacts["classifier"]))

    def load(self, folder: Path) -> None:
        """Load a saved classifier from its folder; plug-ins that are not installed come from the code it carries."""
        plugins.carry(saved_model.read_about(folder).get("plugins", []))
        self.model = saved_model.load(folder)
        self.about = self.model.about
        self.frontend = AudioFrontend.of(self.about)

    def answers(self, sounds: list[Any]) -> list[windows.Answer]:
        """Return the model's answer for each sound; if one is not usable, the error says which and why."""
        cost = limits.Cost(MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT.get())
        try:
            _check(sounds)
            with _TURNS.turn(cost, heavy=self._stated_cost(sounds, cost) > limits.LIGHT):
                return [
                    answer
                    for batch in windows.batches(self._windows_of(sounds, cost))
                    for answer in self._answered(batch, cost)
                ]
        except limits.CostError as error:
            raise _refusal(str(error)) from None
        except limits.BusyError as error:
            raise MlflowException(str(error), error_code=TEMPORARILY_UNAVAILABLE) from None

    def _answered(self, batch: list[Windows], cost: limits.Cost) -> Sequence[windows.Answer]:
        try:
            return self.batcher.ask(batch, cost.left)
        except TimeoutError:
            raise cost.expired() from None

    def _stated_cost(self, sounds: list[bytes], cost: limits.Cost) -> float:
        """Add up the channel-seconds that the headers state; raise CostError once they exceed the limit."""
        total = 0.0
        for sound in sounds:
            total += limits.stated(sound, self.frontend.checks.max_minutes)
            cost.check_sound(total)
        return total

    def _windows_of(self, sounds: list[bytes], cost: limits.Cost) -> Iterator[Windows]:
        for i, sound in enumerate(sounds):
            try:
                yield self.frontend.extract(bytes(sound), cost.check_time, cost.count)
            except audio.AudioError as error:
                raise _refusal(f"audio in row {i} cannot be used: {error}") from None

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Classify the sounds in the column `audio`."""
        classes = self.about["classes"]
        top_k = _top_k((params or {}).get("top_k"), len(classes))
        answers = self.answers(_sounds(model_input))
        p = np.stack([answer.windows.mean(axis=0) for answer in answers])
        order = np.argsort(-p, axis=1, kind="stable")
        table = pd.DataFrame(
            {
                "label": [classes[row[0]] for row in order],
                "probability": p.max(axis=1),
                "top": [[classes[i] for i in row[:top_k]] for row in order],
            }
        )
        if self.model.thresholds is not None:
            table["tags"] = [[classes[i] for i in np.flatnonzero(row >= self.model.thresholds)] for row in p]
        if self.model.reference:
            table["drift"] = [answer.drift for answer in answers]
        return pd.concat([table, pd.DataFrame(p, columns=classes)], axis=1)


def _count(sound: Windows) -> int:
    return len(sound.features)


def _sounds(table: Any) -> list[Any]:
    if not isinstance(table, pd.DataFrame) or "audio" not in table:
        raise _refusal("no audio: a table with the column 'audio' is needed")
    if not 1 <= len(table) <= MAX_ROWS:
        raise _refusal(f"the table must have 1 to {MAX_ROWS} rows, got {len(table)}")
    return list(table["audio"])


def _check(sounds: list[Any]) -> None:
    for i, sound in enumerate(sounds):
        if not isinstance(sound, bytes | bytearray):
            raise _refusal(f"audio in row {i} must be the bytes of a sound file, got {type(sound).__name__}")
        if len(sound) > MAX_BYTES:
            raise _refusal(f"audio in row {i} has {len(sound)} bytes, more than {MAX_BYTES}")


def _top_k(value: Any, classes: int) -> int:
    if value is None:
        return min(TOP, classes)
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not 1 <= value <= classes:
        raise _refusal(f"top_k must be a whole number from 1 to {classes}, the number of classes, got {value!r}")
    return int(value)


def _refusal(message: str) -> MlflowException:
    return MlflowException(message, error_code=INVALID_PARAMETER_VALUE)


mlflow.models.set_model(GenreModel())
