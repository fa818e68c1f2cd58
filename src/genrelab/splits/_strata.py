"""Shared code of stratified splits: the clips of each label, shuffled separately, and rounded shares of them."""

import hashlib
from collections import defaultdict

import numpy as np

from genrelab.corpus import Corpus


def ids_by_label(corpus: Corpus) -> dict[str, list[str]]:
    """Return the ids of the clips of each label."""
    found: dict[str, list[str]] = defaultdict(list)
    for clip in corpus.clips:
        found[clip.label].append(clip.id)
    return found


def shuffled(ids: list[str], seed: int, label: str) -> list[str]:
    """Return the ids in an order that depends only on them, the seed and the label."""
    label_seed = int.from_bytes(hashlib.sha256(label.encode()).digest()[:8], "big")
    order = np.random.default_rng([seed, label_seed]).permutation(len(ids))
    ordered = sorted(ids)
    return [ordered[i] for i in order]


def share_of(n: int, share: float, leave: int) -> int:
    """Return the share of n, to the nearest clip, with at least one clip on this side and `leave` on the other."""
    return min(max(1, int(n * share + 0.5)), n - leave)
