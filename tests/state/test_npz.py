"""Arrays in .npz files, and what is none."""

import numpy as np
import pytest

from genrelab.errors import DataError
from genrelab.state import npz


def test_the_arrays_come_back(tmp_path):
    np.savez(tmp_path / "some.npz", a=np.arange(3), b=np.ones((2, 2)))
    found = npz.read(tmp_path / "some.npz")
    assert {name: array.tolist() for name, array in found.items()} == {"a": [0, 1, 2], "b": [[1, 1], [1, 1]]}


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 torn"])
@pytest.mark.filterwarnings("error::ResourceWarning", "error::pytest.PytestUnraisableExceptionWarning")
def test_what_is_no_npz_file_is_named_and_closed(tmp_path, content):
    path = tmp_path / "torn.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"torn.npz is not an .npz file of plain arrays \("):
        npz.read(path)


def test_a_single_array_and_objects_are_no_npz_file_of_plain_arrays(tmp_path):
    np.save(tmp_path / "one.npy", np.ones(2))
    np.savez(tmp_path / "objects.npz", a=np.array([None]))
    for name in ("one.npy", "objects.npz", "none.npz"):
        with pytest.raises(DataError, match=r"^mine is not an .npz file"):
            npz.read(tmp_path / name, "mine")
