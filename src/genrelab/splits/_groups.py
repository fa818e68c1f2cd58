"""Shared code of splits by artist: the clips of each artist, and a division of the artists that balances the labels.

Dividing the artists is a partition problem, solved as far as needed: take artists in random order, larger ones mostly
first, and give each to the part that needs its clips most; then let single artists change parts while that helps. If
there are few artists, make several such attempts and keep the best.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from genrelab.corpus import Corpus
from genrelab.splits._warnings import warn_once

ATTEMPTS = 16  # at most
WORK = 8_000  # groups placed in all attempts together, about
GAIN = 1e-9  # a smaller one is rounding

# Cost of a part without clips of a label. A label's deviations cost less than 2 in total, so presence outweighs
# balance, and presence in train outweighs presence in test, which outweighs presence in valid.
TRAIN, TEST, VALID = 1e5, 1e3, 1e1


class Group(NamedTuple):
    """The clips that must lie in one part: an artist's, or one clip whose artist is not known."""

    artist: str
    clips: tuple[str, ...]
    labels: Counter[str]


class PartTarget(NamedTuple):
    """A part to fill: its share of the clips of each label, and the cost of having none of a label."""

    share: float
    absence: float


def group(corpus: Corpus, split: str) -> list[Group]:
    """Return the groups of a corpus like `group_silently`, and report how many are single clips."""
    groups = group_silently(corpus)
    unknown = sum(not one.artist for one in groups)
    if unknown == len(corpus.clips):
        warn_once(f"split {split}: no clip of this corpus has an artist, so the split is by clip")
    elif unknown:
        warn_once(
            f"split {split}: {unknown} of {len(corpus.clips)} clips have no artist; each counts as its own artist"
        )
    return groups


def group_silently(corpus: Corpus) -> list[Group]:
    """Return the groups of a corpus, in an order that depends only on artists and ids.

    Artists with the same name are one artist, whatever the labels of their clips.
    """
    found: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for clip in corpus.clips:
        found[clip.artist, "" if clip.artist else clip.id].append((clip.id, clip.label))
    groups = []
    for (artist, _), clips in sorted(found.items()):
        groups.append(Group(artist, tuple(sorted(id for id, _ in clips)), Counter(label for _, label in clips)))
    return groups


def largest(groups: Sequence[Group], label: str) -> Group:
    """Return the group with the most clips of a label."""
    return max(groups, key=lambda group: group.labels[label])


def divide(groups: Sequence[Group], parts: Sequence[PartTarget], seed: Sequence[int]) -> list[list[Group]]:
    """Return the groups of each part. Deterministic for a seed; another seed gives another division."""
    attempts = max(1, min(ATTEMPTS, WORK // len(groups)))
    tried = (_Division(groups, parts, np.random.default_rng([*seed, attempt])) for attempt in range(attempts))
    side = min(tried, key=lambda division: division.cost()).side
    return [[group for group, part in zip(groups, side, strict=True) if part == p] for p in range(len(parts))]


class _Division:
    """One attempt: `side` holds each group's part.

    For each part and label, the cost is the squared deviation from the part's share, as a share of the label's clips,
    plus a penalty if the part has none. All clips together count as one more label, so that parts have the right size
    even if the labels leave no choice.
    """

    def __init__(self, groups: Sequence[Group], parts: Sequence[PartTarget], rng: np.random.Generator) -> None:
        index = {label: i for i, label in enumerate(sorted({label for g in groups for label in g.labels}))}
        # For each group, (label, clips); the last label stands for all clips.
        self.groups = [[*((index[k], n) for k, n in g.labels.items()), (len(index), len(g.clips))] for g in groups]
        self.parts = parts
        self.size = [0] * (len(index) + 1)
        for counts in self.groups:
            for label, n in counts:
                self.size[label] += n
        self.have = [[0] * len(self.size) for _ in parts]
        self.side = [0] * len(groups)
        # Random order weighted by size: Efraimidis & Spirakis 2006.
        sizes = np.array([len(g.clips) for g in groups])
        order = np.argsort(rng.exponential(size=len(groups)) / sizes**2, kind="stable").tolist()
        self._place(order)
        while self._improve(order):
            pass

    def cost(self) -> float:
        """Return the cost of the division."""
        labels = range(len(self.size))
        return math.fsum(self._cost(p, k, self.have[p][k]) for p in range(len(self.parts)) for k in labels)

    def _deviation(self, part: int, label: int, n: int) -> float:
        return (n / self.size[label] - self.parts[part].share) ** 2

    def _cost(self, part: int, label: int, n: int) -> float:
        return self._deviation(part, label, n) + (0 if n else self.parts[part].absence)

    def _place(self, order: Sequence[int]) -> None:
        for g in order:
            changes = [
                sum(self._deviation(p, k, have[k] + n) - self._deviation(p, k, have[k]) for k, n in self.groups[g])
                for p, have in enumerate(self.have)
            ]
            self.side[g] = changes.index(min(changes))
            for k, n in self.groups[g]:
                self.have[self.side[g]][k] += n

    def _improve(self, order: Sequence[int]) -> bool:
        """Let each group change parts if that reduces the cost; return whether any did."""
        moved = False
        for g in order:
            old = self.side[g]
            away = sum(self._change(old, k, -n) for k, n in self.groups[g])
            changes = [
                away + sum(self._change(p, k, n) for k, n in self.groups[g]) if p != old else 0.0
                for p in range(len(self.parts))
            ]
            if min(changes) < -GAIN:
                new = self.side[g] = changes.index(min(changes))
                for k, n in self.groups[g]:
                    self.have[old][k] -= n
                    self.have[new][k] += n
                moved = True
        return moved

    def _change(self, part: int, label: int, n: int) -> float:
        have = self.have[part][label]
        return self._cost(part, label, have + n) - self._cost(part, label, have)
