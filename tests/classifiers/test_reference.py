import numpy as np
import pytest

from genrelab.classifiers import reference
from genrelab.classifiers.reference import Reference


def drawn(n, size=8, shift=0.0, seed=0):
    return np.random.default_rng(seed).normal(shift, 1, (n, size)).astype(np.float32)


@pytest.fixture
def known():
    found = Reference.of(drawn(100), drawn(600, seed=1), 0)
    assert found
    return found


def test_nineteen_in_twenty_validation_clips_lie_within_1(known):
    assert (known.valid <= 1).mean() == 0.95
    np.testing.assert_allclose(np.sort(known.distances(drawn(600, seed=1))), known.valid, rtol=1e-6)
    assert np.median(known.distances(drawn(600, seed=2))) == pytest.approx(np.median(known.valid), rel=0.1)


def test_what_is_shifted_or_scaled_or_moved_in_a_flat_direction_lies_beyond(known):
    assert (known.distances(drawn(20, shift=3, seed=2)) > 1).all()
    assert (known.distances(8 * drawn(20, seed=2)) > 1).all()
    train, valid = drawn(100), drawn(60, seed=1)
    train[:, 0] = valid[:, 0] = 0  # a unit that never fires
    flat = Reference.of(train, valid, 0)
    fires = drawn(20, seed=2)
    fires[:, 0] = 5
    assert (flat.distances(fires) > 1).all()


def test_the_unit_of_a_number_does_not_matter():
    scale = np.logspace(-3, 3, 8).astype(np.float32)
    one, other = (Reference.of(drawn(100) * by, drawn(60, seed=1) * by, 0) for by in (scale[:1], scale[:1] * 100))
    np.testing.assert_allclose(one.valid, other.valid, rtol=1e-4)


def test_it_is_saved_whole_and_small(known, tmp_path):
    known.save(tmp_path)
    again = reference.load(tmp_path)
    x = drawn(5, seed=3)
    np.testing.assert_array_equal(again.distances(x), known.distances(x))
    np.testing.assert_array_equal(again.valid, known.valid)
    assert reference.load(tmp_path / "elsewhere") is None
    wide = Reference.of(drawn(400, 5000), drawn(30, 5000, seed=1), 0)
    wide.save(tmp_path)
    assert (tmp_path / reference.FILE).stat().st_size < 2**20
    assert reference.load(tmp_path).distances(drawn(2, 5000, seed=2)).shape == (2,)


def test_fewer_training_clips_than_neighbours_are_all_asked():
    assert np.isfinite(Reference.of(drawn(3), drawn(4, seed=1), 0).distances(drawn(2, seed=2))).all()


@pytest.mark.parametrize("train", [np.full((5, 3), np.nan), np.ones((5, 3)), np.full((5, 3), np.inf)])
def test_there_may_be_none(train):
    assert Reference.of(train, np.ones((4, 3)), 0) is None


def test_of_many_clips_a_rare_class_keeps_its_own():
    labels = np.array([0] * 1000 + [1] * 30)
    kept = reference.chosen(labels, 0)
    assert len(kept) == len({*kept}) == reference.CLIPS
    assert (labels[kept] == 1).sum() == 30
    np.testing.assert_array_equal(kept, np.sort(kept))
    np.testing.assert_array_equal(reference.chosen(labels[:50], 0), np.arange(50))
