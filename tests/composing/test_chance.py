import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from genrelab.composing.chance import some, stream


def test_a_stream_is_named_by_what_it_is_for():
    names = [(0, "rock", 0), (0, "rock", 0, 0), (0, "rock", 1), (0, "rock", 0, 1), (1, "rock", 0), (0, "jazz", 0)]
    draws = [tuple(stream(*name).integers(2**32, size=4)) for name in names]
    assert len(set(draws)) == len(names)
    assert draws == [tuple(stream(*name).integers(2**32, size=4)) for name in names]


@given(st.lists(st.integers(), unique=True), st.integers(0, 10), st.integers(0, 2**16))
def test_some_keeps_order_and_repeats_nothing(options, count, seed):
    found = some(np.random.default_rng(seed), options, count)
    assert len(found) == min(count, len(options))
    assert list(found) == [o for o in options if o in found]
