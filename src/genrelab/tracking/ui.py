"""The MLflow UI on this project's store, with flags that keep earlier and later runs readable."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import requests

from genrelab.console import say
from genrelab.errors import GenreLabError
from genrelab.state.home import home, state_folder
from genrelab.tracking import experiments, owners, store, views

WAIT = 60.0  # seconds for the server to answer
GRACE = 5.0  # seconds for it to end


def serve(port: int) -> None:
    """Serve the UI on 127.0.0.1 until interrupted; print links to its views once it answers."""
    store.connect()
    uri = os.environ.get("MLFLOW_TRACKING_URI", store.local_address())
    if uri.startswith(("http:", "https:")):
        say(f"MLFLOW_TRACKING_URI names a server, which has its own UI: {uri}")
        return
    owners.close_orphans()  # so that killed runs do not appear to be running
    experiments.name_first()
    views.save(experiments.FIRST)
    address = f"http://127.0.0.1:{port}"
    if _answers(address):
        raise GenreLabError(f"port {port} is already in use; choose another: make ui PORT=5001")
    # Artifacts are read directly from their folder: if the server proxied them, runs started from a shell could not
    # write to the experiments that it creates.
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", uri, "--default-artifact-root", str((home() / "mlruns").resolve())]
    command += ["--no-serve-artifacts"]
    state_folder().mkdir(parents=True, exist_ok=True)
    with (state_folder() / "ui.log").open("w") as log:
        # Its own session, so that its workers end with it.
        server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        try:
            deadline = time.monotonic() + WAIT
            while not _answers(address):
                if server.poll() is not None or time.monotonic() > deadline:
                    raise GenreLabError(f"the MLflow server did not start; see {state_folder() / 'ui.log'}")
                time.sleep(0.3)
            say(f"runs:   {address}/{views.link(experiments.FIRST, 'TABLE')}")
            say(f"charts: {address}/{views.link(experiments.FIRST, 'CHART')}")
            say(f"models: {address}/#/models")
            say("Ctrl-C ends it")
            server.wait()
        finally:
            _end(server)


def _end(server: subprocess.Popen[bytes]) -> None:
    """Stop the server and its workers; it may wait for a browser's open connections, but not forever."""
    for kind in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, kind)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=GRACE)


def _answers(address: str) -> bool:
    try:
        return requests.get(f"{address}/health", timeout=2).ok
    except requests.RequestException:
        return False
