"""predictions.csv: a model's prediction for each clip of a scored part. Its only writer and its only reader.

One row per clip: clip, fold, true, predicted, and a column of probabilities for each class. Labels are text, whatever
they look like: a class named NA, None or 1 is read as written. In a multi-label task, `true` and `predicted` hold tags
with ; between them, or nothing; the predicted tags are those at or above their thresholds.
"""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from genrelab.corpus import from_csv, joined
from genrelab.tracking import runs

NAME = "predictions"
DTYPES = {"clip": str, "fold": int, "true": str, "predicted": str}  # of the columns besides the classes'


def make(
    ids: Sequence[str],
    fold: int,
    true: np.ndarray,
    probabilities: np.ndarray,
    classes: Sequence[str],
    predicted: np.ndarray | None = None,
) -> pd.DataFrame:
    """Return the table of a part.

    `true` holds class indices, shape (clips,), `probabilities` has shape (clips, classes), in the order of `ids`. For
    tags, `true` and `predicted` are 0 or 1, (clips, tags).
    """
    names = np.array(classes)
    if predicted is None:
        labels: list[Any] = [names[true], names[probabilities.argmax(axis=1)]]
    else:
        labels = [[joined(names[row > 0]) for row in rows] for rows in (true, predicted)]
    table = pd.DataFrame({"clip": list(ids), "fold": fold, "true": labels[0], "predicted": labels[1]})
    return pd.concat([table, pd.DataFrame(probabilities, columns=list(classes))], axis=1)


def log(table: pd.DataFrame, name: str = NAME) -> None:
    """Log the table as the artifact `<name>.csv` of the current run."""
    runs.log_table(table, name)


def read(run_id: str, name: str = NAME) -> pd.DataFrame:
    """Return the table of a run; ConfigError if there is no such run, or it has no table."""
    return parse(runs.read_text(run_id, f"{name}.csv"))


def parse(text: str) -> pd.DataFrame:
    """Return the table from the file's text."""
    return from_csv(pd.read_csv(io.StringIO(text), dtype=DTYPES, keep_default_na=False))
