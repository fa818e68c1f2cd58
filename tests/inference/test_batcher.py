"""Calls of several threads that share batches."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from genrelab.inference.batcher import Batcher


class Squares:
    """A function that waits until it may answer, and remembers what it was given."""

    def __init__(self):
        self.begun, self.go_on, self.given = threading.Event(), threading.Event(), []

    def __call__(self, items):
        self.given.append(list(items))
        self.begun.set()
        assert self.go_on.wait(10)
        if 13 in items:
            raise ValueError("13 is unlucky")
        return [item**2 for item in items]


def asked_while_busy(calls, largest=32, seconds=10.0):
    """Ask for [1], and for the other calls while that is worked on; return the futures and the function."""
    squares = Squares()
    batcher = Batcher(squares, lambda item: 1, largest)
    pool = ThreadPoolExecutor(len(calls) + 1)
    futures = [pool.submit(batcher.ask, [1], 10.0)]
    assert squares.begun.wait(10)
    for number, call in enumerate(calls, 1):
        futures.append(pool.submit(batcher.ask, call, seconds))
        while len(batcher._waiting) < number:
            pass
    return futures, squares, batcher


def test_a_call_alone_is_answered_at_once():
    squares = Squares()
    squares.go_on.set()
    assert Batcher(squares, lambda item: 1, 32).ask([2, 3], 1.0) == [4, 9]


def test_calls_that_come_meanwhile_share_a_batch_and_each_has_its_own_answers():
    futures, squares, _ = asked_while_busy([[2], [3, 4], [5]])
    squares.go_on.set()
    assert [future.result(10) for future in futures] == [[1], [4], [9, 16], [25]]
    assert [sorted(batch) for batch in squares.given] == [[1], [2, 3, 4, 5]]


def test_a_batch_is_no_larger_than_it_may_be():
    futures, squares, _ = asked_while_busy([[2, 3], [4, 5], [6, 7]], largest=4)
    squares.go_on.set()
    assert [future.result(10) for future in futures[1:]] == [[4, 9], [16, 25], [36, 49]]
    assert [len(batch) for batch in squares.given] == [1, 4, 2]


def test_an_error_costs_the_call_that_causes_it():
    futures, squares, batcher = asked_while_busy([[2], [13], [3]])
    squares.go_on.set()
    assert [futures[i].result(10) for i in (0, 1, 3)] == [[1], [4], [9]]
    with pytest.raises(ValueError, match="unlucky"):
        futures[2].result(10)
    assert batcher.ask([6], 1.0) == [36]


def test_who_waits_too_long_leaves_and_is_not_worked_on():
    futures, squares, batcher = asked_while_busy([[2]], seconds=0.05)
    with pytest.raises(TimeoutError):
        futures[1].result(10)
    squares.go_on.set()
    assert futures[0].result(10) == [1]
    assert batcher.ask([3], 1.0) == [9]
    assert squares.given == [[1], [3]]
