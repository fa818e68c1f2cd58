"""Jobs on this machine, and a cluster that is not there. A real one is in end_to_end/test_cluster.py."""

import functools
import operator
import os
import sys
import time

import pytest

from genrelab import config, parallel
from genrelab.errors import ConfigError, GenreLabError
from genrelab.parallel import Job, apart, cluster

JOBS = [Job(functools.partial(pow, 2, n), functools.partial(operator.add, 1), []) for n in range(5)]


@pytest.mark.parametrize("address", ["tcp://host:8786", "tls://10.0.0.5:1", "tcp://[::1]:8786"])
def test_an_address_is_taken(address):
    loaded = config.load(overrides={"workers": address})
    assert loaded.workers == address
    assert loaded.config_hash == config.load().config_hash


@pytest.mark.parametrize(
    "value",
    ["-1", "1.5", "true", "host:8786", "tcp://host", "tcp://host:0", "tcp://host:99999", "http://host:80", "''"],
)
def test_what_is_neither_a_number_nor_an_address_is_refused(value):
    words = r"workers must be a whole number or an address such as tcp://host:8786, got "
    with pytest.raises(ConfigError, match=words) as caught:
        config.load(overrides={"workers": value})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("ordered", [True, False])
def test_jobs_are_done_and_kept_here(ordered):
    assert sorted(parallel.run(JOBS, 1, ordered=ordered)) == [2, 3, 5, 9, 17]


def test_without_dask_it_is_a_line_with_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(
        GenreLabError, match=r'Dask is not installed; install it with: pip install "genrelab\[cluster\]"'
    ):
        list(parallel.run(JOBS, "tcp://127.0.0.1:8786"))


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "tcp://nobody.invalid:8786"])
def test_a_scheduler_that_does_not_answer_is_a_line(monkeypatch, address):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.3)
    with pytest.raises(GenreLabError, match=f"cannot reach a Dask scheduler at {address}: it does not answer"):
        parallel.check(address)


def test_versions_that_differ_are_named_with_both():
    own = cluster.about()
    assert {"genrelab", "numpy", "librosa"} <= set(own)
    cluster.refuse_others(own)
    with pytest.raises(GenreLabError, match=rf"has numpy {own['numpy']}, here 1\.0; install the same on each machine$"):
        cluster.refuse_others({**own, "numpy": "1.0"})


def test_a_call_apart_returns_or_says_what_was_wrong():
    assert apart.call(pow, 2, 5) == 32
    for function, argument, said in [
        (os._exit, 9, r"ended without a word \(exit code 9\)"),
        (int, "x", "ValueError: invalid literal"),
    ]:
        with pytest.raises(GenreLabError, match=said):
            apart.call(function, argument)


def test_a_call_that_takes_too_long_or_is_not_wanted_is_ended():
    with pytest.raises(GenreLabError, match="took longer than its budget"):
        apart.call(time.sleep, 60, limit=0.5)
    with pytest.raises(GenreLabError, match="given up"):
        apart.call(time.sleep, 60, wanted=lambda: False)
