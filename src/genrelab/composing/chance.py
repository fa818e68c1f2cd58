"""Random streams that depend only on their purpose, and draws from them."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def stream(seed: int, genre: str, *numbers: int) -> np.random.Generator:
    """Return the random stream of a genre's artist (`numbers`: artist) or clip (`numbers`: artist, clip)."""
    # A digest, because Python's own hash of a string changes from process to process.
    key = int.from_bytes(hashlib.sha256(genre.encode()).digest()[:4], "big")
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(key, *numbers)))


def pick(rng: np.random.Generator, options: Sequence[T]) -> T:
    """Return one of `options`."""
    return options[int(rng.integers(len(options)))]


def some(rng: np.random.Generator, options: Sequence[T], count: int) -> tuple[T, ...]:
    """Return the options at up to `count` distinct positions, in their order."""
    chosen = rng.permutation(len(options))[:count]
    return tuple(options[i] for i in sorted(chosen))


def happens(rng: np.random.Generator, probability: float) -> bool:
    """Return True with the given probability."""
    return bool(rng.random() < probability)
