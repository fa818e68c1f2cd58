"""The permutation test, Holm's correction and groups, each on cases worked by hand."""

import itertools

import numpy as np
import pytest

from genrelab.metrics import significance


def outcomes(both, only_one, only_other, neither):
    one = np.repeat([True, True, False, False], [both, only_one, only_other, neither])
    other = np.repeat([True, False, True, False], [both, only_one, only_other, neither])
    return one, other


@pytest.mark.parametrize(
    ("only_one", "only_other", "p"),
    [
        (0, 0, 1.0),
        (1, 0, 1.0),
        (5, 0, 2 / 2**5),
        (6, 0, 2 / 2**6),  # the fewest clips with which a difference can be found
        (1, 9, 2 * (1 + 10) / 2**10),
        (9, 1, 2 * (1 + 10) / 2**10),
        (4, 4, 1.0),
    ],
)
def test_of_clips_it_is_mcnemars_test_whose_p_is_binomial(only_one, only_other, p):
    assert significance.permutation(*outcomes(7, only_one, only_other, 3)) == pytest.approx(p)


def test_the_test_of_a_model_with_itself_all_right_all_wrong_and_of_one_clip():
    for right in (np.ones(9, bool), np.zeros(9, bool), np.array([True])):
        assert significance.permutation(right, right) == 1
    assert significance.permutation(np.array([True]), np.array([False])) == 1


def test_the_test_needs_the_same_clips():
    with pytest.raises(ValueError, match=r"got \(2,\) and \(3,\)"):
        significance.permutation(np.ones(2, bool), np.ones(3, bool))


def test_an_artists_clips_change_places_together():
    # By four artists, one model is ahead by 5, 3 and 2 clips and behind by 1: 9 of 11. Of 2**4 ways to change places
    # 11, 9 and their opposites differ as much: 5+3+2+1 and 5+3+2-1.
    only_one, only_other = np.repeat([True, False], [10, 1]), np.repeat([False, True], [10, 1])
    artists = np.repeat([0, 1, 2, 3], [5, 3, 2, 1])
    assert significance.permutation(only_one, only_other, artists) == pytest.approx(4 / 16)
    assert significance.permutation(only_one, only_other) == pytest.approx(2 * (1 + 11) / 2**11)
    assert significance.permutation(only_one, only_other, np.arange(11)) == pytest.approx(2 * (1 + 11) / 2**11)
    assert significance.permutation(only_one, only_other, np.zeros(11, int)) == 1  # one artist tells nothing
    with pytest.raises(ValueError, match=r"groups must have the shape \(11,\)"):
        significance.permutation(only_one, only_other, np.zeros(3, int))


def test_under_the_null_by_artist_it_errs_as_often_as_it_says_where_a_test_by_clip_errs_far_more():
    rng, by_artist, by_clip = np.random.default_rng(0), 0, 0
    artists = np.repeat(np.arange(20), 10)
    for _ in range(200):
        # What is hard in an artist is hard in all of its clips, and for either model alike often.
        one, other = (rng.random(200) < np.repeat(rng.beta(0.7, 0.7, 20), 10) for _ in range(2))
        by_artist += significance.permutation(one, other, artists) < 0.05
        by_clip += significance.permutation(one, other) < 0.05
    assert by_artist <= 20
    assert by_clip > 40


@pytest.mark.parametrize(
    ("p", "corrected"),
    [
        ([], []),
        ([0.03], [0.03]),
        # sorted: 0.005 x 4, 0.01 x 3, 0.03 x 2, and 0.04 x 1, which may not fall below the one before
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.6, 0.7], [1.0, 1.0]),
    ],
)
def test_holms_correction(p, corrected):
    assert significance.holm(np.array(p)).tolist() == pytest.approx(corrected)


def differ(n, pairs):
    found = np.zeros((n, n), bool)
    for i, j in pairs:
        found[i, j] = found[j, i] = True
    return found


@pytest.mark.parametrize(
    ("n", "pairs", "letters"),
    [
        (0, [], []),
        (1, [], ["a"]),
        (3, [], ["a", "a", "a"]),
        (3, [(0, 1), (0, 2), (1, 2)], ["a", "b", "c"]),
        (3, [(0, 2)], ["a", "ab", "b"]),  # the middle one differs from neither
        (4, [(0, 2), (0, 3), (1, 3)], ["a", "ab", "bc", "c"]),
        (4, [(0, 3), (1, 2)], ["ab", "ac", "bd", "cd"]),  # a ring of four: no two opposite ones are alike
    ],
)
def test_groups_of_models_that_do_not_differ(n, pairs, letters):
    assert significance.compact_letter_display(differ(n, pairs)) == letters


def test_models_share_a_letter_if_and_only_if_they_do_not_differ():
    rng = np.random.default_rng(0)
    for n in range(2, 9):
        upper = np.triu(rng.random((n, n)) < 0.5, 1)
        found = significance.compact_letter_display(upper | upper.T)
        for i, j in itertools.combinations(range(n), 2):
            assert bool(set(found[i]) & set(found[j])) is not bool(upper[i, j])


def test_the_letters_do_not_run_out():
    found = significance.compact_letter_display(~np.eye(28, dtype=bool))
    assert found[25:] == ["z", "a1", "b1"]


@pytest.mark.parametrize("bad", [np.zeros((2, 3), bool), np.array([[False, True], [False, False]])])
def test_what_is_no_relation_of_models_is_refused(bad):
    with pytest.raises(ValueError, match="square and symmetric"):
        significance.compact_letter_display(bad)
