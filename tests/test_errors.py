"""One line for what a user can meet, and no secret in it."""

import errno
import os
import pickle
import sqlite3

import pytest

from genrelab.data.sources import Source
from genrelab.errors import ConfigError, DataError, masked, of_machine, why


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:se@cret@host.org/a.zip?sig=secret; next", "https://***@host.org/a.zip?***; next"),
        ("'http://secret@h/?q=secret'", "'http://***@h/?***'"),
        ("postgresql+psycopg2://u:secret@h:5/db?sslmode=x)", "postgresql+psycopg2://***@h:5/db?***)"),
        ("models:/corpus-genre@champion", "models:/corpus-genre@champion"),
        ("sqlite:////what?x/mlflow.db", "sqlite:////what?x/mlflow.db"),
        ("is it http://a.org/b?", "is it http://a.org/b?"),
        ("https://a.org/b@2.zip", "https://a.org/b@2.zip"),
    ],
)
def test_user_password_and_query_of_an_address_are_masked(text, shown):
    assert masked(text) == shown
    for error in (DataError(text), ConfigError(text)):
        assert str(error) == str(pickle.loads(pickle.dumps(error))) == shown
    assert why(ValueError(text)) == f"ValueError: {shown}"


def test_what_a_corpus_is_made_of_holds_no_password(tmp_path):
    source = Source("https://secret@host.org/a.zip?token=secret", "0" * 32)
    found = source.fingerprint(lambda name: True, tmp_path / "cache")
    assert found == {"url": "https://***@host.org/a.zip?***", "md5": "0" * 32}


def test_a_full_disk_and_a_read_only_folder_are_a_line_however_they_are_wrapped():
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "data/x")
    wrapped = RuntimeError("no shard")
    wrapped.__cause__ = full
    for error in (full, wrapped):
        assert of_machine(error) == "data/x: No space left on device; free some space and run the same command again"
    assert "make it accessible" in of_machine(PermissionError(errno.EACCES, "Permission denied", "data/x"))
    assert "free some space" in of_machine(sqlite3.OperationalError("database or disk is full"))
    assert of_machine(ValueError("another thing")) == of_machine(FileNotFoundError(errno.ENOENT, "no", "x")) == ""
