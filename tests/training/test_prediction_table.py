"""predictions.csv keeps labels as they are written, whatever they look like."""

import numpy as np
import pandas as pd
import pytest

from genrelab.evaluation import paired_comparison
from genrelab.training import prediction_table

CLASSES = ("1", "NA", "None", "nan", "null")
IDS = ["007", "1e3", "NA", "None", "nan", "x"]
TRUE = np.array([0, 1, 2, 3, 4, 1])


def table(p: np.ndarray, fold: int = 0) -> pd.DataFrame:
    return prediction_table.make(IDS, fold, TRUE, p, CLASSES)


def right() -> np.ndarray:
    return 0.9 * np.eye(len(CLASSES))[TRUE] + 0.02


def test_classes_and_clips_that_look_like_nothing_are_kept():
    wanted = table(right())
    found = prediction_table.parse(wanted.to_csv(index=False))
    pd.testing.assert_frame_equal(found, wanted)
    assert list(found["true"]) == ["1", "NA", "None", "nan", "null", "NA"]
    assert list(found["clip"]) == IDS


def test_a_class_named_na_cannot_escape_a_promotion():
    many = 12
    ids, true = [f"clip{i}" for i in range(2 * many)], np.repeat([0, 1], many)
    good = np.eye(2)[true]
    bad = np.eye(2)[np.where(true == 1, 0, true)]
    champion, candidate = (
        prediction_table.parse(prediction_table.make(ids, 0, true, p, ("rock", "NA")).to_csv(index=False))
        for p in (good, bad)
    )
    rows = {row["class"]: row for row in paired_comparison.by_class(champion, candidate)}
    assert set(rows) == {"NA", "rock"}
    assert rows["NA"]["p"] == pytest.approx(2 * 0.5**many)
