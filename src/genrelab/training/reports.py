"""Reports on a scored part: figures with intervals, the confusion matrix, predictions clip by clip.

genrelab.training.tag_reports handles multi-label tasks.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from genrelab import plots
from genrelab.classifiers.base import Epoch
from genrelab.config import Config, Training
from genrelab.metrics import classification
from genrelab.tracking import runs
from genrelab.training import prediction_table, tag_reports


def metrics(
    name: str,
    true: np.ndarray,
    probabilities: np.ndarray,
    config: Config,
    groups: np.ndarray,
    folds: np.ndarray | None = None,
    *,
    predicted: np.ndarray | None = None,
) -> dict[str, float]:
    """Return the figures of a part by metric name, `<name>_accuracy` and so on; shares in 0...1.

    They are accuracy and F1 with their 95% intervals (`_low`, `_high`), precision, recall, top3, roc_auc, log_loss,
    ece, and the number of clips; F1, precision, recall and roc_auc are macro, and roc_auc is left out if it is not
    defined. `groups`, shape (clips,), tells which clips belong together and are resampled together for the intervals;
    `folds`, shape (clips,), tells which of several models judged each clip: roc_auc is then the mean over them. For
    tags, `predicted`, 0 or 1, (clips, tags), tells which reach their thresholds; the figures are then those of tags.
    """
    if predicted is not None:
        return tag_reports.metrics(name, true, probabilities, predicted, config, groups, folds)
    found = {
        **classification.scores(true, probabilities),
        "top3": classification.top(true, probabilities),
        "log_loss": classification.log_loss(true, probabilities),
        "ece": classification.calibration_error(true, probabilities),
        "clips": len(true),
    }
    if (area := classification.roc_auc(true, probabilities, folds)) is not None:
        found["roc_auc"] = area
    for key, figure in (("accuracy", classification.accuracy), ("f1", classification.f1)):
        found[f"{key}_low"], found[f"{key}_high"] = classification.interval(
            figure, true, probabilities, resamplings=config.metrics.bootstrap, seed=config.seed, groups=groups
        )
    return {f"{name}_{key}": value for key, value in found.items()}


def interval_tag(found: Mapping[str, float]) -> dict[str, str]:
    """Return the 95% interval of the test accuracy, or for tags of mAP, as the table of runs shows it."""
    name = "test_map" if is_of_tags("test", found) else "test_accuracy"
    return {f"{name}_interval": f"{100 * found[f'{name}_low']:.0f}-{100 * found[f'{name}_high']:.0f}%"}


def log_test(
    table: pd.DataFrame, found: dict[str, float], classes: Sequence[str], title: str, cut_short: str = ""
) -> None:
    """Log test figures, predictions.csv, per_class.csv, and the confusion matrix as a table and as a picture.

    `cut_short` describes what cut the training short, "" if nothing did.
    """
    if is_of_tags("test", found):
        runs.set_tags(interval_tag(found))
        tag_reports.log_test(table, found, classes, title, with_remark("", cut_short))
        return
    true = pd.Categorical(table["true"], classes).codes.astype(int)
    probabilities = table[list(classes)].to_numpy(float)
    counts = classification.confusion(true, probabilities)
    runs.log_metrics(found)
    runs.set_tags(interval_tag(found))
    per_class = pd.DataFrame({"class": list(classes), **classification.per_class(true, probabilities)})
    runs.log_table(per_class, "per_class")
    prediction_table.log(table)
    matrix = pd.DataFrame(counts, index=pd.Index(classes, name="true \\ predicted"), columns=list(classes))
    runs.log_table(matrix, "confusion_matrix", index=True)
    runs.log_picture(plots.confusion(counts, classes, title), "confusion_matrix")
    runs.describe(with_remark(sentence("test", found), cut_short), "confusion_matrix.png")


def cut_short(history: Sequence[Epoch], training: Training, *, by_epochs: bool) -> str:
    """Describe how the time limit has cut a training short; "" if it has not."""
    if not any(epoch.cut_short for epoch in history):
        return ""
    steps, epochs = sum(epoch.steps for epoch in history), sum(epoch.steps > 0 for epoch in history)
    done = f"{epochs} of {training.epochs} epochs" if by_epochs else "summed over all members"
    return f"cut short by training.minutes = {training.minutes:.3g} after {steps} optimizer steps, {done}"


def is_of_tags(name: str, found: Mapping[str, float]) -> bool:
    """Return whether the figures of a part are those of a multi-label task."""
    return f"{name}_tags" in found


def with_remark(text: str, remark: str) -> str:
    """Return a sentence followed by a remark, if there is one."""
    return f"{text}; {remark}" if remark else text


def sentence(name: str, found: dict[str, float]) -> str:
    """Return the figures of a part as one line for the terminal, in percent."""
    if is_of_tags(name, found):
        return tag_reports.sentence(name, found)
    pct = {key: 100 * value for key, value in found.items()}
    return (
        f"{name}: accuracy {pct[f'{name}_accuracy']:.1f}% "
        f"(95% interval {pct[f'{name}_accuracy_low']:.0f}-{pct[f'{name}_accuracy_high']:.0f}), "
        f"macro precision {pct[f'{name}_precision']:.1f}%, recall {pct[f'{name}_recall']:.1f}%, "
        f"F1 {pct[f'{name}_f1']:.1f}%, on {found[f'{name}_clips']:.0f} clips"
    )
