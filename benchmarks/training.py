"""Seconds per clip of a training here, as a ratio to a bare Keras fit of the same net in the same run.

    python benchmarks/training.py [--model cnn] [--epochs 6] [--rounds 2]

Train and validation parts of the corpus that params.yaml names. Each fit has a process of its own, so that the bare
one runs as Keras comes: no deterministic operations, its own shuffling. The first epoch, which compiles, is left out;
of the others the fastest counts. Ours includes the live line and the saving of the state after each epoch.
"""

import argparse
import itertools
import multiprocessing
import tempfile
import time
from pathlib import Path


def prepared(epochs: int):
    from genrelab import config
    from genrelab.training import experiment_data

    found = experiment_data.load(config.load(overrides={"epochs": str(epochs)}))
    fold = found.folds[0]
    return found, found.part(fold.train), found.part(fold.valid)


def fastest(marks: list[float]) -> float:
    return min(b - a for a, b in itertools.pairwise(marks[1:]))


def bare(model: str, epochs: int) -> float:
    import keras
    import keras_tuner

    from genrelab import plugins

    found, train, valid = prepared(epochs)
    classes = len(found.corpus.classes)
    net = plugins.load("models", model).build(keras_tuner.HyperParameters(), found.input_shape, classes)
    next(layer for layer in net.layers if isinstance(layer, keras.layers.Normalization)).adapt(train.x[..., None])
    marks: list[float] = []
    mark = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: marks.append(time.perf_counter()),
        on_train_end=lambda logs: marks.append(time.perf_counter()),
    )
    net.fit(
        train.x[..., None],
        keras.utils.to_categorical(train.y, classes),
        validation_data=(valid.x[..., None], keras.utils.to_categorical(valid.y, classes)),
        batch_size=found.config.training.batch_size,
        epochs=epochs,
        callbacks=[mark],
        verbose=0,
    )
    return fastest(marks) / len(train.y)


def ours(model: str, epochs: int) -> float:
    from genrelab.classifiers import factory, hyperparameters
    from genrelab.training import experiment_data

    found, train, valid = prepared(epochs)
    classes = len(found.corpus.classes)
    module = experiment_data.model(model, found.feature)
    hp = hyperparameters.choose(module, {}, found.input_shape, classes)
    net = factory.build(module, hp, found.input_shape, classes, seed=0)
    marks: list[float] = []

    def mark(epoch: factory.Epoch) -> None:
        marks.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as state:
        marks.append(time.perf_counter())
        net.fit(train, valid, training=found.config.training, seed=0, state=Path(state), on_epoch=mark)
    return fastest(marks) / len(train.y)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="cnn")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    best = {"bare Keras": float("inf"), "genrelab": float("inf")}
    for _ in range(options.rounds):
        for name, work in (("bare Keras", bare), ("genrelab", ours)):
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                best[name] = min(best[name], pool.apply(work, (options.model, options.epochs)))
    for name, value in best.items():
        print(f"{name:12} {1000 * value:7.1f} ms a clip   {value / best['bare Keras']:5.3f} x bare")


if __name__ == "__main__":
    main()
