import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from genrelab.metrics import two_samples

RNG = np.random.default_rng(0)
ONE, OTHER = RNG.normal(0, 1, 40).round(1), RNG.normal(1, 1, 30).round(1)  # with ties


def test_it_is_the_area_under_the_roc_curve():
    true = np.repeat([0, 1], [40, 30])
    assert two_samples.auc(ONE, OTHER) == pytest.approx(roc_auc_score(true, np.concatenate([ONE, OTHER])))
    assert two_samples.auc(ONE, ONE) == 0.5
    assert two_samples.auc(ONE, ONE + 100) == 1


def test_the_interval_holds_it_and_does_not_shrink_to_a_point():
    low, high = two_samples.auc_interval(ONE, OTHER, resamplings=200, seed=0)
    assert 0.5 < low < two_samples.auc(ONE, OTHER) < high < 1
    low, high = two_samples.auc_interval(ONE[:10], ONE + 100, resamplings=50, seed=0)
    assert (round(low, 2), high) == (0.69, 1)  # nothing seen in ten clips


def test_an_empty_group_is_named():
    with pytest.raises(ValueError, match="got 40 and 0"):
        two_samples.auc(ONE, np.empty(0))
