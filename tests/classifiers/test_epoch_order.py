"""The order of an epoch: every clip once, by seed and epoch alone, shard by shard through a buffer."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from genrelab.classifiers import epoch_order
from genrelab.data.streamed import Streamed

SHARDS = st.lists(st.integers(0, 9), min_size=1, max_size=80).map(np.array)
SIZES = st.integers(1, 30)


@given(SHARDS, SIZES, st.integers(0, 5))
def test_every_clip_goes_by_once_and_the_same_seed_gives_the_same_order(shards, size, epoch):
    order = epoch_order.draw(shards, len(shards), size, [1, epoch])
    assert sorted(order.rows) == sorted(order.reading) == [*range(len(shards))]
    again = epoch_order.draw(shards, len(shards), size, [1, epoch])
    np.testing.assert_array_equal(order.rows, again.rows)


@given(SHARDS, SIZES, st.integers(1, 7))
def test_what_is_streamed_comes_in_that_order_and_each_shard_is_read_once(shards, size, batch):
    reads = []

    def read(rows):
        reads.append(rows)
        return x[rows]

    x = np.arange(3 * len(shards), dtype=np.float32).reshape(-1, 3)
    order = epoch_order.draw(shards, len(shards), size, [0, 0])
    found = [*epoch_order.batches(Streamed(x.shape, read), shards, order, batch)]
    assert [len(one) for one in found[:-1]] == [batch] * (len(found) - 1)
    np.testing.assert_array_equal(np.concatenate(found), x[order.rows])
    assert sorted(shards[rows[0]] for rows in reads) == sorted(set(shards))
    assert all((shards[rows] == shards[rows[0]]).all() for rows in reads)


@given(SHARDS, SIZES)
def test_no_more_clips_are_held_than_the_buffer_takes(shards, size):
    order = epoch_order.draw(shards, len(shards), size, [0, 0])
    arrived = np.argsort(order.reading)  # when each clip arrives
    assert (arrived[order.rows] < np.arange(len(shards)) + order.size).all()


def test_few_clips_are_shuffled_as_they_would_be_without_shards():
    for shards in (None, np.arange(50) // 4):
        order = epoch_order.draw(shards, 50, 50, [3, 7])
        np.testing.assert_array_equal(order.rows, np.random.default_rng([3, 7]).permutation(50))


def test_epochs_differ_and_so_do_seeds():
    shards = np.arange(200) // 4
    orders = [tuple(epoch_order.draw(shards, 200, 20, seed).rows) for seed in ([0, 0], [0, 1], [1, 0])]
    assert len(set(orders)) == 3


def test_a_corpus_that_lies_class_by_class_is_mixed_well():
    labels = np.arange(16_000) // 1600  # ten classes, one after the other, in shards of 16
    rows = epoch_order.draw(np.arange(16_000) // 16, 16_000, 1024, [0, 0]).rows
    batches = [labels[rows[i : i + 20]] for i in range(0, len(rows), 20)]
    classes = np.mean([len(set(batch)) for batch in batches])
    shuffled = np.random.default_rng(0).permutation(labels).reshape(-1, 20)
    assert classes > 0.97 * np.mean([len(set(batch)) for batch in shuffled])
    assert max(len([*same]) for _, same in itertools.groupby(labels[rows])) < 20


def test_the_buffer_is_bounded_in_bytes_but_for_large_clips():
    assert epoch_order.buffer_size((128, 660)) * 128 * 660 * 4 <= epoch_order.BUFFER
    assert epoch_order.buffer_size((4000, 4000)) == epoch_order.LEAST
