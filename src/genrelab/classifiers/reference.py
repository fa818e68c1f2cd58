"""A classifier's training clips, as much as is needed to measure how far other clips lie from them.

A clip's distance is the mean distance to its NEIGHBOURS nearest training clips in the classifier's embedding, each
dimension in units of its standard deviation over the train part. It is given in multiples of the distance that SHARE
of the validation clips stay within: above 1, a clip lies farther away than nearly all held-out clips of the corpus.

At most CLIPS clips and COLUMNS dimensions are kept, so that a saved model stays small. The distance was selected
among several on validation clips; see docs/drift.md.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from scipy.spatial.distance import cdist

FILE = "reference.npz"
NEIGHBOURS = 5
SHARE = 0.95  # of the validation clips lie within distance 1
CLIPS = 400  # training clips to keep
COLUMNS = 1024  # dimensions of an embedding to keep
FLATTEST = 0.1  # of the mean deviation: lower bound for dimensions that hardly vary in training


@dataclass(frozen=True)
class Reference:
    """Training clips in a classifier's embedding, standardised, and the distances of the validation clips.

    `embeddings` is float16 (clips, columns); `columns` tells which dimensions of an embedding these are; `mean` and
    `deviation` are theirs, float32 (columns,). A distance is the mean of those to the `neighbours` nearest clips, in
    multiples of `unit`; `valid`, float32 (clips,), holds those of the validation clips, smallest first.
    """

    embeddings: np.ndarray
    columns: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray
    valid: np.ndarray
    unit: float = 1.0
    neighbours: int = NEIGHBOURS

    @classmethod
    def of(cls, train: np.ndarray, valid: np.ndarray, seed: int) -> Self | None:
        """Return the reference for the embeddings of training and validation clips, float (clips, size).

        None if there can be none: embeddings that are not finite, or clips that are all alike.
        """
        if not (np.isfinite(train).all() and np.isfinite(valid).all()):
            return None
        size = train.shape[1]
        columns = np.arange(size)
        if size > COLUMNS:
            columns = np.sort(np.random.default_rng(seed).choice(size, COLUMNS, replace=False))
        kept = train[:, columns].astype(np.float64)
        mean, deviation = kept.mean(axis=0), kept.std(axis=0)
        if not deviation.any():
            return None
        deviation = np.maximum(deviation, FLATTEST * deviation.mean())
        embeddings = ((kept - mean) / deviation).astype(np.float16)
        raw = cls(embeddings, columns, mean.astype(np.float32), deviation.astype(np.float32), np.empty(0))
        distances = np.sort(raw.distances(valid))
        unit = float(np.quantile(distances, SHARE))
        if not (np.isfinite(embeddings).all() and unit > 0):
            return None
        return dataclasses.replace(raw, valid=(distances / unit).astype(np.float32), unit=unit)

    def distances(self, embeddings: np.ndarray) -> np.ndarray:
        """Return how far `embeddings`, float (clips, size), lie from the training clips, float64 (clips,)."""
        x = (embeddings[:, self.columns].astype(np.float64) - self.mean) / self.deviation
        between = cdist(x, self.embeddings.astype(np.float64))
        return np.asarray(np.sort(between, axis=1)[:, : self.neighbours].mean(axis=1) / self.unit)

    def save(self, folder: Path) -> None:
        """Write the reference into the folder of a saved classifier."""
        np.savez_compressed(folder / FILE, **vars(self))


def load(folder: Path) -> Reference | None:
    """Return the reference of a saved classifier; None for older ones without one."""
    path = folder / FILE
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as saved:
        arrays = {name: saved[name] for name in ("embeddings", "columns", "mean", "deviation", "valid")}
        return Reference(**arrays, unit=float(saved["unit"]), neighbours=int(saved["neighbours"]))


def chosen(labels: np.ndarray, seed: int) -> np.ndarray:
    """Return the indices of the training clips to keep, in order; `labels` are their classes, int (clips,).

    Classes take turns, so that a rare one keeps its clips.
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    turn = np.empty(len(labels), int)  # each clip's position within its class
    for label in np.unique(labels):
        own = order[labels[order] == label]
        turn[own] = np.arange(len(own))
    return np.sort(order[np.argsort(turn[order], kind="stable")][:CLIPS])
