"""Seconds per clip of a training here, as a ratio to a bare Keras fit of the same net in the same run.

    python benchmarks/training.py [--models cnn,resnet,crnn] [--clips 60] [--epochs 3] [--rounds 2]

The clips are noise of the width that the model takes. Each fit has a process of its own, in turn, so that the bare one
runs as TensorFlow and Keras come: their allocator, their kernels and layers, no deterministic operations. The first
epoch, which compiles, is left out; of the others the fastest counts. Ours includes the live line and the saving of the
state after each epoch. Wall seconds depend on what else the machine does; processor seconds hardly.
"""

import argparse
import itertools
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from rows import Row

CLASSES = 10
SHAPES = {"resnet": (128, 64)}  # slices of 3 s
USUAL = (128, 660)
BATCH = 20


class Cost(NamedTuple):
    """What a clip of an epoch costs, the least over the epochs, and the process's highest memory."""

    wall: float  # seconds
    processor: float  # seconds of all cores
    megabytes: float

    def least(self, other: "Cost") -> "Cost":
        """Return the smaller of each."""
        return Cost(*(min(pair) for pair in zip(self, other, strict=True)))


def noise(model: str, clips: int):
    import numpy as np

    rng = np.random.default_rng(0)
    x = rng.normal(-40, 15, (clips, *SHAPES.get(model, USUAL))).astype(np.float32)
    return x, rng.permutation(np.arange(clips) % CLASSES)


def cost(marks: list[tuple[float, float]], clips: int) -> Cost:
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in itertools.pairwise(marks[1:])]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Cost(min(step[0] for step in steps) / clips, min(step[1] for step in steps) / clips, peak)


def now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def bare(model: str, clips: int, epochs: int) -> Cost:
    import keras  # before genrelab, which sets TensorFlow up as it likes it
    import keras_tuner
    from tensorflow.python.framework.config import disable_op_determinism

    from genrelab import plugins

    def plain(layer):
        kind = getattr(keras.layers, type(layer).__name__, None)
        return kind.from_config(layer.get_config()) if kind else type(layer).from_config(layer.get_config())

    x, y = noise(model, clips)
    ours = plugins.load("models", model).build(keras_tuner.HyperParameters(), x.shape[1:], CLASSES)
    disable_op_determinism()  # which the model's layers have enabled
    net = keras.models.clone_model(ours, clone_function=plain)
    net.compile_from_config(ours.get_compile_config())
    next(layer for layer in net.layers if isinstance(layer, keras.layers.Normalization)).adapt(x[..., None])
    marks = []
    mark = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: marks.append(now()), on_train_end=lambda logs: marks.append(now())
    )
    targets = keras.utils.to_categorical(y, CLASSES)
    few = (x[:BATCH, ..., None], targets[:BATCH])
    net.fit(x[..., None], targets, validation_data=few, batch_size=BATCH, epochs=epochs, callbacks=[mark], verbose=0)
    return cost(marks, clips)


def ours(model: str, clips: int, epochs: int) -> Cost:
    from genrelab import plugins
    from genrelab.classifiers import factory, hyperparameters
    from genrelab.classifiers.base import FitSettings
    from genrelab.config import Training

    x, y = noise(model, clips)
    module = plugins.load("models", model)
    hp = hyperparameters.choose(module, {}, x.shape[1:], CLASSES)
    net = factory.build(module, hp, x.shape[1:], CLASSES, seed=0)
    training = Training(epochs=epochs, batch_size=BATCH, early_stopping=0, restore_best=False)
    train, few = factory.Examples(x, y), factory.Examples(x[:BATCH], y[:BATCH])
    marks = [now()]
    with tempfile.TemporaryDirectory() as state:
        net.fit(train, few, FitSettings(training, 0, Path(state), lambda epoch: marks.append(now())))
    return cost(marks, clips)


def rows(models: Sequence[str], clips: int, epochs: int, rounds: int) -> Iterator[Row]:
    """Measure."""
    for model in models:
        costs: dict[str, Cost] = {}
        for _ in range(rounds):
            for name, work in (("bare", bare), ("ours", ours)):
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    found = pool.apply(work, (model, clips, epochs))
                costs[name] = costs[name].least(found) if name in costs else found
        bare_one, one = costs["bare"], costs["ours"]
        figure = (
            f"{1000 * one.wall:.1f} ms a clip ({1000 * bare_one.wall:.1f}); by processor time "
            f"{bare_one.processor / one.processor:.2f} x; peak {one.megabytes:.0f} MB ({bare_one.megabytes:.0f})"
        )
        yield Row(f"training, {model}", bare_one.wall / one.wall, "bare Keras fit", figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="cnn,resnet,crnn")
    parser.add_argument("--clips", type=int, default=60)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    for row in rows(options.models.split(","), options.clips, options.epochs, options.rounds):
        print(row, flush=True)


if __name__ == "__main__":
    main()
