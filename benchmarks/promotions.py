"""Simulate the promotion rule on a chain of equal challengers.

    python benchmarks/promotions.py [--chains 50]

Twenty equally good models (each class is right with probability 0.6, wrong answers spread evenly) challenge one after
another on the same 200 test clips of ten classes. For the rule that any gain suffices, and for the interval of the
gain, the script prints the promotions per chain and the last champion's macro F1 on these clips, next to the true one
on 20,000 clips.
"""

import argparse

import numpy as np
import pandas as pd

from genrelab.evaluation import paired_comparison
from genrelab.metrics import classification

CLASSES, CLIPS, CHALLENGERS, RIGHT = 10, 200, 20, 0.6


def answers(true: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a model's answers: right with probability RIGHT, otherwise any other class."""
    wrong = (true + rng.integers(1, CLASSES, len(true))) % CLASSES
    return np.where(rng.random(len(true)) < RIGHT, true, wrong)


def table(true: np.ndarray, predicted: np.ndarray) -> pd.DataFrame:
    """Return the answers in the format of predictions.csv."""
    names = {"clip": np.arange(len(true)).astype(str), "fold": "0", "true": true.astype(str)}
    return pd.DataFrame({**names, "predicted": predicted.astype(str)})


def f1(true: np.ndarray, predicted: np.ndarray) -> float:
    """Return the macro F1 of answers."""
    return classification.f1(true, np.eye(CLASSES)[predicted])


def chain(rng: np.random.Generator, *, paired: bool) -> tuple[int, float]:
    """Return how many challengers were promoted, and the last champion's macro F1 on the test clips."""
    true = np.arange(CLIPS) % CLASSES
    champion, promotions = answers(true, rng), 0
    for _ in range(CHALLENGERS):
        challenger = answers(true, rng)
        if f1(true, challenger) <= f1(true, champion):
            continue  # neither rule promotes it
        old, new = table(true, champion), table(true, challenger)
        if paired and paired_comparison.gain(old, new, {}, resamplings=1000, seed=0).low <= 0:
            continue
        if any(row["p"] < 0.05 for row in paired_comparison.by_class(old, new)):
            continue
        champion, promotions = challenger, promotions + 1
    return promotions, f1(true, champion)


def main() -> None:
    """Print both rules' figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chains", type=int, default=50)
    options = parser.parse_args()
    many = np.arange(20_000) % CLASSES
    truth = f1(many, answers(many, np.random.default_rng(0)))
    print(f"{CHALLENGERS} equal challengers, {CLIPS} test clips, {options.chains} chains; true macro F1 {truth:.1%}")
    for name, paired in (("any gain", False), ("interval of the gain above 0", True)):
        found = np.array([chain(np.random.default_rng(seed), paired=paired) for seed in range(options.chains)])
        promotions, last = found.mean(axis=0)
        print(f"{name}: {promotions:.2f} promotions a chain, macro F1 of the last champion {last:.1%}")


if __name__ == "__main__":
    main()
