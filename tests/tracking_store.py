"""What the end-to-end tests ask of the MLflow store."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import requests


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


@contextlib.contextmanager
def served(uri: str, folder: Path, env: Mapping[str, str]) -> Iterator[str]:
    """Serve a registered model from an empty `folder` as MLflow does, and yield the address that answers requests."""
    port = free_port()
    command = ["mlflow", "models", "serve", "-m", uri, "--env-manager", "local", "-p", port]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        for _ in range(240):
            try:
                if requests.get(f"http://127.0.0.1:{port}/health", timeout=1).ok:
                    break
            except requests.ConnectionError:
                time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/invocations"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()
