"""Figures of tags against scikit-learn, hand-worked cases, and a population whose figures are known."""

import time

import numpy as np
import pytest
from scipy.stats import norm
from sklearn import metrics as reference

from genrelab.metrics import multilabel


def drawn(n: int, tags: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    true = (rng.random((n, tags)) < rng.uniform(0.1, 0.6, tags)).astype(int)
    return true, np.clip(0.3 * true + rng.random((n, tags)).round(2), 0, 1.3) / 1.3  # rounded: with ties


def test_figures_are_scikit_learns():
    true, p = drawn(200, 5)
    predicted = (p >= 0.6).astype(int)
    found = multilabel.scores(true, p, predicted)
    assert found["map"] == pytest.approx(reference.average_precision_score(true, p, average="macro"))
    assert found["roc_auc"] == pytest.approx(reference.roc_auc_score(true, p, average="macro"))
    for name in ("precision", "recall", "f1"):
        assert found[name] == pytest.approx(
            getattr(reference, f"{name}_score")(true, predicted, average="macro", zero_division=0)
        )
    assert multilabel.log_loss(true, p) == pytest.approx(
        np.mean([reference.log_loss(y, q) for y, q in zip(true.T, np.clip(p.T, 1e-7, 1 - 1e-7), strict=True)])
    )
    assert multilabel.average_precision(true, p) == pytest.approx(found["map"])


def test_weights_count_clips_as_often_as_they_are_repeated():
    true, p = drawn(60, 4)
    predicted = (p >= 0.5).astype(int)
    weights = multilabel.draws(60, None, resamplings=3, seed=1)
    found = multilabel.macro(true, p, predicted, weights=weights)
    for row, counts in enumerate(weights):
        again = np.repeat(np.arange(60), counts)
        alone = multilabel.scores(true[again], p[again], predicted[again])
        assert {name: values[row] for name, values in found.items()} == pytest.approx(alone)


def test_a_case_worked_by_hand():
    # Ranked, the clips have the tag: yes, no, yes. Precision 1 at the first hit, 2/3 at the second; 1 pair of 2 right.
    true, p = np.array([[1], [0], [1]]), np.array([[0.9], [0.8], [0.1]])
    found = multilabel.per_tag(true, p, (p > 0.5).astype(int))
    assert found["average_precision"][0] == pytest.approx((1 + 2 / 3) / 2)
    assert found["roc_auc"][0] == pytest.approx(1 / 2)
    assert (found["precision"][0], found["recall"][0]) == (1 / 2, 1 / 2)
    assert (found["clips"][0], found["predicted"][0]) == (2, 2)


def test_a_tag_that_every_clip_has_or_none_neither_helps_nor_harms():
    true, p = drawn(50, 3)
    more = np.insert(true, [0, 3], [[0, 1]], axis=1)
    wide = np.insert(p, [0, 3], 0.5, axis=1)
    assert multilabel.scores(more, wide, (wide > 0.4).astype(int)) == pytest.approx(
        multilabel.scores(true, p, (p > 0.4).astype(int))
    )
    assert np.isnan(multilabel.per_tag(more, wide, more)["average_precision"][[0, 4]]).all()
    assert np.isnan(multilabel.scores(np.ones((4, 2), int), np.ones((4, 2)), np.ones((4, 2), int))["map"])


def test_ranking_figures_of_several_models_are_the_means_of_theirs():
    true, p = drawn(80, 3)
    folds = np.arange(80) % 2
    lifted = p + 5 * folds[:, np.newaxis]  # another scale changes nothing within a fold
    found = multilabel.scores(true, lifted, true, folds)
    each = [multilabel.scores(true[folds == f], p[folds == f], true[folds == f]) for f in (0, 1)]
    for name in ("map", "roc_auc"):
        assert found[name] == pytest.approx(np.mean([one[name] for one in each]))


def test_the_population_of_two_normal_distributions_has_the_area_that_theory_gives():
    rng, n, distance = np.random.default_rng(0), 20_000, 1.5
    true = rng.integers(0, 2, (n, 3))
    p = norm.cdf(rng.normal(distance * true, 1))
    found = multilabel.scores(true, p, (p >= norm.cdf(distance / 2)).astype(int))
    assert found["roc_auc"] == pytest.approx(norm.cdf(distance / np.sqrt(2)), abs=0.005)
    assert found["recall"] == pytest.approx(norm.cdf(distance / 2), abs=0.01)
    assert multilabel.thresholds(true, p) == pytest.approx(norm.cdf(0.4 * distance), abs=0.12)  # F1's lies below


def test_thresholds_maximise_f1_and_lie_between_probabilities():
    true, p = drawn(40, 6)
    found = multilabel.thresholds(true, p)
    best = reference.f1_score(true, (p >= found).astype(int), average=None)
    for tag in range(6):
        for other in p[:, tag]:
            assert reference.f1_score(true[:, tag], p[:, tag] >= other) <= best[tag] + 1e-12
    assert multilabel.thresholds(np.array([[1], [0]]), np.array([[0.8], [0.2]])) == pytest.approx(0.5)
    assert multilabel.thresholds(np.zeros((3, 1), int), np.array([[0.1], [0.2], [0.3]])).tolist() == [0.5]


def test_intervals_hold_what_they_are_of_and_widen_by_artist():
    true, p = drawn(120, 4)
    predicted = (p >= 0.6).astype(int)
    by_clip = multilabel.intervals(true, p, predicted, resamplings=300, seed=0)
    found = multilabel.scores(true, p, predicted)
    assert by_clip.keys() == found.keys()
    assert all(low < found[name] < high for name, (low, high) in by_clip.items())
    again = np.tile(np.arange(12), 10)  # ten copies of twelve clips, as of an artist each
    groups = again.copy()
    low, high = multilabel.intervals(true[again], p[again], predicted[again], resamplings=300, seed=0, groups=groups)[
        "map"
    ]
    assert high - low > 2 * (by_clip["map"][1] - by_clip["map"][0])


def test_the_interval_of_map_holds_that_of_the_population_about_as_often_as_it_should():
    rng, hits = np.random.default_rng(0), 0
    for seed in range(40):
        true = (rng.random((80, 8)) < 0.2).astype(int)
        found = multilabel.intervals(true, rng.random(true.shape), true, resamplings=100, seed=seed)["map"]
        hits += found[0] <= 0.2 <= found[1]  # what chance has is the share of clips with the tag
    assert hits >= 30


def test_the_bootstrap_of_fifty_tags_takes_seconds():
    true, p = drawn(1000, 50)
    start = time.perf_counter()
    multilabel.intervals(true, p, true, resamplings=200, seed=0)
    assert time.perf_counter() - start < 20


@pytest.mark.parametrize(
    ("true", "p"),
    [
        (np.zeros(3, int), np.zeros(3)),
        (np.zeros((0, 2), int), np.zeros((0, 2))),
        (np.zeros((3, 2), int), np.zeros((3, 3))),
        (np.zeros((3, 2), int), np.full((3, 2), np.nan)),
    ],
)
def test_what_cannot_be_scored_is_a_value_error(true, p):
    with pytest.raises(ValueError, match=r"shape|finite"):
        multilabel.scores(true, p, true)
