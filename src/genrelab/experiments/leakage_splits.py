"""Divide slices into train, valid and test: at random, as often in the literature, or by their clips.

Only this module lets slices of one clip lie in different parts; `leakage` measures the effect.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from genrelab.corpus import Fold

TEST, VALID = 0.2, 0.125  # share of a label's slices, and share of the rest


class Division(NamedTuple):
    """Three disjoint sets of slices, each int64 (slices,)."""

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray


def by_slice(targets: np.ndarray, seed: int) -> Division:
    """Divide each label's slices at random, regardless of their clip: LEAKS. `targets` has the shape (slices,)."""
    parts: list[list[np.ndarray]] = [[], [], []]
    for label in np.unique(targets):
        order = np.random.default_rng([seed, label]).permutation(np.flatnonzero(targets == label))
        tested = round(len(order) * TEST)
        validated = tested + round((len(order) - tested) * VALID)
        for part, slices in zip(parts, np.split(order, [tested, validated]), strict=True):
            part.append(slices)
    test, valid, train = (np.sort(np.concatenate(part)) for part in parts)
    return Division(train, valid, test)


def by_clip(fold: Fold, ids: Sequence[str], owner: np.ndarray) -> Division:
    """Give each slice to its clip's part; `owner` holds each slice's position in `ids`. Other clips are left out."""
    place = {clip: i for i, clip in enumerate(ids)}
    parts = [[place[clip] for clip in part if clip in place] for part in (fold.train, fold.valid, fold.test)]
    return Division(*(np.flatnonzero(np.isin(owner, part)) for part in parts))


def of_equal_size(divisions: Mapping[str, Division], targets: np.ndarray, seed: int) -> dict[str, Division]:
    """Return the divisions with train cut at random to equally many slices of each label: the fewest that any has."""
    least = np.min([np.bincount(targets[d.train], minlength=targets.max() + 1) for d in divisions.values()], axis=0)
    found = {}
    for name, division in divisions.items():
        kept = [
            np.random.default_rng([seed, label]).permutation(division.train[targets[division.train] == label])[:n]
            for label, n in enumerate(least)
        ]
        found[name] = division._replace(train=np.sort(np.concatenate(kept)))
    return found


def share_in_train(division: Division, of: np.ndarray) -> float:
    """Return the share of test slices that share a value of `of`, int (slices,), with a train slice."""
    return float(np.isin(of[division.test], of[division.train]).mean())


class Scored(NamedTuple):
    """One training's test slices: whether each was judged right, bool (slices,), and its group, int (slices,).

    `group` is the artist, or the clip if the artist is not known.
    """

    right: np.ndarray
    group: np.ndarray


def resampled(trainings: Sequence[Scored], *, resamplings: int, seed: int) -> np.ndarray:
    """Return mean accuracies of `resamplings` resamplings, float (resamplings,).

    Draws trainings with replacement and, within each, groups of test slices. This covers the variation from seed to
    seed, and the variation with the music that happens to be in test.
    """
    rng = np.random.default_rng(seed)
    values = np.empty((len(trainings), len(trainings), resamplings))  # the t-th training, drawn as the i-th
    for t, (right, group) in enumerate(trainings):
        _, place = np.unique(group, return_inverse=True)
        n, good = np.bincount(place), np.bincount(place, weights=right)
        for i in range(len(trainings)):
            times = rng.multinomial(len(n), np.full(len(n), 1 / len(n)), resamplings)
            values[t, i] = (times @ good) / (times @ n)
    drawn = rng.integers(0, len(trainings), (len(trainings), resamplings))
    return np.mean([values[drawn[i], i, np.arange(resamplings)] for i in range(len(trainings))], axis=0)
