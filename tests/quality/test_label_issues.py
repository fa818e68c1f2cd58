"""Clips whose label a model doubts."""

import numpy as np

from genrelab.quality import label_issues


def corpus(n: int = 60, classes: int = 3, seed: int = 0):
    rng = np.random.default_rng(seed)
    targets = np.arange(n) % classes
    spectra = rng.normal(0, 1, (n, 2, 16)).astype(np.float32)
    spectra[np.arange(n), 0, targets] += 6
    return spectra, targets


def test_what_is_mislabelled_is_doubted_and_the_rest_is_not():
    spectra, targets = corpus()
    wrong = [4, 17]
    given = targets.copy()
    given[wrong] = (targets[wrong] + 1) % 3
    found = label_issues.judge(spectra, given, np.arange(60), classes=3, seed=0)
    said = found.probabilities.argmax(axis=1)
    np.testing.assert_array_equal(said, targets)
    assert found.accuracy == 58 / 60
    assert found.unjudged == 0
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)


def test_an_artists_other_clips_do_not_vouch_for_a_label():
    rng = np.random.default_rng(1)
    groups = np.arange(80) // 4
    targets = rng.permutation(np.repeat(np.arange(2), 10))[groups]
    spectra = rng.normal(0, 5, (20, 2, 16))[groups] + rng.normal(0, 0.1, (80, 2, 16))  # the artist alone can be heard
    by_artist = label_issues.judge(spectra.astype(np.float32), targets, groups, classes=2, seed=0)
    by_clip = label_issues.judge(spectra.astype(np.float32), targets, np.arange(80), classes=2, seed=0)
    assert by_clip.accuracy > 0.95
    assert by_artist.accuracy < 0.8


def test_a_class_of_few_artists_is_not_judged():
    spectra, targets = corpus()
    groups = np.where(targets == 2, 0, np.arange(60) + 1)
    found = label_issues.judge(spectra, targets, groups, classes=3, seed=0)
    assert found.unjudged == 1
    np.testing.assert_array_equal(np.isnan(found.probabilities).any(axis=1), targets == 2)
    none = label_issues.judge(spectra, targets, np.zeros(60, int), classes=3, seed=0)
    assert np.isnan(none.probabilities).all()
    assert np.isnan(none.accuracy)
