"""Measure the overhead of a cluster: mel of many clips by two processes, and by two Dask workers on the same machine.

    python benchmarks/cluster.py [--clips 1000] [--rounds 3]

Clips are 30 s long, composed as in the corpus `synthetic`; a few are repeated many times. Scheduler and workers run on
loopback, so both sides have the same cores. Each side first runs once for the imports; then they alternate, so that a
busy machine slows both. The ratio is that of the medians. The script checks that both write the same bytes.
"""

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rows import Row

from genrelab.data import feature_store
from genrelab.data.feature_store import Sound
from genrelab.datasets import synthetic
from genrelab.features import mel

PARAMS = mel.Params()
COMPOSED = 40  # distinct clips


def write(sounds: list[Sound], workers: int | str) -> tuple[float, dict[str, bytes]]:
    """Compute and store the features; return the seconds and the files."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "mel.zarr")
        start = time.perf_counter()
        feature_store.write(target, sounds, "mel", PARAMS, partial=Path(folder, "partial"), workers=workers)
        seconds = time.perf_counter() - start
        return seconds, {p.relative_to(target).as_posix(): p.read_bytes() for p in target.rglob("*") if p.is_file()}


def rows(clips: int, rounds: int) -> Iterator[Row]:
    """Measure."""
    from distributed import LocalCluster

    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
    ):
        made = synthetic.Params(artists=1, clips_per_artist=COMPOSED // 10, seconds=30.0)
        paths = [clip.path for clip in synthetic.candidates(made, Path(folder), 2)]
        repeated = itertools.islice(itertools.cycle(paths), clips)
        sounds = [Sound(f"{i:06d}", path, "") for i, path in enumerate(repeated)]
        sides = {"processes": 2, "dask": cluster.scheduler_address}
        for workers in sides.values():
            write(sounds[:64], workers)
        seconds: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(rounds):
            found = []
            for name, workers in sides.items():
                spent, files = write(sounds, workers)
                seconds[name].append(spent)
                found.append(files)
            assert found[0] == found[1], "the files differ"
    processes, dask = (statistics.median(spent) for spent in seconds.values())
    figure = f"{clips / dask:.0f} clips/s ({clips / processes:.0f}), the same bytes"
    yield Row("mel, two Dask workers", processes / dask, "two processes", figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for row in rows(options.clips, options.rounds):
        print(row)


if __name__ == "__main__":
    main()
