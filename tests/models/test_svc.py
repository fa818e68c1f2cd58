"""Pairwise machines: the vote decides, held-out clips tell how sure it may be, and sorted clips do no harm."""

import numpy as np
import pytest
import skops.io
from sklearn.svm import SVC

from genrelab.metrics import classification
from genrelab.models._svc import PairwiseSVC, _coupled, _folds


def clouds(n, classes, seed, apart=1.5):
    """Return overlapping clouds of points (n * classes, 6), class by class, as clips arrive."""
    rng = np.random.default_rng(seed)
    middles = np.random.default_rng(99).normal(0, apart, (classes, 6))
    y = np.repeat(np.arange(classes), n)
    return middles[y] + rng.normal(0, 2, (len(y), 6)), y


@pytest.mark.parametrize("kernel", ["rbf", "linear", "poly"])
@pytest.mark.parametrize("classes", [2, 3, 6])
def test_the_most_probable_class_is_the_vote(kernel, classes):
    x, y = clouds(20, classes, 0)
    fitted = PairwiseSVC(10.0, kernel, random_state=0).fit(x, y)
    unseen, _ = clouds(80, classes, 1)
    machine = SVC(C=10.0, kernel=kernel, coef0=1.0, break_ties=True).fit(x, y)
    p = fitted.predict_proba(unseen)
    np.testing.assert_array_equal(p.argmax(axis=1), machine.predict(unseen))
    np.testing.assert_array_equal(fitted.predict(unseen), machine.predict(unseen))
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-12)
    assert (p > 0).all()


def test_its_probabilities_are_honest_on_clips_that_it_has_not_seen():
    x, y = clouds(60, 4, 0)
    unseen, true = clouds(300, 4, 1)
    p = PairwiseSVC(1.0, random_state=0).fit(x, y).predict_proba(unseen)
    assert classification.calibration_error(true, p) < 0.1
    assert classification.log_loss(true, p) < 0.75 * np.log(4)


def test_the_order_of_clips_moves_probabilities_by_little():
    x, y = clouds(40, 4, 0)
    unseen, _ = clouds(50, 4, 1)
    order = np.random.default_rng(0).permutation(len(y))
    sorted_, mixed = (
        PairwiseSVC(1.0, random_state=0).fit(x[o], y[o]).predict_proba(unseen) for o in (np.arange(len(y)), order)
    )
    assert np.abs(sorted_ - mixed).max() < 0.15
    np.testing.assert_array_equal(sorted_.argmax(axis=1), mixed.argmax(axis=1))


def test_a_folds_clips_are_of_all_classes():
    y = np.repeat([0, 1, 2], [10, 25, 5])
    folds = _folds(y, np.random.default_rng(0))
    for label in (0, 1, 2):
        counts = np.bincount(folds[y == label], minlength=5)
        assert counts.max() - counts.min() <= 1


def test_classes_of_one_clip_are_taken():
    x, y = clouds(1, 3, 0)
    p = PairwiseSVC(random_state=0).fit(x, y).predict_proba(x)
    assert np.isfinite(p).all()
    np.testing.assert_array_equal(p.argmax(axis=1), y)


def test_a_single_class_is_refused():
    with pytest.raises(ValueError, match="greater than one"):
        PairwiseSVC().fit(np.zeros((4, 2)), np.zeros(4, dtype=int))


def test_coupling_finds_the_distribution_that_the_pairs_come_from():
    p = np.array([[0.5, 0.2, 0.2, 0.1], [0.97, 0.01, 0.01, 0.01]])
    first, second = np.triu_indices(4, 1)
    np.testing.assert_allclose(_coupled(p[:, first] / (p[:, first] + p[:, second]), 4), p, atol=1e-9)


def test_saved_it_holds_nothing_but_scikit_learns_and_our_own(tmp_path):
    x, y = clouds(10, 3, 0)
    fitted = PairwiseSVC(random_state=0).fit(x, y)
    skops.io.dump(fitted, tmp_path / "svc.skops")
    unknown = skops.io.get_untrusted_types(file=tmp_path / "svc.skops")
    assert all(kind.startswith("genrelab.models.") for kind in unknown)
    loaded = skops.io.load(tmp_path / "svc.skops", trusted=unknown)
    np.testing.assert_array_equal(loaded.predict_proba(x), fitted.predict_proba(x))
