"""Streams are taken for arrays, and are read ahead."""

import threading

import numpy as np
import pytest

from genrelab.data.streamed import AHEAD, Streamed, in_batches, read_ahead, take

X = np.random.default_rng(0).normal(size=(23, 3, 4)).astype(np.float32)


def stream() -> Streamed:
    return Streamed(X.shape, lambda rows: X[rows], np.arange(23) // 5)


@pytest.mark.parametrize(
    "key", [5, -1, slice(None), slice(3, 9), slice(20, 40), np.array([7, 7, 2]), np.arange(23) > 9, np.array([], int)]
)
def test_what_is_asked_for_is_what_an_array_would_give(key):
    np.testing.assert_array_equal(stream()[key], X[key])
    assert len(stream()) == 23


def test_some_of_a_stream_are_a_stream_until_they_are_asked_for():
    some = take(stream(), np.array([8, 1, 22]))
    assert isinstance(some, Streamed)
    assert some.shape == (3, 3, 4)
    assert some.shards.tolist() == [1, 0, 4]
    np.testing.assert_array_equal(some[1:], X[[1, 22]])
    np.testing.assert_array_equal(take(X, [8, 1]), X[[8, 1]])
    doubled = some.map(lambda x: 2 * x[:, 0], (4,))
    assert doubled.shape == (3, 4)
    np.testing.assert_array_equal(doubled[:], 2 * X[[8, 1, 22], 0])


@pytest.mark.parametrize("size", [1, 4, 23, 50])
def test_batches_are_all_clips_in_their_order(size):
    for x in (X, stream()):
        found = [*in_batches(x, size)]
        assert {len(batch) for batch in found[:-1]} <= {size}
        np.testing.assert_array_equal(np.concatenate(found), X)


def test_items_are_made_ahead_in_another_thread_and_no_further_than_is_said():
    made: list[int] = []

    def items():
        for i in range(50):
            assert threading.current_thread() is not threading.main_thread()
            made.append(i)
            yield i

    ahead = read_ahead(items())
    assert next(ahead) == 0
    ahead.close()
    assert len(made) <= AHEAD + 1
    assert [*read_ahead(items())] == [*range(50)]


def test_what_goes_wrong_in_the_thread_is_raised_here():
    def items():
        yield 1
        raise OSError("the disk is gone")

    ahead = read_ahead(items())
    assert next(ahead) == 1
    with pytest.raises(OSError, match="the disk is gone"):
        next(ahead)
