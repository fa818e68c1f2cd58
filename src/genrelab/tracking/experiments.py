"""Sort runs into experiments: trainings into one, and what is done with their models into others.

A run that `mlflow run` opened stays where it was opened: in experiment 0, unless `--experiment-name` was given.
"""

import contextlib
import os
from pathlib import Path

import mlflow
from mlflow.entities import Experiment
from mlflow.exceptions import MlflowException

from genrelab.errors import StoreError
from genrelab.state.home import home
from genrelab.tracking import views

FIRST = "0"  # id of the experiment that MLflow creates and `mlflow run` uses
TRAININGS = "genrelab"
OTHERS = {
    **dict.fromkeys(("compare", "evaluate", "robustness"), "genrelab-evaluations"),
    **dict.fromkeys(("audit", "explore"), "genrelab-explorations"),
    **dict.fromkeys(("predict", "drift"), "genrelab-predictions"),
    "promote": "genrelab-promotions",
}


def name_first() -> None:
    """Give the first experiment of the project's own store a descriptive name and its view."""
    client = mlflow.MlflowClient()
    if not _is_own_store() or client.get_experiment(FIRST).name != "Default":
        return
    with contextlib.suppress(MlflowException):  # the name is taken, or another process was faster
        client.rename_experiment(FIRST, TRAININGS)
    views.save(FIRST)


def choose(kind: str) -> None:
    """Make runs of this kind go to their experiment; create it if it does not exist.

    Raises StoreError if it was deleted.
    """
    if "MLFLOW_RUN_ID" in os.environ:
        return  # mlflow.projects has already chosen
    client, named = mlflow.MlflowClient(), os.environ.get("MLFLOW_EXPERIMENT_NAME")
    local = mlflow.get_tracking_uri().startswith("sqlite:")
    if named is None and local and kind not in OTHERS:
        found = client.get_experiment(FIRST)
    else:
        # On a shared server, stay out of others' experiments.
        name = named or OTHERS.get(kind, TRAININGS)
        found = client.get_experiment_by_name(name) or _create(name, beside_first=local and named is None)
    if found.lifecycle_stage != "active":
        raise StoreError(
            f"the experiment '{found.name}' was deleted from {mlflow.get_tracking_uri()}; restore it: "
            f"mlflow experiments restore --experiment-id {found.experiment_id}, "
            "or name another with MLFLOW_EXPERIMENT_NAME"
        )
    mlflow.set_experiment(experiment_id=found.experiment_id)


def _create(name: str, *, beside_first: bool) -> Experiment:
    client, location = mlflow.MlflowClient(), None
    if beside_first:  # put artifacts next to those of the first experiment, whatever the working directory
        location = f"{client.get_experiment(FIRST).artifact_location.rpartition('/')[0]}/{name}"
    with contextlib.suppress(MlflowException):  # another process was faster
        client.create_experiment(name, artifact_location=location, tags={views.KIND: views.TRAINING})
    return client.get_experiment_by_name(name)


def _is_own_store() -> bool:
    path = mlflow.get_tracking_uri().partition("sqlite:///")[2]
    return bool(path) and Path(path).resolve() == (home() / "mlflow.db").resolve()
