"""Compare models of a multi-label task on the same test clips: pure functions from runs to tables.

Shares lie in 0...1. Every table lists the models in the order of the leaderboard, under its names.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from genrelab.evaluation.tables import Drawing, Entry, LeftOut, counted, numbered_names
from genrelab.metrics import classification, multilabel
from genrelab.training import tag_reports

METRICS = {  # column of the leaderboard: metric of the run
    **{f"{name}{end}": f"test_{name}{end}" for name in ("map", "roc_auc", "f1") for end in ("", "_low", "_high")},
    "precision": "test_precision",
    "recall": "test_recall",
    "log_loss": "test_log_loss",
    "parameters": "parameters",
    "train_seconds": "train_seconds",
    "model_bytes": "model_bytes",
    "predict_ms": "predict_ms",
}
FIGURES = ("map", "roc_auc", "f1")  # by which pairs are compared


class TagComparison(NamedTuple):
    """Everything that a comparison reports; `notes` are sentences on how far to trust it.

    `units` says what intervals resample, such as "34 artists" or "60 clips".
    """

    title: str
    table: pd.DataFrame  # the leaderboard, one row per model
    pairs: pd.DataFrame
    per_tag: pd.DataFrame
    left_out: list[LeftOut]
    notes: list[str]
    units: str


def compare(
    title: str,
    entries: Sequence[Entry],
    tags: Sequence[str],
    left_out: Sequence[LeftOut],
    notes: Sequence[str],
    *,
    drawing: Drawing,
) -> TagComparison:
    """Compare runs with answers (predictions.csv, by clip) to the same clips; ties keep the given order."""
    ranked = sorted(entries, key=lambda entry: -entry.metrics["test_map"])
    clips = ranked[0].answers.index
    named = {
        name: entry._replace(answers=entry.answers.loc[clips])
        for name, entry in zip(numbered_names([entry.model for entry in ranked]), ranked, strict=True)
    }
    groups = drawing.corpus.groups(list(clips))
    known = any(clip.artist for clip in drawing.corpus.clips if clip.id in clips)
    return TagComparison(
        title,
        _board(named),
        _pairs(named, tags, groups, drawing),
        _per_tag(named, tags),
        list(left_out),
        list(notes),
        counted(classification.units(groups, groups), "artist" if known else "clip"),
    )


def _board(named: Mapping[str, Entry]) -> pd.DataFrame:
    """Return one row per run, best first: figures (NaN if a run has none) and the run."""
    rows = [
        {
            "name": name,
            "model": entry.model,
            **{column: entry.metrics.get(metric, float("nan")) for column, metric in METRICS.items()},
            "settings": entry.settings,
            "cut_short": entry.cut_short,
            "run": entry.run[:8],
        }
        for name, entry in named.items()
    ]
    return pd.DataFrame(rows).astype({"parameters": "Int64", "model_bytes": "Int64"})


def _pairs(named: Mapping[str, Entry], tags: Sequence[str], groups: np.ndarray, drawing: Drawing) -> pd.DataFrame:
    """Return one row per pair, `one` before `other` on the leaderboard.

    Columns: how far `one` is ahead in each of FIGURES, with 95% intervals of a paired bootstrap (both are judged on the
    drawn clips); and whether the interval of mAP excludes 0 (`differ`).
    """
    weights = multilabel.draws(len(groups), groups, resamplings=drawing.resamplings, seed=drawing.seed)
    found, drawn = {}, {}
    for name, entry in named.items():
        answers, folds = tag_reports.read(entry.answers, tags), entry.answers["fold"].to_numpy()
        found[name] = multilabel.scores(*answers, folds)
        drawn[name] = multilabel.macro(*answers, weights=weights, folds=folds)
    rows = []
    for one, other in combinations(named, 2):
        row: dict[str, object] = {"one": one, "other": other}
        for figure in FIGURES:
            values = drawn[one][figure] - drawn[other][figure]
            ahead = found[one][figure] - found[other][figure]
            if figure == "map":
                low, high = multilabel.difference_limits(values, ahead, groups)
                row["differ"] = low > 0 or high < 0
            else:
                low, high = multilabel.limits(values, len(groups), groups, -1.0, 1.0)
            row |= {figure: ahead, f"{figure}_low": low, f"{figure}_high": high}
        rows.append(row)
    columns = ["one", "other", *(f"{figure}{end}" for figure in FIGURES for end in ("", "_low", "_high")), "differ"]
    return pd.DataFrame(rows, columns=columns)


def _per_tag(named: Mapping[str, Entry], tags: Sequence[str]) -> pd.DataFrame:
    """Return one row per tag: `tag`, the test `clips` that have it, and each model's average precision, NaN if none."""
    answers = {name: tag_reports.read(entry.answers, tags) for name, entry in named.items()}
    true = next(iter(answers.values()))[0]
    table = pd.DataFrame({"tag": list(tags), "clips": true.sum(axis=0)})
    for name, own in answers.items():
        table[name] = multilabel.per_tag(*own)["average_precision"]
    return table
