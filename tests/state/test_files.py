"""Files are whole or not there."""

import pytest

from genrelab.state import digests, files, origin


def test_what_is_written_takes_the_place_of_the_old(tmp_path):
    path = tmp_path / "a.json"
    files.write_json(path, {"b": "é", "a": 1}, sort_keys=True)
    assert path.read_bytes() == '{"a": 1, "b": "é"}'.encode()
    files.write_text(path, "one\r\ntwo\n")
    assert path.read_bytes() == b"one\r\ntwo\n"
    assert [*path.parent.iterdir()] == [path]


def test_what_fails_half_way_leaves_the_old(tmp_path):
    path = tmp_path / "a.txt"
    files.write_text(path, "old")
    with pytest.raises(KeyboardInterrupt), files.replacing(path) as partial:
        assert partial.suffix == ".txt"
        partial.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert [*tmp_path.iterdir()] == [path]


def test_digests_do_not_depend_on_the_order_of_keys(tmp_path):
    assert digests.of_value({"a": 1, "b": 2}) == digests.of_value({"b": 2, "a": 1}) != digests.of_value({"a": 1})
    (tmp_path / "empty").touch()
    assert digests.of_file(tmp_path / "empty").startswith("e3b0c44298fc1c149afbf4c8996fb924")


def test_results_are_current_while_their_work_and_their_files_are_the_same(tmp_path):
    assert not origin.is_current(tmp_path, "work")
    (tmp_path / "c").mkdir()
    (tmp_path / "c/0").write_bytes(b"values")
    origin.write(tmp_path, "work")
    assert origin.is_current(tmp_path, "work")
    assert not origin.is_current(tmp_path, "other work")
    (tmp_path / "c/0").write_bytes(b"valueS")
    assert not origin.is_current(tmp_path, "work")
    (tmp_path / "c/0").unlink()
    assert not origin.is_current(tmp_path, "work")
