"""The leakage experiment as an HTML page: the gaps in words, means with intervals, each training."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from genrelab.html import page as document

Gap = tuple[float, float, float]  # in accuracy (shares): the gap, and its 95% interval


def page(
    title: str, means: pd.DataFrame, gaps: Mapping[str, Gap], trainings: pd.DataFrame, remarks: Sequence[str]
) -> str:
    """Return the page.

    `means` has one row per division (the index; the honest one last) with accuracy, low, high, f1, clip_accuracy,
    clip_in_train, artist_in_train (shares) and train (slices); `trainings` has one row per training.
    """
    honest = str(means.index[-1])
    names = ("slices right %", "95%", "F1 %", "clips right %", "clip in train %", "artist in train %", "train slices")
    rows = [
        [
            str(row.Index),
            document.number(_percent(row.accuracy, 1)),
            document.number(f"{_percent(row.low)}-{_percent(row.high)}", interval=(row.low, row.accuracy, row.high)),
            *map(document.number, (_percent(row.f1, 1), _clips(row, means))),
            *map(document.number, (_percent(row.clip_in_train), _percent(row.artist_in_train), f"{row.train:.0f}")),
        ]
        for row in means.itertuples()
    ]
    each = [
        [
            str(row.divided),
            *map(document.number, (row.seed, row.train, row.test, _percent(row.accuracy, 1), _percent(row.f1, 1))),
        ]
        for row in trainings.itertuples()
    ]
    return document.render(
        "leakage",
        title=f"Leakage: {title}",
        lead=[sentence(name, gap, honest) for name, gap in gaps.items()],
        means=document.table(["divided", *map(document.number, names)], rows),
        remarks=remarks,
        trainings=document.table(
            ["divided", *map(document.number, ("seed", "train slices", "test slices", "right %", "F1 %"))], each
        ),
    )


def _clips(row: Any, means: pd.DataFrame) -> str:
    """Return how many clips are right; a dash for the first division, which has slices of one clip in several parts."""
    return "-" if row.Index == means.index[0] else _percent(row.clip_accuracy, 1)


def sentence(name: str, gap: Gap, honest: str) -> str:
    """Return in words how far a division lies above the honest one."""
    middle, low, high = (100 * value for value in gap)
    if low > 0:
        verdict = "it flatters the model"
    elif high < 0:
        verdict = "the model does worse"
    else:
        verdict = "the difference may be chance"
    return (
        f"{name.capitalize()}: {middle:+.1f} points of accuracy against {honest} "
        f"(95%: {low:+.1f} to {high:+.1f}); {verdict}."
    )


def _percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f}"
