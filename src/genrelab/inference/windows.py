"""Run a model on sounds, the same way on the command line and in the registered model on a server.

The probabilities of a long sound are the mean over its windows; see genrelab.inference.frontend.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from genrelab.classifiers import factory
from genrelab.classifiers.factory import Classifier
from genrelab.classifiers.saved_model import SavedModel
from genrelab.inference.frontend import AudioFrontend, Windows

# Versions registered before AudioFrontend had its own module import it from here.
__all__ = ["Answer", "AudioFrontend", "Windows", "answer_batch", "answers", "batches", "predict_windows"]


class Answer(NamedTuple):
    """A model's answer for a sound: its windows' probabilities, float64 (windows, classes), and its drift.

    The drift is the distance of the windows' mean embedding from the training clips; above 1, it is farther than nearly
    all held-out clips of the same corpus. None if the model has no reference.
    """

    windows: np.ndarray
    drift: float | None


def answers(model: SavedModel, sounds: Iterable[Windows]) -> Iterator[Answer]:
    """Yield a model's answer for each sound, computed in batches."""
    for batch in batches(sounds):
        yield from answer_batch(model, batch)


def predict_windows(model: Classifier, sounds: Iterable[Windows]) -> Iterator[np.ndarray]:
    """Yield the probabilities of each sound's windows, (windows, classes).

    Versions registered before drift existed call it: if genrelab is imported before they are loaded, as in
    genrelab.inference.server, their copy of pyfunc.py finds this module instead of their own.
    """
    for batch in batches(sounds):
        x, ends = _joined(batch)
        yield from np.split(model.predict_proba(x), ends)


def batches(sounds: Iterable[Windows]) -> Iterator[list[Windows]]:
    """Yield sounds in lists that fill a model's batch."""
    waiting: list[Windows] = []
    for windows in sounds:
        waiting.append(windows)
        if sum(len(one.features) for one in waiting) >= factory.BATCH:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _joined(sounds: Sequence[Windows]) -> tuple[np.ndarray, np.ndarray]:
    """Return the windows of all sounds, and the end index of each sound but the last."""
    ends = np.cumsum([len(windows.features) for windows in sounds])
    return np.concatenate([windows.features for windows in sounds]), ends[:-1]


def answer_batch(model: SavedModel, sounds: Sequence[Windows]) -> list[Answer]:
    """Return a model's answers for sounds, computed in one batch."""
    x, ends = _joined(sounds)
    if model.reference is None:
        return [Answer(windows, None) for windows in np.split(model.classifier.predict_proba(x), ends)]
    probabilities, embeddings = model.classifier.answer(x)
    means = np.stack([own.mean(axis=0) for own in np.split(embeddings, ends)])
    drifts = model.reference.distances(means).tolist()
    return [Answer(*each) for each in zip(np.split(probabilities, ends), drifts, strict=True)]
