"""Slices divided at random, by clip, and into trainings of equal size; intervals over seeds and groups."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from genrelab.corpus import Fold
from genrelab.experiments import leakage_splits
from genrelab.experiments.leakage_splits import Division, Scored


@given(st.lists(st.integers(0, 3), min_size=20, max_size=80), st.integers(0, 99))
def test_slices_at_random_are_all_there_once(labels, seed):
    targets = np.array(labels)
    found = leakage_splits.by_slice(targets, seed)
    np.testing.assert_array_equal(np.sort(np.concatenate(found)), np.arange(len(targets)))
    for label in np.unique(targets):
        n = (targets == label).sum()
        assert abs((targets[found.test] == label).sum() - 0.2 * n) <= 0.5


def test_slices_at_random_have_their_clips_on_both_sides_and_clips_have_not():
    owner, ids = np.repeat(np.arange(20), 10), [f"clip{i}" for i in range(20)]
    targets = np.repeat(np.arange(2), 100)
    leaking = leakage_splits.by_slice(targets, 0)
    assert leakage_splits.share_in_train(leaking, owner) == 1
    fold = Fold(tuple(ids[::2]), (ids[1], ids[3]), ("clip5", "elsewhere"))
    found = leakage_splits.by_clip(fold, ids, owner)
    assert leakage_splits.share_in_train(found, owner) == 0
    np.testing.assert_array_equal(found.test, np.arange(50, 60))
    assert len(found.train) == 100


@given(st.integers(0, 50))
def test_trainings_are_made_equal_label_by_label(seed):
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, 3, 90)
    order = rng.permutation(90)
    divisions = {
        "one": Division(order[:60], order[60:70], order[70:]),
        "other": Division(order[40:], order[:20], order[20:40]),
    }
    found = leakage_splits.of_equal_size(divisions, targets, seed)
    sizes = {name: tuple(np.bincount(targets[division.train], minlength=3)) for name, division in found.items()}
    assert sizes["one"] == sizes["other"]
    for name, division in found.items():
        assert set(division.train) <= set(divisions[name].train)
        np.testing.assert_array_equal(division.test, divisions[name].test)


def test_the_interval_covers_what_varies_between_groups_and_between_seeds():
    right, group = np.repeat([True, False] * 5, 10), np.repeat(np.arange(10), 10)
    by_group = leakage_splits.resampled([Scored(right, group)] * 5, resamplings=2000, seed=0)
    by_slice = leakage_splits.resampled([Scored(right, np.arange(100))] * 5, resamplings=2000, seed=0)
    assert abs(by_group.mean() - 0.5) < 0.02
    assert by_group.std() > 2 * by_slice.std()
    seeds = [Scored(np.repeat(share > np.arange(10) / 10, 10), np.arange(100)) for share in (0.2, 0.8)]
    assert leakage_splits.resampled(seeds, resamplings=2000, seed=0).std() > 0.15


def test_of_one_group_always_right_there_is_no_doubt():
    found = leakage_splits.resampled([Scored(np.ones(5, bool), np.zeros(5, int))] * 2, resamplings=100, seed=0)
    assert (found == 1).all()
