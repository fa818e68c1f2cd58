"""Reports on a scored part of a multi-label task: mAP, ROC area, F1, figures of each tag, a picture."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from genrelab import plots
from genrelab.config import Config
from genrelab.corpus import apart
from genrelab.metrics import multilabel
from genrelab.tracking import runs
from genrelab.training import prediction_table

WITH_INTERVALS = ("map", "roc_auc", "f1")


def metrics(
    name: str,
    true: np.ndarray,
    probabilities: np.ndarray,
    predicted: np.ndarray,
    config: Config,
    groups: np.ndarray,
    folds: np.ndarray | None = None,
) -> dict[str, float]:
    """Return the figures of a part by metric name, `<name>_map` and so on; shares in 0...1.

    They are mAP, the ROC area and F1, all macro, with their 95% intervals (`_low`, `_high`); macro precision and
    recall; log_loss, and the numbers of clips and of tags that could be scored. Undefined figures are left out.
    `true` and `predicted` are 0 or 1, (clips, tags); `groups` and `folds` are as in genrelab.training.reports.metrics.
    """
    found = {
        **multilabel.scores(true, probabilities, predicted, folds),
        "log_loss": multilabel.log_loss(true, probabilities),
        "clips": float(len(true)),
        "tags": float((true.any(axis=0) & ~true.all(axis=0)).sum()),
    }
    spans = multilabel.intervals(
        true,
        probabilities,
        predicted,
        resamplings=config.metrics.bootstrap,
        seed=config.seed,
        groups=groups,
        folds=folds,
    )
    for key in WITH_INTERVALS:
        found[f"{key}_low"], found[f"{key}_high"] = spans[key]
    return {f"{name}_{key}": value for key, value in found.items() if np.isfinite(value)}


def log_test(table: pd.DataFrame, found: dict[str, float], tags: Sequence[str], title: str, remark: str) -> None:
    """Log test figures, predictions.csv, per_tag.csv, and the average precision of each tag as a picture.

    `remark` follows the sentence with the result.
    """
    answers = read(table, tags)
    runs.log_metrics(found)
    figures = multilabel.per_tag(*answers)
    runs.log_table(pd.DataFrame({"tag": list(tags), **figures}), "per_tag")
    prediction_table.log(table)
    shares = figures["clips"] / len(table)
    rows = list(zip(tags, figures["average_precision"].tolist(), shares.tolist(), strict=True))
    runs.log_picture(plots.average_precision(rows, title), "average_precision")
    runs.describe(f"{sentence('test', found)}{remark}", "average_precision.png")


def read(table: pd.DataFrame, tags: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the contents of predictions.csv: true, probabilities, predicted, each of shape (rows, tags)."""
    true, predicted = (_hot(table[column], tags) for column in ("true", "predicted"))
    return true, table[list(tags)].to_numpy(float), predicted


def _hot(cells: pd.Series, tags: Sequence[str]) -> np.ndarray:
    place = {tag: i for i, tag in enumerate(tags)}
    found = np.zeros((len(cells), len(tags)), dtype=np.int64)
    for row, cell in enumerate(cells):
        found[row, [place[tag] for tag in apart(cell)]] = 1
    return found


def sentence(name: str, found: dict[str, float]) -> str:
    """Return the figures of a part as one line for the terminal, in percent."""
    shown = [
        f"{word} {_percent(found, f'{name}_{key}', 1)}% "
        f"(95% interval {_percent(found, f'{name}_{key}_low')}-{_percent(found, f'{name}_{key}_high')})"
        for word, key in (("mAP", "map"), ("ROC area", "roc_auc"), ("macro F1", "f1"))
    ]
    return f"{name}: {', '.join(shown)}, on {found[f'{name}_clips']:.0f} clips and {found[f'{name}_tags']:.0f} tags"


def _percent(found: dict[str, float], key: str, digits: int = 0) -> str:
    return f"{100 * found[key]:.{digits}f}" if key in found else "-"
