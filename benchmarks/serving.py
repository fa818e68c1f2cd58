"""Measure the latency of good requests before, during and after an attack on a server, and the server's memory.

    MLFLOW_TRACKING_URI=sqlite:///mlflow.db python benchmarks/serving.py models:/synthetic-genre/1

In each attack, six clients send requests in a loop: `refused` sends 32 FLACs of constant value, 216 kB each, which is
more sound than a request may hold; `worked on` sends as many of them as a request may hold.
"""

import argparse
import base64
import contextlib
import io
import json
import multiprocessing
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import psutil
import requests
import soundfile

CLIENTS = 6
RATE = 22_050  # Hz
MINUTES = 14.7  # of sound, 216 kB each
ATTACKS = {"refused": 32, "worked on": 4}  # sounds per request
PORT = 5077
JSON = {"Content-Type": "application/json"}
URL = f"http://127.0.0.1:{PORT}"


def body(sounds: list[bytes]) -> bytes:
    """Return the request for some sounds."""
    return json.dumps({"dataframe_records": [{"audio": base64.b64encode(sound).decode()} for sound in sounds]}).encode()


def post(data: bytes) -> int:
    """Send a request; return the status of the response."""
    return requests.post(f"{URL}/invocations", data=data, headers=JSON, timeout=120).status_code


def flac(samples: np.ndarray) -> bytes:
    """Return samples as a FLAC file."""
    stream = io.BytesIO()
    soundfile.write(stream, samples, RATE, format="FLAC", compression_level=0.0)
    return stream.getvalue()


class Memory(threading.Thread):
    """A thread that records the server process's peak memory in bytes."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.process, self.peak = psutil.Process(pid), 0

    def run(self) -> None:
        """Sample ten times a second while the process lives."""
        with contextlib.suppress(psutil.NoSuchProcess):
            while True:
                self.peak = max(self.peak, self.process.memory_info().rss)
                time.sleep(0.1)


def good(seconds: float) -> tuple[list[float], Counter[int]]:
    """Request the genre of a 30 s clip in a loop; return the latencies of successes, and the count of each status."""
    noise = np.random.default_rng(0).normal(0, 0.1, 30 * RATE)
    asked, waited, statuses = body([flac(noise)]), [], Counter[int]()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.monotonic()
        status = post(asked)
        statuses[status] += 1
        if status == 200:
            waited.append(time.monotonic() - start)
    return waited, statuses


def attack(asked: bytes, over: Any, told: Any) -> None:
    """Send hostile requests from several clients until `over` is set; report the count of each status."""
    statuses: Counter[int] = Counter()

    def client() -> None:
        while not over.is_set():
            statuses[post(asked)] += 1

    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    told.put(dict(statuses))


def shown(name: str, waited: list[float], statuses: Counter[int], memory: Memory) -> None:
    """Print a line."""
    middle = f"{1000 * statistics.median(waited):6.0f}" if waited else "     -"
    worst = f"{1000 * max(waited):6.0f}" if waited else "     -"
    print(f"{name:28} median {middle} ms, worst {worst} ms, {dict(statuses)}, peak {memory.peak / 2**20:5.0f} MiB")


@contextlib.contextmanager
def server(model_uri: str) -> Iterator[subprocess.Popen[bytes]]:
    """Serve a version, and yield the process once it responds."""
    process = subprocess.Popen(
        [sys.executable, "-m", "genrelab.inference.server", model_uri, "--port", str(PORT)], stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(240):
            try:
                if requests.get(f"{URL}/health", timeout=1).ok:
                    break
            except requests.ConnectionError:
                time.sleep(0.5)
        yield process
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Serve the model, and measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model_uri")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each phase")
    asked = parser.parse_args()
    with server(asked.model_uri) as process:
        memory = Memory(process.pid)
        memory.start()
        good(3)  # the first responses are slower
        shown("before", *good(asked.seconds), memory)
        for name, sounds in ATTACKS.items():
            asked_for = body([flac(np.full(int(MINUTES * 60 * RATE), 0.5))] * sounds)
            apart = multiprocessing.get_context("spawn")
            over, told = apart.Event(), apart.Queue()
            attackers = apart.Process(target=attack, args=(asked_for, over, told))
            attackers.start()
            time.sleep(4)
            shown(f"during, {name}", *good(asked.seconds), memory)
            over.set()
            print(f"{'':4}the attack: {told.get()}")
            attackers.join()
            shown("after", *good(asked.seconds), memory)


if __name__ == "__main__":
    main()
