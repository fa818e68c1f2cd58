"""Figures against scikit-learn, hand-worked cases and degenerate input."""

import numpy as np
import pytest
from sklearn import metrics as reference

from genrelab import metrics


def drawn(n: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, classes, n), rng.dirichlet(np.ones(classes), n)


def test_scores_are_scikit_learns():
    true, p = drawn(300, 7)
    found, predicted = metrics.scores(true, p), p.argmax(axis=1)
    assert found["accuracy"] == pytest.approx(reference.accuracy_score(true, predicted))
    assert found["precision"] == pytest.approx(reference.precision_score(true, predicted, average="macro"))
    assert found["recall"] == pytest.approx(reference.recall_score(true, predicted, average="macro"))
    assert found["f1"] == pytest.approx(reference.f1_score(true, predicted, average="macro"))


def test_a_case_worked_by_hand():
    # true 0 0 1, predicted 0 1 1: precision 1 and 1/2, recall 1/2 and 1, F1 2/3 and 2/3.
    found = metrics.scores(np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]]))
    assert found == pytest.approx({"accuracy": 2 / 3, "precision": 3 / 4, "recall": 3 / 4, "f1": 2 / 3})


def test_a_class_without_a_clip_neither_helps_nor_harms():
    p = np.eye(3)[[0, 0, 1]]
    assert metrics.scores(np.array([0, 0, 1]), p)["f1"] == 1


def test_confusion_has_true_in_rows_and_a_row_for_every_class():
    counts = metrics.confusion(np.array([0, 0, 2]), np.eye(4)[[0, 1, 2]])
    assert counts.tolist() == [[1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]


def interval(true, p, seed=0):
    return metrics.interval(metrics.accuracy, true, p, resamplings=1000, seed=seed)


def test_the_interval_is_close_to_the_binomial_one_and_seeded():
    true = np.repeat(np.arange(2), 100)
    p = np.eye(2)[np.where(np.arange(200) % 10 < 7, true, 1 - true)]  # 70% right in both classes
    low, high = interval(true, p)
    assert low == pytest.approx(0.7 - 1.96 * np.sqrt(0.21 / 200), abs=0.015)
    assert high == pytest.approx(0.7 + 1.96 * np.sqrt(0.21 / 200), abs=0.015)
    assert interval(true, p) == (low, high)


def test_the_interval_of_one_clip_and_of_a_perfect_part_is_a_point():
    assert interval(np.array([1]), np.array([[0.2, 0.8]])) == (1.0, 1.0)
    assert interval(np.array([0, 1]), np.eye(2)) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("true", "p"),
    [
        (np.array([0, 1]), np.eye(3)),
        (np.array([], int), np.empty((0, 2))),
        (np.array([2]), np.array([[0.5, 0.5]])),
        (np.array([0]), np.array([[np.nan, np.nan]])),
    ],
)
def test_input_that_cannot_be_scored_is_refused(true, p):
    with pytest.raises(ValueError, match=r"true|finite"):
        metrics.scores(true, p)


def test_log_loss_is_scikit_learns_and_finite_for_the_impossible():
    true, p = drawn(50, 4)
    assert metrics.log_loss(true, p) == pytest.approx(reference.log_loss(true, p, labels=range(4)))
    assert metrics.log_loss(np.array([0]), np.array([[0.0, 1.0]])) == pytest.approx(-np.log(1e-12))


def test_the_calibration_error_is_the_distance_of_confidence_from_accuracy():
    true = np.array([0, 0, 1, 1])
    sure = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.4, 0.6]])  # 0.9: two of three right; 0.6: right
    assert metrics.ece(true, sure) == pytest.approx((3 * abs(0.9 - 2 / 3) + abs(0.6 - 1)) / 4)
    assert metrics.ece(np.array([1, 0]), np.array([[0.0, 1.0], [1.0, 0.0]])) == 0
    assert metrics.ece(np.array([0]), np.array([[0.0, 1.0]])) == 1
    assert metrics.ece(true, sure, bins=1) == pytest.approx(0.825 - 0.75)
