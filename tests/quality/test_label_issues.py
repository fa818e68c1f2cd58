"""Clips whose label a model doubts."""

import numpy as np

from genrelab.quality import label_issues


def corpus(n: int = 60, classes: int = 3, seed: int = 0):
    rng = np.random.default_rng(seed)
    targets = np.arange(n) % classes
    descriptors = rng.normal(0, 1, (n, 32)).astype(np.float32)
    descriptors[:, :24] += 6 * (np.arange(24) % classes == targets[:, np.newaxis])
    return descriptors, targets


def test_what_is_mislabelled_is_doubted_and_the_rest_is_not():
    descriptors, targets = corpus()
    wrong = [4, 17]
    given = targets.copy()
    given[wrong] = (targets[wrong] + 1) % 3
    found = label_issues.judge(descriptors, given, np.arange(60), classes=3, seed=0)
    np.testing.assert_array_equal(found.probabilities.argmax(axis=1), targets)
    assert list(found.other[wrong]) == list(targets[wrong])
    assert set(np.argsort(-found.ratio)[:2]) == set(wrong)
    assert found.ratio[wrong].min() > 6 * np.delete(found.ratio, wrong).max()
    assert found.accuracy == 58 / 60
    assert found.unjudged == 0
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)


def test_an_artist_all_of_whose_clips_are_mislabelled_is_doubted():
    rng = np.random.default_rng(1)
    groups = np.arange(120) // 4
    targets = groups % 2
    descriptors = rng.normal(0, 4, (30, 32))[groups] + rng.normal(0, 0.1, (120, 32))
    descriptors[:, :16] += 12 * targets[:, np.newaxis]
    given = np.where(groups == 7, 0, targets)  # the artist's clips are alike, and each vouches for the others
    found = label_issues.judge(descriptors.astype(np.float32), given, groups, classes=2, seed=0)
    by_clip = label_issues.judge(descriptors.astype(np.float32), given, np.arange(120), classes=2, seed=0)
    assert found.ratio[groups == 7].min() > found.ratio[groups != 7].max()
    assert found.ratio[groups == 7].min() > by_clip.ratio[groups == 7].max()


def test_a_class_fits_by_its_own_usual_figure():
    # Clips of class 1 get 0.4 of it as a rule, those of class 0 get 0.8: at 0.5 to 0.5, class 1 fits better.
    probabilities = np.array([[0.8, 0.2], [0.8, 0.2], [0.6, 0.4], [0.6, 0.4]])
    other, ratio = label_issues.better_fits(probabilities, np.array([0, 0, 1, 1]))
    assert list(other) == [1, 1, 0, 0]
    np.testing.assert_allclose(ratio, [0.5, 0.5, 0.75, 0.75])
    assert np.isfinite(label_issues.better_fits(np.eye(2), np.array([1, 0]))[1]).all()


def test_a_class_that_is_not_judged_is_no_other_class():
    descriptors, targets = corpus()
    found = label_issues.judge(descriptors, targets, np.where(targets == 0, 0, np.arange(60)), classes=3, seed=0)
    assert set(found.other[targets == 1]) == {2}
    assert set(found.other[targets == 0]) == {-1}


def test_a_clip_that_could_not_be_measured_is_not_judged():
    descriptors, targets = corpus()
    descriptors[3] = np.nan
    found = label_issues.judge(descriptors, targets, np.arange(60), classes=3, seed=0)
    assert list(np.flatnonzero(np.isnan(found.ratio))) == [3]


def test_a_class_of_few_artists_is_not_judged():
    descriptors, targets = corpus()
    groups = np.where(targets == 2, 0, np.arange(60) + 1)
    found = label_issues.judge(descriptors, targets, groups, classes=3, seed=0)
    assert found.unjudged == 1
    np.testing.assert_array_equal(np.isnan(found.probabilities).any(axis=1), targets == 2)
    none = label_issues.judge(descriptors, targets, np.zeros(60, int), classes=3, seed=0)
    assert np.isnan(none.probabilities).all()
    assert np.isnan(none.ratio).all()
    assert np.isnan(none.accuracy)
