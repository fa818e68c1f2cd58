"""Folders replaced and removed: whole at every moment."""

import pytest

from genrelab.state import folders


def folder_with(path, text):
    path.mkdir(parents=True)
    (path / "a.txt").write_text(text)
    return path


@pytest.fixture
def new(tmp_path):
    return folder_with(tmp_path / "partial/new", "new")


def test_the_new_takes_the_place_of_the_old(tmp_path, new):
    target = folder_with(tmp_path / "data/x", "old")
    folders.replace(new, target)
    assert (target / "a.txt").read_text() == "new"
    assert not list((tmp_path / "partial").iterdir())


def test_what_a_killed_replacement_has_left_is_in_no_ones_way(tmp_path, new):
    folder_with(tmp_path / "partial/new.trash", "older")  # the kill came before `new` took the place
    folders.replace(new, tmp_path / "data/x")
    assert (tmp_path / "data/x/a.txt").read_text() == "new"
    assert not list((tmp_path / "partial").iterdir())


def test_a_removed_folder_is_gone_and_so_is_what_a_killed_removal_has_left(tmp_path, new):
    folder_with(tmp_path / "partial/new.trash", "older")
    folders.discard(new)
    folders.discard(new)
    assert not list((tmp_path / "partial").iterdir())
