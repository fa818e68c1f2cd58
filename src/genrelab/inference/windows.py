"""What a model says of sounds: the same for the command line and for the registered model on a server.

The probabilities of a long sound are the mean of those of its windows; see genrelab.inference.frontend.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from genrelab.classifiers import factory
from genrelab.classifiers.factory import Classifier
from genrelab.classifiers.saved_model import SavedModel
from genrelab.inference.frontend import AudioFrontend, Windows

# Versions that were registered before there was a module of its own for it look for AudioFrontend here.
__all__ = ["Answer", "AudioFrontend", "Windows", "answer_batch", "answers", "batches", "predict_windows"]


class Answer(NamedTuple):
    """What a model says of a sound: its windows' probabilities, float64 (windows, classes), and its drift.

    The drift is the distance to what the model was trained on, of the mean of the windows' embeddings; above 1, it is
    farther than for nearly all held-out clips of the same corpus. None where the model does not know.
    """

    windows: np.ndarray
    drift: float | None


def answers(model: SavedModel, sounds: Iterable[Windows]) -> Iterator[Answer]:
    """Yield what a model says of each sound, as many sounds at a time as make a batch."""
    for batch in batches(sounds):
        yield from answer_batch(model, batch)


def predict_windows(model: Classifier, sounds: Iterable[Windows]) -> Iterator[np.ndarray]:
    """Yield each sound's windows' probabilities, (windows, classes).

    Versions that were registered before there was drift call it: where genrelab is imported before they are loaded, as
    by genrelab.inference.server, their copy of pyfunc.py meets this module in place of their own.
    """
    for batch in batches(sounds):
        x, ends = _joined(batch)
        yield from np.split(model.predict_proba(x), ends)


def batches(sounds: Iterable[Windows]) -> Iterator[list[Windows]]:
    """Yield sounds in lists of as many as make a batch of a model."""
    waiting: list[Windows] = []
    for windows in sounds:
        waiting.append(windows)
        if sum(len(one.features) for one in waiting) >= factory.BATCH:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _joined(sounds: Sequence[Windows]) -> tuple[np.ndarray, np.ndarray]:
    """Return the windows of all sounds, and where each sound but the last one ends."""
    ends = np.cumsum([len(windows.features) for windows in sounds])
    return np.concatenate([windows.features for windows in sounds]), ends[:-1]


def answer_batch(model: SavedModel, sounds: Sequence[Windows]) -> list[Answer]:
    """Return what a model says of sounds, in one batch."""
    x, ends = _joined(sounds)
    if model.reference is None:
        return [Answer(windows, None) for windows in np.split(model.classifier.predict_proba(x), ends)]
    probabilities, embeddings = model.classifier.answer(x)
    means = np.stack([own.mean(axis=0) for own in np.split(embeddings, ends)])
    drifts = model.reference.distances(means).tolist()
    return [Answer(*each) for each in zip(np.split(probabilities, ends), drifts, strict=True)]
