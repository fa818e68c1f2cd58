"""Train on features larger than memory: measure the speed against training in memory, and the memory it takes.

    python benchmarks/streaming.py [--clips 100000] [--frames 660] [--compare 2000] [--model cnn] [--epochs 1]
                                   [--rounds 2] [--folder DIR] [--picture FILE]

Writes a feature store of synthetic clips (128 bands, few distinct arrays, repeated) below DIR, and removes it at the
end. First trains on `--compare` of its clips, alternating between in memory and streamed, each in its own process. The
first epoch, which compiles, is left out; the fastest of the others counts. Wall seconds depend on other load; processor
seconds hardly do. Both must end with the same loss. Then reads all clips in an epoch's order without a net, and trains
on them for `--epochs`, sampling the memory of the process once a second. Validation is a hundredth of the clips, also
streamed. `--model ""` leaves the trainings out.
"""

import argparse
import contextlib
import io
import multiprocessing
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil
import zarr
from rows import Row

from genrelab.classifiers import epoch_order
from genrelab.classifiers.base import Epoch, Examples, FitSettings
from genrelab.config import Training
from genrelab.data.feature_store import COMPRESSORS, SHARD, Reader
from genrelab.data.streamed import Streamed

BANDS, CLASSES, BATCH = 128, 10, 20
DIFFERENT = 20 * SHARD  # distinct arrays, written repeatedly


class Watched(NamedTuple):
    """What a process returned, its seconds, and its memory in bytes, sampled once a second."""

    found: Any
    seconds: float
    memory: list[int]

    @property
    def peak(self) -> str:
        """The peak memory."""
        return f"{max(self.memory) / 1e9:.2f} GB"


def name(number: int) -> str:
    return f"clip{number:07d}"


def label(numbers: np.ndarray) -> np.ndarray:
    """Return class indices, one class per shard, as in a corpus stored class by class."""
    return numbers // SHARD % CLASSES


def write(path: Path, clips: int, frames: int) -> None:
    rng = np.random.default_rng(0)
    made = rng.uniform(-80, 0, (DIFFERENT, BANDS, frames)).astype(np.float32)
    for clip, one in zip(made, label(np.arange(DIFFERENT)), strict=True):
        clip[12 * one : 12 * one + 12] += 15
    shape = (BANDS, frames)
    array = zarr.create_array(
        path,
        shape=(clips, *shape),
        chunks=(1, *shape),
        shards=(SHARD, *shape),
        dtype="float32",
        compressors=COMPRESSORS,
        attributes={"clips": [name(i) for i in range(clips)]},
    )
    for start in range(0, clips, SHARD):
        some = np.arange(start, min(start + SHARD, clips))
        array[start : start + SHARD] = made[some % DIFFERENT]


def examples(path: Path, numbers: np.ndarray, *, streamed: bool) -> Examples:
    reader = Reader(path, [name(i) for i in numbers])
    x = Streamed((len(numbers), *reader.shape), reader.read)
    return Examples(x if streamed else x[:], label(numbers), shards=reader.shards)


def read(path: Path, clips: int) -> None:
    """Read an epoch without a net."""
    part = examples(path, np.arange(clips), streamed=True)
    order = epoch_order.draw(part.shards, clips, epoch_order.buffer_size(part.x.shape[1:]), [0, 0])
    for _ in epoch_order.batches(part.x, part.shards, order, BATCH):
        pass


def train(path: Path, clips: int, model: str, epochs: int, streamed: bool) -> tuple[float, float, float]:
    """Return the last training loss, and the wall and processor seconds of the fastest epochs.

    The first epoch does not count unless it is the only one.
    """
    from genrelab import plugins
    from genrelab.classifiers import factory, hyperparameters

    held = np.arange(clips) % 100 == 0
    parts = [examples(path, np.flatnonzero(which), streamed=streamed) for which in (~held, held)]
    module, shape = plugins.load("models", model), parts[0].x.shape[1:]
    net = factory.build(module, hyperparameters.choose(module, {}, shape, CLASSES), shape, CLASSES, seed=0)
    training = Training(epochs=epochs, batch_size=BATCH, early_stopping=0, restore_best=False)
    seen, processor = [], [time.process_time()]

    def on_epoch(epoch: Epoch) -> None:
        seen.append(epoch)
        processor.append(time.process_time())

    with tempfile.TemporaryDirectory() as state:
        net.fit(*parts, FitSettings(training, 0, Path(state), on_epoch))
    first = epochs > 1
    wall = min(epoch.seconds for epoch in seen[first:])
    return seen[-1].metrics["train_loss"], wall, min(np.diff(processor)[first:])


def watch(work: Any, *args: Any) -> Watched:
    """Run a function in its own process."""
    start, ended, memory = time.perf_counter(), threading.Event(), []
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        (process,) = [one for one in multiprocessing.active_children() if one.name.startswith("SpawnPoolWorker")]
        seen = psutil.Process(process.pid)

        def look() -> None:
            while not ended.wait(1):
                memory.append(seen.memory_info().rss)

        looking = threading.Thread(target=look)
        looking.start()
        try:
            found = pool.apply(work, args)
        finally:
            ended.set()
            looking.join()
    return Watched(found, time.perf_counter() - start, memory or [0])


def compare(path: Path, clips: int, model: str, rounds: int) -> tuple[float, float]:
    """Print and return the speed of streamed training relative to training in memory, by wall and by processor time."""
    costs: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    for streamed in [False, True] * rounds:
        one = watch(train, path, clips, model, 3, streamed)
        loss, wall, processor = one.found
        print(
            f"{model}, {clips} clips {'streamed ' if streamed else 'in memory'}: {wall:6.1f} s an epoch, "
            f"{processor:6.1f} s of processor, {clips / wall:5.0f} clips/s, peak {one.peak}, loss {loss:.6f}",
            flush=True,
        )
        costs[streamed].append((wall, processor))
    fastest = {streamed: np.min(found, axis=0) for streamed, found in costs.items()}
    wall, processor = fastest[False] / fastest[True]
    print(f"{model}: streamed at {wall:.2f} x the speed in memory, {processor:.2f} x by processor time", flush=True)
    return wall, processor


def rows(clips: int, rounds: int) -> Iterator[Row]:
    """Measure training `cnn` on `clips` clips of 128 x 660."""
    with tempfile.TemporaryDirectory(prefix="genrelab-streaming-") as folder:
        path = Path(folder) / "mel.zarr"
        write(path, clips, 660)
        with contextlib.redirect_stdout(io.StringIO()):
            wall, processor = compare(path, clips, "cnn", rounds)
    yield Row(
        "training, cnn, streamed", wall, "the same in memory", f"{clips} clips; by processor time {processor:.2f} x"
    )


def picture(one: Watched, title: str, file: Path) -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 3), layout="constrained")
    axes.plot([value / 1e9 for value in one.memory])
    axes.set(title=title, xlabel="seconds", ylabel="memory (GB)", ylim=(0, 3.2))
    axes.axhline(3, color="grey", linestyle=":")
    figure.savefig(file, dpi=100)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=100_000)
    parser.add_argument("--frames", type=int, default=660)
    parser.add_argument("--compare", type=int, default=2000)
    parser.add_argument("--model", default="cnn")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    here = Path(tempfile.mkdtemp(prefix="genrelab-streaming-", dir=options.folder))
    path, clips, model = here / "mel.zarr", options.clips, options.model
    size = 4 * clips * BANDS * options.frames
    print(f"{clips} clips of {BANDS} x {options.frames}, {size / 1e9:.1f} GB, on {os.cpu_count()} cores", flush=True)
    try:
        start = time.perf_counter()
        write(path, clips, options.frames)
        print(f"written at {clips / (time.perf_counter() - start):.0f} clips/s", flush=True)
        if model and options.compare:
            compare(path, options.compare, model, options.rounds)
        one = watch(read, path, clips)
        rate = f"{clips / one.seconds:.0f} clips/s, {size / 1e6 / one.seconds:.0f} MB/s"
        print(f"read alone: {one.seconds:.0f} s, {rate}, peak {one.peak}", flush=True)
        if model:
            one = watch(train, path, clips, model, options.epochs, True)
            print(f"{model}, all clips streamed, {options.epochs} epochs: {one.seconds:.0f} s, peak {one.peak}")
            tenths = [max(some) for some in np.array_split(one.memory, 10) if len(some)]
            print("memory over time (GB, the most of each tenth):", *(f"{value / 1e9:.2f}" for value in tenths))
            if options.picture:
                picture(one, f"{model} on {clips} clips of {size / 1e9:.1f} GB", options.picture)
    finally:
        shutil.rmtree(here, ignore_errors=True)


if __name__ == "__main__":
    main()
