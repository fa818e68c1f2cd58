"""A Dask scheduler and workers, each a process of this machine."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SOURCES = Path(__file__).parents[1] / "src"


class DaskCluster(NamedTuple):
    address: str
    scheduler: subprocess.Popen
    workers: list[subprocess.Popen]


def _start(*words: str) -> subprocess.Popen:
    env = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_")}
    env |= {"PYTHONPATH": str(SOURCES), "DASK_DISTRIBUTED__DEATH_TIMEOUT": "60"}
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *words, "--no-dashboard"], env=env, stderr=subprocess.PIPE, text=True
    )


@contextlib.contextmanager
def running(folder: Path, workers: int = 2) -> Iterator[DaskCluster]:
    """Run a scheduler and so many workers, of one thread each; `folder` is for what they write."""
    started = [_start("scheduler", "--host", "127.0.0.1", "--port", "0")]
    try:
        for line in started[0].stderr:
            if "Scheduler at:" in line:
                address = line.split()[-1]
                break
        words = ("--nthreads", "1", "--no-nanny", "--local-directory", str(folder))
        started += [_start("worker", address, *words) for _ in range(workers)]
        for worker in started[1:]:
            for line in worker.stderr:
                if "Registered to:" in line:
                    break
        yield DaskCluster(address, started[0], started[1:])
    finally:
        for process in started[::-1]:
            process.kill()
            process.communicate()
