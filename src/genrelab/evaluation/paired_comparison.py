"""Compare two models clip by clip on the same test clips; promotions rest on this comparison."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from genrelab.metrics import classification, multilabel
from genrelab.metrics.significance import holm
from genrelab.training import prediction_table, tag_reports


class Gain(NamedTuple):
    """How much better the candidate's macro F1 or mAP is than the champion's, with its 95% interval, in shares.

    `by` names the resampling unit, artists or clips; `units` is their number.
    """

    gain: float
    low: float
    high: float
    by: str
    units: int


def gain(
    champion: pd.DataFrame, candidate: pd.DataFrame, artists: Mapping[str, str], *, resamplings: int, seed: int
) -> Gain:
    """Return the gain in macro F1 with the interval of a paired bootstrap, stratified by class.

    The tables are the predictions.csv of both models (clip, fold, true, predicted, ...) on the same clips. `artists`
    maps clips to artists, "" if unknown; if any is known, whole artists are drawn, as for the other intervals.
    """
    both = _paired(champion, candidate)
    classes = sorted({*both.true, *both.predicted_old, *both.predicted_new})
    true, old, new = (
        pd.Categorical(both[column], classes).codes.astype(int) for column in ("true", "predicted_old", "predicted_new")
    )
    one, other = np.eye(len(classes))[old], np.eye(len(classes))[new]
    groups, known = _groups(both["clip"], artists)
    low, high = classification.difference(
        classification.f1, true, one, other, resamplings=resamplings, seed=seed, groups=groups
    )
    found = classification.f1(true, other) - classification.f1(true, one)
    return Gain(found, low, high, "artists" if known else "clips", int(groups.max()) + 1)


def gain_of_tags(
    champion: pd.DataFrame, candidate: pd.DataFrame, artists: Mapping[str, str], *, resamplings: int, seed: int
) -> Gain:
    """Return the gain in mAP with the interval of a paired bootstrap, for two models of the same tags.

    The tables are the predictions.csv of both models on the same clips; `artists` is as for `gain`.
    """
    tags = [name for name in champion.columns if name not in prediction_table.DTYPES]
    old, new = champion.set_index("clip"), candidate.set_index("clip")
    true, one, _ = tag_reports.read(old, tags)
    other = new.loc[old.index, tags].to_numpy(float)
    groups, known = _groups(old.index, artists)
    weights = multilabel.draws(len(true), groups, resamplings=resamplings, seed=seed)
    values = [multilabel.macro(true, p, true, weights=weights)["map"] for p in (one, other)]
    found = multilabel.average_precision(true, other) - multilabel.average_precision(true, one)
    low, high = multilabel.difference_limits(values[1] - values[0], found, groups)
    return Gain(found, low, high, "artists" if known else "clips", int(groups.max()) + 1)


def _groups(clips: Iterable[str], artists: Mapping[str, str]) -> tuple[np.ndarray, bool]:
    """Return each clip's group, int (clips,), and whether any artist is known."""
    names = {clip: artists.get(clip, "") for clip in clips}
    own = [name or f" {clip}" for clip, name in names.items()]  # a clip without a known artist is its own group
    return np.unique(own, return_inverse=True)[1], any(names.values())


def by_class(champion: pd.DataFrame, candidate: pd.DataFrame) -> list[dict[str, Any]]:
    """Return for each class how many clips each model has right, and the p value of the candidate being worse.

    The p value is that of an exact one-sided binomial test on the class's clips that only one of the two has right
    (McNemar's, within the class), with Holm's correction over the classes. The tables are as for `gain`.
    """
    rows = []
    for name, clips in _paired(champion, candidate).groupby("true"):
        old, new = clips.predicted_old == clips.true, clips.predicted_new == clips.true
        lost, won = int((old & ~new).sum()), int((new & ~old).sum())
        p = binomtest(won, won + lost, alternative="less").pvalue if won + lost else 1.0
        rows.append(
            {"class": str(name), "clips": len(clips), "champion": int(old.sum()), "candidate": int(new.sum()), "p": p}
        )
    for row, p in zip(rows, holm(np.array([row["p"] for row in rows])), strict=True):
        row["p"] = float(p)
    return rows


def losses(classes: list[dict[str, Any]]) -> str:
    """Say on which classes the candidate has fewer right, and how large a loss the test could have detected."""
    fewer = [row for row in classes if row["candidate"] < row["champion"]]
    said = ", ".join(f"{row['class']} {row['champion']} -> {row['candidate']} of {row['clips']}" for row in fewer)
    least = least_loss(len(classes))
    smallest = min((row["clips"] for row in classes), default=0)
    seen = (
        f"a loss of fewer than {least} clips in a class would have gone undetected"
        if smallest >= least
        else f"no loss in a class of fewer than {least} clips could have been detected"
    )
    return f"fewer right on {said}, not significantly; {seen}" if fewer else f"no class with fewer right; {seen}"


def least_loss(classes: int, level: float = 0.05) -> int:
    """Return the fewest clips, all lost and none won, that are significant in one of `classes` classes."""
    lost = 1
    while classes * 0.5**lost >= level:
        lost += 1
    return lost


def _paired(champion: pd.DataFrame, candidate: pd.DataFrame) -> pd.DataFrame:
    return champion.merge(candidate, on=["clip", "fold", "true"], suffixes=("_old", "_new"), validate="one_to_one")
