"""How a scored part is reported: figures with intervals, the confusion matrix, predictions clip by clip."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from genrelab import metrics, plots, tracking
from genrelab.config import Config


def figures(name: str, true: np.ndarray, probabilities: np.ndarray, config: Config) -> dict[str, float]:
    """Return `<name>_accuracy`, `_precision`, `_recall`, `_f1` (macro) and the accuracy's 95% interval."""
    found = {f"{name}_{key}": value for key, value in metrics.scores(true, probabilities).items()}
    low, high = metrics.interval(
        metrics.accuracy, true, probabilities, resamplings=config.metrics.bootstrap, seed=config.seed
    )
    return {**found, f"{name}_accuracy_low": low, f"{name}_accuracy_high": high, f"{name}_clips": len(true)}


def calibration(name: str, true: np.ndarray, before: np.ndarray, after: np.ndarray) -> dict[str, float]:
    """Return the expected calibration error of a part without the temperature (`_ece_uncalibrated`) and with it."""
    return {f"{name}_ece_uncalibrated": metrics.ece(true, before), f"{name}_ece": metrics.ece(true, after)}


def predictions(
    ids: Sequence[str], fold: int, true: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]
) -> pd.DataFrame:
    """Return a row a clip: clip, fold, true, predicted, and a column of probabilities for each class."""
    names = np.array(classes)
    table = pd.DataFrame(
        {"clip": list(ids), "fold": fold, "true": names[true], "predicted": names[probabilities.argmax(axis=1)]}
    )
    return pd.concat([table, pd.DataFrame(probabilities, columns=list(classes))], axis=1)


def log_test(table: pd.DataFrame, found: dict[str, float], classes: Sequence[str], title: str) -> None:
    """Log test figures, predictions.csv, and the confusion matrix as a table and as a picture."""
    true = pd.Categorical(table["true"], classes).codes.astype(int)
    counts = metrics.confusion(true, table[list(classes)].to_numpy(float))
    tracking.log_metrics(found)
    tracking.log_table(table, "predictions")
    matrix = pd.DataFrame(counts, index=pd.Index(classes, name="true \\ predicted"), columns=list(classes))
    tracking.log_table(matrix, "confusion_matrix", index=True)
    tracking.log_picture(plots.confusion(counts, classes, title), "confusion_matrix")


def sentence(name: str, found: dict[str, float]) -> str:
    """Return the figures of a part as a line for the terminal, in percent."""
    pct = {key: 100 * value for key, value in found.items()}
    return (
        f"{name}: accuracy {pct[f'{name}_accuracy']:.1f}% "
        f"(95% interval {pct[f'{name}_accuracy_low']:.0f}-{pct[f'{name}_accuracy_high']:.0f}), "
        f"macro precision {pct[f'{name}_precision']:.1f}%, recall {pct[f'{name}_recall']:.1f}%, "
        f"F1 {pct[f'{name}_f1']:.1f}%, on {found[f'{name}_clips']:.0f} clips"
    )
