"""The order of the tests, and a place for those that record runs."""

import os

import pytest


def pytest_collection_modifyitems(items):
    """Put the long ones first: of two processes that take files in this order, neither is left with them at the end."""
    items.sort(key=lambda item: item.get_closest_marker("end_to_end") is None)


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """An empty folder as the working directory, with an MLflow store of its own."""
    import mlflow

    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("MLFLOW_")]:
        monkeypatch.delenv(name)
    before = mlflow.get_tracking_uri()
    yield tmp_path
    mlflow.set_tracking_uri(before)


@pytest.fixture
def warnings_said(caplog):
    """The warnings of splits, which are said once a process: a function that returns them."""
    from genrelab.splits._warnings import warn_once

    warn_once.cache_clear()
    return lambda: [record.getMessage() for record in caplog.records]
