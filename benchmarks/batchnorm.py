"""What the CRNN's validation accuracy owes to the moving averages of batch normalisation.

    python benchmarks/batchnorm.py [--epochs 8]

Trains the CRNN once and judges it after each epoch with three sets of averages: moving ones of momentum 0.99 (Keras's
default) and of 0.9 (the model's), and those of the whole training part, computed anew. The momentum does not touch
the training itself, so all three judge the same weights. Corpus, task and split are those of params.yaml.
"""

import argparse

import numpy as np

from genrelab import config
from genrelab.classifiers import factory
from genrelab.classifiers.batch_statistics import BatchStatistics
from genrelab.layers.keras_backend import keras
from genrelab.training import experiment_data

MOMENTA = (0.99, 0.9)
BATCH = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=8)
    options = parser.parse_args()
    found = experiment_data.load(config.load(), "crnn")
    fold, classes = found.folds[0], len(found.corpus.classes)
    train, valid = found.part(fold.train), found.part(fold.valid)
    net = factory.build(found.module, found.hyperparameters(), found.input_shape, classes, seed=0).net
    next(layer for layer in net.layers if isinstance(layer, keras.layers.Normalization)).adapt(train.x[..., None])
    norms = [layer for layer in net.layers if isinstance(layer, keras.layers.BatchNormalization)]
    statistics = BatchStatistics(net)
    # With momentum 0 a layer's averages are those of its last batch, from which any moving average follows.
    for norm in norms:
        norm.momentum = 0.0
    moving = {momentum: [(np.zeros(n.gamma.shape), np.ones(n.gamma.shape)) for n in norms] for momentum in MOMENTA}
    y = keras.utils.to_categorical(train.y, classes)

    def averages() -> list[tuple[np.ndarray, np.ndarray]]:
        return [(n.moving_mean.numpy(), n.moving_variance.numpy()) for n in norms]

    def accuracy(values: list[tuple[np.ndarray, np.ndarray]]) -> float:
        for norm, (mean, variance) in zip(norms, values, strict=True):
            norm.moving_mean.assign(mean)
            norm.moving_variance.assign(variance)
        return float((net.predict(valid.x[..., None], batch_size=BATCH, verbose=0).argmax(axis=1) == valid.y).mean())

    print("epoch  " + "  ".join(f"momentum {m}" for m in MOMENTA) + "  whole training part")
    for epoch in range(options.epochs):
        order = np.random.default_rng([0, epoch]).permutation(len(train.y))
        batches = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
        for rows in batches:
            net.train_on_batch(train.x[rows][..., None], y[rows])
            for momentum, values in moving.items():
                moving[momentum] = [
                    tuple(momentum * old + (1 - momentum) * new for old, new in zip(before, last, strict=True))
                    for before, last in zip(values, averages(), strict=True)
                ]
        statistics.recompute([train.x[rows][..., None] for rows in batches])
        mean = averages()
        judged = [accuracy(values) for values in (*moving.values(), mean)]
        print(f"{epoch + 1:5}  " + "  ".join(f"{a:13.2f}" for a in judged), flush=True)


if __name__ == "__main__":
    main()
