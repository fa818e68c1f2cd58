"""Measure how the CRNN's validation accuracy depends on the averages of batch normalisation.

    python benchmarks/batchnorm.py [--epochs 8] [--mels MELS.npz]

Trains the CRNN once and validates it after each epoch with several sets of averages: moving averages with momentum 0.99
(Keras's default) and 0.9 (the model's); averages over some clips in one pass, as a fit takes them before each
validation; and averages over the whole training part, layer by layer, as a fit takes them at its end. None of them
affects the training, so all are judged on the same weights. The seconds are for the training steps, for one pass over
the largest number of clips, and for the whole part. Corpus, task and split come from params.yaml, or from MELS.npz: the
fault-filtered partition of GTZAN, in the format that benchmarks/recipes.py describes.
"""

import argparse
import time

import numpy as np
import recipes

from genrelab import config
from genrelab.classifiers import factory
from genrelab.classifiers.base import Examples
from genrelab.classifiers.batch_statistics import BatchStatistics
from genrelab.classifiers.hyperparameters import choose
from genrelab.classifiers.keras_fit import SAMPLE
from genrelab.layers.keras_backend import keras
from genrelab.plugins import load
from genrelab.training import experiment_data

MOMENTA = (0.99, 0.9)
BATCH = 20
FEW = (SAMPLE // 2, SAMPLE, 2 * SAMPLE)  # clips for averages in one pass
KINDS = (*(f"momentum {m}" for m in MOMENTA), *(f"{n} clips" for n in FEW), "all of train")


def parts(mels: str) -> tuple[Examples, Examples]:
    """Return train and valid."""
    if mels:
        x, y, _, of_train = recipes.clips(mels)
        return Examples(x[of_train], y[of_train]), Examples(x[~of_train], y[~of_train])
    found = experiment_data.load(config.load(), "crnn")
    return found.part(found.folds[0].train), found.part(found.folds[0].valid)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--mels", default="")
    options = parser.parse_args()
    train, valid = parts(options.mels)
    shape, classes, module = train.x.shape[1:], int(train.y.max()) + 1, load("models", "crnn")
    net = factory.build(module, choose(module, {}, shape, classes), shape, classes, seed=0).net
    next(layer for layer in net.layers if isinstance(layer, keras.layers.Normalization)).adapt(train.x[..., None])
    norms = [layer for layer in net.layers if isinstance(layer, keras.layers.BatchNormalization)]
    statistics = BatchStatistics(net)
    drawn = np.random.default_rng(0).permutation(len(train.y))
    # With momentum 0 a layer's averages are those of its last batch; the moving averages are computed from them.
    for norm in norms:
        norm.momentum = 0.0
    moving = {momentum: [(np.zeros(n.gamma.shape), np.ones(n.gamma.shape)) for n in norms] for momentum in MOMENTA}
    y = keras.utils.to_categorical(train.y, classes)

    def averages() -> list[tuple[np.ndarray, np.ndarray]]:
        return [(n.moving_mean.numpy(), n.moving_variance.numpy()) for n in norms]

    def batches(rows: np.ndarray) -> list[np.ndarray]:
        return [train.x[rows[i : i + BATCH]][..., None] for i in range(0, len(rows), BATCH)]

    def accuracy(values: list[tuple[np.ndarray, np.ndarray]]) -> float:
        for norm, (mean, variance) in zip(norms, values, strict=True):
            norm.moving_mean.assign(mean)
            norm.moving_variance.assign(variance)
        return float((net.predict(valid.x[..., None], batch_size=BATCH, verbose=0).argmax(axis=1) == valid.y).mean())

    print("epoch  " + "  ".join(f"{kind:>13}" for kind in KINDS) + "    steps, some, all, s", flush=True)
    for epoch in range(options.epochs):
        order, start = np.random.default_rng([0, epoch]).permutation(len(train.y)), time.perf_counter()
        for i in range(0, len(order), BATCH):
            rows = order[i : i + BATCH]
            net.train_on_batch(train.x[rows][..., None], y[rows])
            for momentum, values in moving.items():
                moving[momentum] = [
                    tuple(momentum * old + (1 - momentum) * new for old, new in zip(before, last, strict=True))
                    for before, last in zip(values, averages(), strict=True)
                ]
        stepped, found = time.perf_counter(), []
        for n in FEW:
            before = time.perf_counter()
            statistics.estimate(batches(drawn[:n]))
            found.append(averages())
            one_pass = time.perf_counter() - before
        before = time.perf_counter()
        statistics.recompute(batches(order))
        found.append(averages())
        whole = time.perf_counter() - before
        judged = [accuracy(values) for values in (*moving.values(), *found)]
        took = (stepped - start, one_pass, whole)
        print(
            f"{epoch + 1:5}  " + "  ".join(f"{a:13.2f}" for a in judged) + "  " + " ".join(f"{s:6.1f}" for s in took),
            flush=True,
        )


if __name__ == "__main__":
    main()
