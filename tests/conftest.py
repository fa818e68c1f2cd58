"""The order of the tests, and a place for those that record runs."""

import contextlib
import os
import shutil
import sys
from pathlib import Path

import heap
import pytest

# Folders and files of tests that train nets or wait for processes; `make test-fast` leaves them out.
SLOW = (
    *(
        "classifiers/",
        "contracts/test_exports",
        "contracts/test_features",
        "contracts/test_models",
        "data/test_download",
    ),
    *("evaluation/test_promotion", "features/test_scattering", "inference/test_server", "layers/test_keras_backend"),
    *("models/", "pretrained/", "tracking/test_runs", "training/", "tuning/"),
)
# Two processes share two cores: numpy and scikit-learn would start threads that wait for one another.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

LOADED = pytest.StashKey[int]()  # how many modules were loaded when what stays was last put aside


def pytest_collection_modifyitems(items):
    """Mark the slow ones, and put the long ones first: of two processes, neither is left with them at the end.

    While the first builds the clone that all end-to-end tests copy, the second has the contracts of models.
    """
    root = Path(__file__).parent
    for item in items:
        if item.path.relative_to(root).as_posix().startswith(SLOW):
            item.add_marker(pytest.mark.slow)
    first = next((item.path for item in items if item.get_closest_marker("end_to_end")), None)
    contracts = root / "contracts/test_models.py"

    def place(item):
        long, slow = (item.get_closest_marker(name) is None for name in ("end_to_end", "slow"))
        return item.path != first, item.path != contracts, long, slow

    items.sort(key=place)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item, nextitem):
    """Put aside what a file, or a test that was the first to need it, has imported."""
    if nextitem is None or nextitem.path != item.path or len(sys.modules) > item.config.stash.get(LOADED, 0) + 200:
        item.config.stash[LOADED] = len(sys.modules)
        heap.put_aside()


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory) -> Path:
    """A database of MLflow without a run, as it makes one by migrating through all its versions, for seconds."""
    import mlflow

    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    with contextlib.chdir(path.parent):  # its artifacts will lie below the folder in which it is made
        mlflow.MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def workplace(tmp_path, monkeypatch, empty_store):
    """A folder as the working directory that holds an MLflow store of its own, and nothing else."""
    import mlflow

    shutil.copy(empty_store, tmp_path / "mlflow.db")
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("MLFLOW_")]:
        monkeypatch.delenv(name)
    yield tmp_path
    mlflow.set_tracking_uri(None)


@pytest.fixture
def warnings_said(caplog):
    """The warnings of splits, which are said once a process: a function that returns them."""
    from genrelab.splits._warnings import warn_once

    warn_once.cache_clear()
    return lambda: [record.getMessage() for record in caplog.records]


@pytest.fixture
def fresh_store(workplace):
    """MLflow's client on the fresh store of the working directory."""
    import mlflow

    return mlflow.MlflowClient(f"sqlite:///{workplace / 'mlflow.db'}")
