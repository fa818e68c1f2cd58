"""Figures against scikit-learn, hand-worked cases and degenerate input."""

import time

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn import metrics as reference

from genrelab.metrics import classification


def drawn(n: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, classes, n), rng.dirichlet(np.ones(classes), n)


def test_scores_are_scikit_learns():
    true, p = drawn(300, 7)
    found, predicted = classification.scores(true, p), p.argmax(axis=1)
    assert found["accuracy"] == pytest.approx(reference.accuracy_score(true, predicted))
    assert found["precision"] == pytest.approx(reference.precision_score(true, predicted, average="macro"))
    assert found["recall"] == pytest.approx(reference.recall_score(true, predicted, average="macro"))
    assert found["f1"] == pytest.approx(reference.f1_score(true, predicted, average="macro"))


def test_a_case_worked_by_hand():
    # true 0 0 1, predicted 0 1 1: precision 1 and 1/2, recall 1/2 and 1, F1 2/3 and 2/3.
    found = classification.scores(np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]]))
    assert found == pytest.approx({"accuracy": 2 / 3, "precision": 3 / 4, "recall": 3 / 4, "f1": 2 / 3})


def test_a_class_without_a_clip_neither_helps_nor_harms():
    p = np.eye(3)[[0, 0, 1]]
    assert classification.scores(np.array([0, 0, 1]), p)["f1"] == 1


def test_confusion_has_true_in_rows_and_a_row_for_every_class():
    counts = classification.confusion(np.array([0, 0, 2]), np.eye(4)[[0, 1, 2]])
    assert counts.tolist() == [[1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]


def test_per_class_figures_are_scikit_learns_and_0_where_a_class_has_no_clip():
    true, p = drawn(90, 4)
    found = classification.per_class(true, np.insert(p, 2, 0.0, axis=1)[:, :5])  # class 2 is never predicted
    expected = reference.precision_recall_fscore_support(true, found_classes(p, 2), labels=range(5), zero_division=0)
    for name, values in zip(("precision", "recall", "f1", "clips"), expected, strict=True):
        np.testing.assert_allclose(found[name], values)
    assert classification.per_class(np.array([0]), np.eye(2)[[0]])["clips"].tolist() == [1, 0]


def found_classes(p, inserted):
    predicted = p.argmax(axis=1)
    return predicted + (predicted >= inserted)


def test_f1_by_counting_is_that_of_scores():
    for n, classes in ((300, 7), (12, 9), (1, 3)):
        true, p = drawn(n, classes)
        assert classification.f1(true, p) == pytest.approx(classification.scores(true, p)["f1"])
    assert classification.f1(np.array([0, 1]), np.eye(2)[[1, 0]]) == 0


def test_top_is_scikit_learns():
    true, p = drawn(300, 7)
    for k in (1, 3, 6):
        assert classification.top(true, p, k) == pytest.approx(
            reference.top_k_accuracy_score(true, p, k=k, labels=range(7))
        )


def test_top_of_one_is_accuracy_also_between_equals_and_of_few_classes_1():
    true, p = np.array([0, 1, 2]), np.full((3, 3), 1 / 3)
    assert classification.top(true, p, 1) == classification.accuracy(true, p) == pytest.approx(1 / 3)
    assert classification.top(true, p, 2) == pytest.approx(2 / 3)
    assert classification.top(true, p, 3) == classification.top(np.array([1]), np.array([[1.0, 0.0]])) == 1


def test_the_roc_area_is_scikit_learns():
    true, p = drawn(300, 7)
    assert classification.roc_auc(true, p) == pytest.approx(reference.roc_auc_score(true, p, multi_class="ovr"))


def test_the_roc_area_goes_over_the_classes_that_occur_and_is_none_without_a_rest():
    p = np.array([[0.6, 0.1, 0.3], [0.5, 0.2, 0.3], [0.2, 0.7, 0.1]])
    assert classification.roc_auc(np.array([0, 0, 1]), p) == 1
    assert classification.roc_auc(np.array([1, 1, 0]), p) == 0
    assert classification.roc_auc(np.array([0, 1, 0]), p) == 0.5  # 0.6 before 0.5, 0.2 after it
    assert classification.roc_auc(np.array([1, 1, 1]), p) is None
    assert classification.roc_auc(np.array([1]), p[:1]) is None


def test_the_calibration_error_worked_by_hand():
    # Confidence 0.95 twice, once right: off by 0.45. Confidence 0.65 twice, both right: off by 0.35.
    p = np.array([[0.95, 0.05], [0.05, 0.95], [0.65, 0.35], [0.65, 0.35]])
    assert classification.calibration_error(np.array([0, 0, 0, 0]), p, bins=10) == pytest.approx((0.45 + 0.35) / 2)


def test_the_calibration_error_of_the_sure():
    assert classification.calibration_error(np.array([0, 1]), np.eye(2)) == 0
    assert classification.calibration_error(np.array([1, 0]), np.eye(2)) == 1
    assert classification.calibration_error(np.array([0]), np.array([[0.9, 0.1]])) == pytest.approx(0.1)


def test_the_calibration_error_of_honest_probabilities_is_small():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(4), 20_000)
    true = (p.cumsum(axis=1) > rng.random((len(p), 1))).argmax(axis=1)
    assert classification.calibration_error(true, p) < 0.02


def interval(true, p, seed=0, groups=None, figure=classification.accuracy):
    return classification.interval(figure, true, p, resamplings=1000, seed=seed, groups=groups)


def seventy_percent(clips_a_class, classes=2):
    true = np.repeat(np.arange(classes), clips_a_class)
    right = np.arange(len(true)) % 10 < 7
    return true, np.eye(classes)[np.where(right, true, (true + 1) % classes)]


@pytest.mark.parametrize("figure", [classification.accuracy, classification.f1])
def test_the_interval_is_close_to_the_binomial_one_and_seeded(figure):
    true, p = seventy_percent(100)
    low, high = interval(true, p, figure=figure)
    assert low == pytest.approx(0.7 - 1.96 * np.sqrt(0.21 / 200), abs=0.015)
    assert high == pytest.approx(0.7 + 1.96 * np.sqrt(0.21 / 200), abs=0.015)
    assert interval(true, p, figure=figure) == (low, high)


def test_where_classes_are_all_right_or_all_wrong_there_is_the_doubt_of_what_was_not_seen():
    true = np.repeat([0, 1], 50)
    p = np.eye(2)[np.zeros(100, int)]  # the first class all right, the second all wrong: 50% however it is drawn
    unseen = 1 - 0.025 ** (1 / 100)
    assert interval(true, p) == (pytest.approx(0.5 - unseen), pytest.approx(0.5 + unseen))


@pytest.mark.parametrize("clips", [1, 2, 4])
def test_classes_of_few_clips_share_a_stratum(clips):
    true = np.repeat(np.arange(10), clips)
    p = np.eye(10)[np.where(true % 2, true, 0)]  # within a class all right or all wrong
    low, high = interval(true, p)
    # As wide as of clips that know no class.
    half = 1.96 * np.sqrt(0.24 / len(true))
    assert (low, high) == pytest.approx((0.6 - half, 0.6 + half), abs=0.08)


def test_a_single_small_class_is_put_with_the_next():
    sizes = {len(stratum) for stratum in classification._strata(np.array([0] * 2 + [1] * 7 + [2] * 8))}
    assert sizes == {8, 9}
    strata = classification._strata(np.array([0, 1, 1, 3, 3, 3, 3, 3]))
    assert sorted(np.concatenate(strata).tolist()) == list(range(8))
    assert [len(stratum) for stratum in strata] == [8]


def test_whole_groups_are_drawn():
    # 20 artists of 10 clips that are right or wrong together: as uncertain as 20 clips, not as 200.
    groups = np.repeat(np.arange(20), 10)
    true = (groups >= 10).astype(int)
    right = groups % 10 < 7
    p = np.eye(2)[np.where(right, true, 1 - true)]
    low, high = interval(true, p, groups=groups)
    half = 1.96 * np.sqrt(0.21 / 20)
    assert (low, high) == pytest.approx((0.7 - half, 0.7 + half), abs=0.05)
    narrow = interval(true, p)
    assert high - low > 2 * (narrow[1] - narrow[0])


def test_groups_of_one_clip_are_clips_and_a_group_may_have_several_classes():
    true, p = seventy_percent(20)
    assert interval(true, p, groups=np.arange(40)) == interval(true, p)
    low, high = interval(true, p, groups=np.arange(40) % 8)
    assert 0 <= low < 0.7 < high <= 1


def test_where_all_or_none_are_right_the_interval_is_clopper_and_pearsons():
    assert interval(np.array([1]), np.array([[0.2, 0.8]])) == (pytest.approx(0.025), 1.0)
    for n in (2, 20):
        exact = binomtest(n, n).proportion_ci(0.95, method="exact")
        assert interval(np.arange(n) % 2, np.eye(2)[np.arange(n) % 2]) == (pytest.approx(exact.low), 1.0)
        assert interval(np.arange(n) % 2, np.eye(2)[1 - np.arange(n) % 2]) == (0.0, pytest.approx(1 - exact.low))
    of_two_artists = interval(np.arange(20) % 2, np.eye(2)[np.arange(20) % 2], groups=np.arange(20) % 2)
    assert of_two_artists == (pytest.approx(0.025**0.5), 1.0)


def test_one_group_tells_next_to_nothing():
    assert interval(np.array([0, 1]), np.eye(2)[[0, 0]], groups=np.zeros(2, int)) == (0.0, 1.0)


def test_groups_of_another_number_of_clips_are_refused():
    with pytest.raises(ValueError, match=r"groups must have the same shape as true, \(2,\), got \(3,\)"):
        interval(np.array([0, 1]), np.eye(2), groups=np.zeros(3, int))


def test_a_thousand_resamplings_take_no_time_to_speak_of():
    true, p = drawn(200, 10)
    for groups in (None, np.arange(200) // 3):
        for figure in (classification.accuracy, classification.f1):
            start = time.perf_counter()
            interval(true, p, figure=figure, groups=groups)
            assert time.perf_counter() - start < 1


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
    for figure in (
        classification.scores,
        classification.f1,
        classification.top,
        classification.roc_auc,
        classification.calibration_error,
    ):
        with pytest.raises(ValueError, match=r"true|finite"):
            figure(true, p)


def test_log_loss_is_scikit_learns_and_finite_for_the_impossible():
    true, p = drawn(50, 4)
    assert classification.log_loss(true, p) == pytest.approx(reference.log_loss(true, p, labels=range(4)))
    assert classification.log_loss(np.array([0]), np.array([[0.0, 1.0]])) == pytest.approx(-np.log(1e-12))


def test_the_calibration_error_is_the_distance_of_confidence_from_accuracy():
    true = np.array([0, 0, 1, 1])
    sure = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.4, 0.6]])  # 0.9: two of three right; 0.6: right
    assert classification.calibration_error(true, sure) == pytest.approx((3 * abs(0.9 - 2 / 3) + abs(0.6 - 1)) / 4)
    assert classification.calibration_error(np.array([1, 0]), np.array([[0.0, 1.0], [1.0, 0.0]])) == 0
    assert classification.calibration_error(np.array([0]), np.array([[0.0, 1.0]])) == 1
    assert classification.calibration_error(true, sure, bins=1) == pytest.approx(0.825 - 0.75)


def test_a_paired_difference_is_narrower_than_the_two_intervals_and_nothing_of_a_model_with_itself():
    true, one = seventy_percent(100)
    other = one.copy()
    wrong = np.flatnonzero(true != one.argmax(axis=1))[:10]
    other[wrong] = np.eye(one.shape[1])[true[wrong]]
    settings = {"resamplings": 500, "seed": 0}
    low, high = classification.difference(classification.accuracy, true, one, other, **settings)
    assert 0 < low < len(wrong) / len(true) < high
    alone = [classification.interval(classification.accuracy, true, p, **settings) for p in (one, other)]
    assert high - low < min(top - bottom for bottom, top in alone)


def test_models_that_always_agree_may_differ_in_what_was_not_seen():
    true, one = seventy_percent(100)
    settings = {"resamplings": 200, "seed": 0}
    unseen = 1 - 0.025 ** (1 / 200)
    for figure in (classification.accuracy, classification.f1):
        assert classification.difference(figure, true, one, one, **settings) == pytest.approx((-unseen, unseen))
    right, wrong = np.eye(2)[true], np.eye(2)[1 - true]
    low, high = classification.difference(classification.accuracy, true, wrong, right, **settings)
    assert (low, high) == (pytest.approx(1 - unseen), 1.0)


def test_all_models_are_judged_on_the_same_clips_drawn():
    true, one = seventy_percent(100)
    settings = {"resamplings": 200, "seed": 0, "groups": np.arange(200) // 4}
    same, again = classification.paired(classification.accuracy, true, [one, one], **settings)
    np.testing.assert_array_equal(same, again)
    low, high = classification.interval(classification.accuracy, true, one, **settings)
    assert (low, high) == pytest.approx(tuple(np.quantile(same, [0.025, 0.975])))


def test_probabilities_of_several_folds_are_not_ranked_together():
    # Each fold's model ranks its clips without a mistake, on a scale of its own.
    true, folds = np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1])
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.2, 0.8]])
    assert classification.roc_auc(true, p) == 0.75
    assert classification.roc_auc(true, p, folds) == 1
    assert classification.roc_auc(true, p, np.array([0, 1, 1, 1])) == 0.5  # the first fold has no rest to rank before
    assert classification.roc_auc(true, p, np.arange(4)) is None
