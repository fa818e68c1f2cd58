"""What the end-to-end tests ask of the MLflow store."""

import socket
from pathlib import Path


def latest(client, kind: str, n: int = 1):
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    found = client.search_runs(experiments, f"tags.`genrelab.kind` = '{kind}'", order_by=["attributes.start_time DESC"])
    return found[:n]


def artifact(client, run, name: str) -> str:
    return Path(client.download_artifacts(run.info.run_id, name)).read_text(encoding="utf-8")


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def children(client, run, experiments=("0",)):
    condition = f"tags.`mlflow.parentRunId` = '{run.info.run_id}'"
    return client.search_runs(list(experiments), condition, order_by=["attributes.start_time"])
