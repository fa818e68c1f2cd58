import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab.metrics import calibration, classification


def drawn(n: int, sharpness: float, seed: int = 0):
    """Classes drawn from probabilities, and these probabilities made surer than they are by `sharpness`."""
    rng = np.random.default_rng(seed)
    honest = rng.dirichlet(np.ones(4), n)
    true = np.array([rng.choice(4, p=p) for p in honest])
    return true, calibration.apply(honest, 1 / sharpness)


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_it_finds_how_sharp_the_probabilities_were_made(sharpness):
    assert calibration.fit(*drawn(4000, sharpness)) == pytest.approx(sharpness, rel=0.1)


def test_it_makes_an_overconfident_model_honest():
    true, sure = drawn(1000, 4.0)
    after = calibration.apply(sure, calibration.fit(true, sure))
    assert classification.calibration_error(true, after) < 0.4 * classification.calibration_error(true, sure)
    assert classification.log_loss(true, after) < classification.log_loss(true, sure)


def test_a_few_clips_that_are_all_right_or_all_wrong_do_not_run_off_to_a_bound():
    sure = np.array([[0.6, 0.4]] * 3)
    assert 0.3 < calibration.fit(np.array([0, 0, 0]), sure) < 1
    assert 1 < calibration.fit(np.array([1, 1, 1]), np.array([[0.99, 0.01]] * 3)) < 10


@given(
    st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda p: sum(p) > 0.01), min_size=1, max_size=5),
    st.floats(calibration.LOWEST, calibration.HIGHEST),
)
@settings(deadline=None)
def test_no_temperature_changes_the_answer(rows, t):
    p = np.array(rows) / np.sum(rows, axis=1, keepdims=True)
    after = calibration.apply(p, t)
    np.testing.assert_allclose(after.sum(axis=1), 1, atol=1e-12)
    assert (after[np.arange(len(p)), p.argmax(axis=1)] == after.max(axis=1)).all()


def test_at_one_nothing_changes():
    p = np.array([[1.0, 0.0], [0.3, 0.7]])
    assert calibration.apply(p, 1.0) is p
    assert np.isfinite(calibration.apply(p, 0.05)).all()
