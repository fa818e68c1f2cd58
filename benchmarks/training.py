"""Measure training time per clip, as a ratio to a bare Keras fit of the same net in the same run.

    python benchmarks/training.py [--models cnn,resnet,crnn] [--clips 140] [--epochs 3] [--rounds 2] [--of all]

--of cpu makes that comparison, in float32 and, on a CPU with units for it, in bfloat16; card compares a GPU with the
CPU; engines compares Keras on JAX and PyTorch, if installed, with TensorFlow, on the CPU in float32.

The clips are noise of the width that the model takes; resnet takes slices of 3 s, ten per clip, and each slice counts.
Each fit runs in its own process, in turn, so that the bare one runs TensorFlow and Keras in their default state: their
allocator, kernels and layers, no deterministic operations. The first epoch, which compiles, is left out; the fastest of
the others counts. The bare net activates before it pools, as in the thesis; the cnn here activates after pooling, which
gives the same result. Our time includes the live line, saving the state after each epoch and, before each validation,
the averages of batch normalisation over 64 clips or slices. Wall seconds depend on other load; processor seconds less.
"""

import argparse
import importlib.util
import itertools
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from memory import peak_megabytes
from rows import Row

from genrelab.state import cards, processor

CLASSES = 10
SHAPES = {"resnet": (128, 64)}  # slices of 3 s
SLICES = {"resnet": 10}  # per clip
USUAL = (128, 660)
BATCH = 20
ENGINES = {"jax": "JAX", "torch": "PyTorch"}  # backends of Keras other than TensorFlow


class Cost(NamedTuple):
    """The cost of a clip in an epoch, the minimum over the epochs, and the peak memory of the process."""

    wall: float  # seconds
    processor: float  # seconds of all cores
    megabytes: float

    def least(self, other: "Cost") -> "Cost":
        """Return the smaller value of each field."""
        return Cost(*(min(pair) for pair in zip(self, other, strict=True)))


def noise(model: str, clips: int):
    import numpy as np

    rng, n = np.random.default_rng(0), clips * SLICES.get(model, 1)
    x = rng.normal(-40, 15, (n, *SHAPES.get(model, USUAL))).astype(np.float32)
    return x, rng.permutation(np.arange(n) % CLASSES)


def cost(marks: list[tuple[float, float]], clips: int) -> Cost:
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in itertools.pairwise(marks[1:])]
    return Cost(min(step[0] for step in steps) / clips, min(step[1] for step in steps) / clips, peak_megabytes())


def now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def bare(model: str, clips: int, epochs: int) -> Cost:
    os.environ.pop("TF_CPU_ALLOCATOR_USE_BFC", None)  # genrelab set it in the parent process
    if "tensorflow" in sys.modules:
        raise RuntimeError("TensorFlow was imported before the bare fit, and set up by genrelab: it would not be bare")
    import keras  # before genrelab, which configures TensorFlow
    import keras_tuner
    from tensorflow.python.framework.config import disable_op_determinism

    from genrelab import plugins

    def plain(layer):
        kind = getattr(keras.layers, type(layer).__name__, None)
        return kind.from_config(layer.get_config()) if kind else type(layer).from_config(layer.get_config())

    def in_usual_order(layer, *args, **kwargs):
        """Activate before pooling instead of after it, which gives the same result."""
        if layer.name in pooled:
            return layer(pooled[layer.name](*args))
        return args[0] if layer.name in {activation.name for activation in pooled.values()} else layer(*args, **kwargs)

    x, y = noise(model, clips)
    ours = plugins.load("models", model).build(keras_tuner.HyperParameters(), x.shape[1:], CLASSES)
    disable_op_determinism()  # the model's layers have enabled it
    pooled = {
        pool.name: plain(activation)
        for pool, activation in itertools.pairwise(ours.layers)
        if isinstance(pool, keras.layers.MaxPooling2D) and isinstance(activation, keras.layers.Activation)
    }
    net = keras.models.clone_model(ours, clone_function=plain, call_function=in_usual_order)
    net.compile_from_config(ours.get_compile_config())
    next(layer for layer in net.layers if isinstance(layer, keras.layers.Normalization)).adapt(x[..., None])
    marks = []
    mark = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: marks.append(now()), on_train_end=lambda logs: marks.append(now())
    )
    targets = keras.utils.to_categorical(y, CLASSES)
    few = (x[:BATCH, ..., None], targets[:BATCH])
    net.fit(x[..., None], targets, validation_data=few, batch_size=BATCH, epochs=epochs, callbacks=[mark], verbose=0)
    return cost(marks, len(x))


def ours(model: str, clips: int, epochs: int, precision: str = "float32") -> Cost:
    from genrelab import plugins
    from genrelab.classifiers import factory, hyperparameters
    from genrelab.classifiers.base import FitSettings
    from genrelab.config import Training

    x, y = noise(model, clips)
    module = plugins.load("models", model)
    hp = hyperparameters.choose(module, {}, x.shape[1:], CLASSES)
    net = factory.build(module, hp, x.shape[1:], CLASSES, seed=0)
    training = Training(epochs=epochs, batch_size=BATCH, early_stopping=0, restore_best=False, precision=precision)
    train, few = factory.Examples(x, y), factory.Examples(x[:BATCH], y[:BATCH])
    marks = [now()]
    with tempfile.TemporaryDirectory() as state:
        net.fit(train, few, FitSettings(training, 0, Path(state), lambda epoch: marks.append(now())))
    return cost(marks, len(x))


def rows(models: Sequence[str], clips: int, epochs: int, rounds: int) -> Iterator[Row]:
    """Measure on the CPU: in float32, and in bfloat16 if the CPU has units for it."""
    for model in models:
        kinds = {"bare": (bare, model), "float32": (on_cpu, model, "float32")}
        if processor.precision() == "bfloat16":
            kinds["bfloat16"] = (on_cpu, model, "bfloat16")
        bare_one, *found = least(rounds, kinds, clips, epochs).values()
        for name, one in zip(("", ", bfloat16"), found, strict=False):
            figure = (
                f"{1000 * one.wall:.1f} ms a clip or slice ({1000 * bare_one.wall:.1f}); by processor time "
                f"{bare_one.processor / one.processor:.2f} x; peak {one.megabytes:.0f} MB ({bare_one.megabytes:.0f})"
            )
            yield Row(f"training, {model}{name}", bare_one.wall / one.wall, "bare Keras fit", figure)


def on_cpu(model: str, clips: int, epochs: int, precision: str) -> Cost:
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    return ours(model, clips, epochs, precision)


def least(rounds: int, kinds: dict[str, tuple], *size: int) -> dict[str, Cost]:
    """Return the minimum cost of each kind of training (function, model, precision or backend); kinds alternate."""
    costs: dict[str, Cost] = {}
    for _, (name, (work, model, *other)) in itertools.product(range(rounds), kinds.items()):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found = pool.apply(work, (model, *size, *other))
        costs[name] = costs[name].least(found) if name in costs else found
    return costs


def card_rows(models: Sequence[str], clips: int, epochs: int, rounds: int) -> Iterator[Row]:
    """Measure a GPU against the CPU; without a GPU, print a line that says so."""
    if not cards.visible():
        print("training on a card: left out, as no card is visible", flush=True)
        return
    for model in models:
        kinds = {"cpu": (on_cpu, model, "float32")}
        kinds |= {name: (ours, model, name) for name in ("float32", "bfloat16")}
        cpu, *found = least(rounds, kinds, clips, epochs).values()
        for name, cost in zip(("float32", "bfloat16"), found, strict=True):
            figure = f"{1000 * cost.wall:.2f} ms a clip ({1000 * cpu.wall:.1f})"
            yield Row(f"training, {model}, card, {name}", cpu.wall / cost.wall, "CPU, float32", figure)


def on_engine(model: str, clips: int, epochs: int, engine: str) -> Cost:
    os.environ["KERAS_BACKEND"] = engine
    return on_cpu(model, clips, epochs, "float32")


def engine_rows(models: Sequence[str], clips: int, epochs: int, rounds: int) -> Iterator[Row]:
    """Measure the other backends of Keras against TensorFlow; print which are left out."""
    there = [name for name in ENGINES if importlib.util.find_spec(name)]
    for name in ENGINES:
        if name not in there:
            print(f"training with {ENGINES[name]}: left out, as it is not installed", flush=True)
    for model in models if there else []:
        costs = least(rounds, {name: (on_engine, model, name) for name in ("tensorflow", *there)}, clips, epochs)
        usual = costs.pop("tensorflow")
        for name, cost in costs.items():
            figure = (
                f"{1000 * cost.wall:.1f} ms a clip or slice ({1000 * usual.wall:.1f}); "
                f"peak {cost.megabytes:.0f} MB ({usual.megabytes:.0f})"
            )
            yield Row(f"training, {model}, {ENGINES[name]}", usual.wall / cost.wall, "TensorFlow", figure)


KINDS = {"cpu": rows, "card": card_rows, "engines": engine_rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="cnn,resnet,crnn")
    parser.add_argument("--clips", type=int, default=140)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--of", choices=["all", *KINDS], default="all")
    options = parser.parse_args()
    for name in KINDS if options.of == "all" else [options.of]:
        for row in KINDS[name](options.models.split(","), options.clips, options.epochs, options.rounds):
            print(row, flush=True)


if __name__ == "__main__":
    main()
