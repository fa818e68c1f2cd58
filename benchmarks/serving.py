"""What good requests to a server wait beside hostile ones: latencies before, during and after an attack, and memory.

    MLFLOW_TRACKING_URI=sqlite:///mlflow.db python benchmarks/serving.py models:/synthetic-genre/1

The attacks, each by six clients at once, again and again: `refused` sends 32 FLACs of constant value, ten minutes
each, which is more sound than a request may hold; `worked on` as many of them as it may.
"""

import argparse
import base64
import contextlib
import io
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter

import numpy as np
import psutil
import requests
import soundfile

CLIENTS = 6
RATE = 22_050  # Hz
MINUTES = 10
ATTACKS = {"refused": 32, "worked on": 6}  # sounds a request
PORT = 5077
URL = f"http://127.0.0.1:{PORT}"


def body(sounds: list[bytes]) -> dict:
    """Return the request for some sounds."""
    return {"dataframe_records": [{"audio": base64.b64encode(sound).decode()} for sound in sounds]}


def flac(samples: np.ndarray) -> bytes:
    """Return samples as a FLAC file."""
    stream = io.BytesIO()
    soundfile.write(stream, samples, RATE, format="FLAC")
    return stream.getvalue()


class Memory(threading.Thread):
    """Watches how much memory the server's process takes: its largest size in bytes."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.process, self.peak = psutil.Process(pid), 0

    def run(self) -> None:
        """Look ten times a second, as long as the process lives."""
        with contextlib.suppress(psutil.NoSuchProcess):
            while True:
                self.peak = max(self.peak, self.process.memory_info().rss)
                time.sleep(0.1)


def good(seconds: float) -> tuple[list[float], Counter[int]]:
    """Ask for the genre of a clip of 30 s again and again; return latencies of answers, and how often which status."""
    noise = np.random.default_rng(0).normal(0, 0.1, 30 * RATE)
    asked, waited, statuses = body([flac(noise)]), [], Counter[int]()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.monotonic()
        status = requests.post(f"{URL}/invocations", json=asked, timeout=120).status_code
        statuses[status] += 1
        if status == 200:
            waited.append(time.monotonic() - start)
    return waited, statuses


def attack(sounds: int, over: threading.Event, statuses: Counter[int]) -> None:
    """Send hostile requests until it is over."""
    asked = body([flac(np.full(MINUTES * 60 * RATE, 0.5))] * sounds)
    while not over.is_set():
        statuses[requests.post(f"{URL}/invocations", json=asked, timeout=120).status_code] += 1


def shown(name: str, waited: list[float], statuses: Counter[int], memory: Memory) -> None:
    """Print a line."""
    middle = f"{1000 * statistics.median(waited):6.0f}" if waited else "     -"
    worst = f"{1000 * max(waited):6.0f}" if waited else "     -"
    print(f"{name:28} median {middle} ms, worst {worst} ms, {dict(statuses)}, peak {memory.peak / 2**20:5.0f} MiB")


def main() -> None:
    """Serve the model, and measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model_uri")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each phase")
    asked = parser.parse_args()
    server = subprocess.Popen(
        [sys.executable, "-m", "genrelab.inference.server", asked.model_uri, "--port", str(PORT)],
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(240):
            try:
                if requests.get(f"{URL}/health", timeout=1).ok:
                    break
            except requests.ConnectionError:
                time.sleep(0.5)
        memory = Memory(server.pid)
        memory.start()
        good(3)  # the first answers take longer
        shown("before", *good(asked.seconds), memory)
        for name, sounds in ATTACKS.items():
            over, statuses = threading.Event(), Counter[int]()
            clients = [threading.Thread(target=attack, args=(sounds, over, statuses)) for _ in range(CLIENTS)]
            for client in clients:
                client.start()
            time.sleep(2)
            shown(f"during, {name}", *good(asked.seconds), memory)
            over.set()
            for client in clients:
                client.join()
            print(f"{'':4}the attack: {dict(statuses)}")
            shown("after", *good(asked.seconds), memory)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
