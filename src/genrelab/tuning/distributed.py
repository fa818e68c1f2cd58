"""A search on several machines: Keras Tuner's chief, which holds the oracle, and its workers, which run the trials.

They speak gRPC, unencrypted and without passwords, so the network must be for trusted machines only. Keras Tuner waits
forever for a dead worker. Here, each worker sends heartbeats while it trains, and the chief takes its trial back when
they stop.
"""

import contextlib
import os
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from genrelab.errors import ConfigError, GenreLabError

ADDRESS = "127.0.0.1:8476"  # where the chief listens by default
HEARTBEAT_SECONDS = 3.0  # between a worker's heartbeats
SILENT_SECONDS = 30.0  # without one, after which a worker counts as dead
PATIENCE_SECONDS = 600  # how long a worker waits for a chief that does not answer


def enter(role: str, address: str) -> str:
    """Tell Keras Tuner through the environment whether this process is a chief or a worker; return host:port."""
    host, colon, port = address.rpartition(":")
    if not (colon and host and port.isdigit() and 0 < int(port) < 2**16):
        raise ConfigError(f"chief must be host:port, such as {ADDRESS}, got '{address}'")
    name = "chief" if role == "chief" else f"worker-{uuid.uuid4().hex[:8]}"
    os.environ |= {"KERASTUNER_ORACLE_IP": host, "KERASTUNER_ORACLE_PORT": port, "KERASTUNER_TUNER_ID": name}
    return f"{host}:{port}"


def free_address(scheduler: str) -> str:
    """Return host:port at which the workers of a Dask scheduler, given by its address, can reach this machine."""
    where = urlsplit(scheduler)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:  # nothing is sent
        way.connect((where.hostname, where.port))
        host = way.getsockname()[0]
    with socket.socket() as free:
        free.bind((host, 0))
        return f"{host}:{free.getsockname()[1]}"


def free_port() -> str:
    """Return host:port at which workers on this machine can reach it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def identity() -> str:
    """Return the name by which the chief knows this worker."""
    return os.environ["KERASTUNER_TUNER_ID"]


def lead(
    tuner: Any,
    oracle: Any,
    on_news: Callable[[], None],
    on_death: Callable[[str, str], None],
    staff: Callable[[], None] = lambda: None,
) -> None:
    """Give out trials until all are done; call `on_death` with each dead worker and its trial.

    `staff` is called repeatedly and may start workers.
    """
    failure: list[BaseException] = []

    def serve() -> None:
        try:
            tuner.search()
        except BaseException as error:  # raised below, in the thread that reports it
            failure.append(error)

    # Keras Tuner's server checks only every 20 s whether it may end, so do not wait for it; it ends with the process.
    threading.Thread(target=serve, daemon=True).start()
    done, pause = False, threading.Event()
    while not done:
        pause.wait(1)
        if failure:
            where = f"{os.environ['KERASTUNER_ORACLE_IP']}:{os.environ['KERASTUNER_ORACLE_PORT']}"
            raise GenreLabError(f"the chief cannot listen on {where}: {failure[0]}") from failure[0]
        staff()
        oracle.requeue_lost(SILENT_SECONDS, on_death)
        on_news()
        done = oracle.finished


def work(tuner: Any, address: str) -> None:
    """Run the trials that the chief at `address` gives out, until it has no more."""
    import grpc
    from keras_tuner.src.distribute import oracle_client

    oracle_client.TIMEOUT = PATIENCE_SECONDS  # an hour by default
    try:
        tuner.search()
    except grpc.RpcError as error:
        raise GenreLabError(f"the chief at {address} does not answer ({error.code().name})") from error


@contextlib.contextmanager
def heartbeat(oracle: Any, trial_id: str, *, wanted: bool) -> Iterator[None]:
    """Ask the chief for the trial repeatedly while the block runs."""
    if not wanted:
        yield
        return
    ended = threading.Event()

    def ask() -> None:
        import grpc

        while not ended.wait(HEARTBEAT_SECONDS):
            with contextlib.suppress(grpc.RpcError):
                oracle.get_trial(trial_id)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
