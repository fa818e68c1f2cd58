"""Fit Keras nets: seeded batches, a live line per epoch, and a checkpoint from which a killed fit resumes.

After each epoch, the weights, the optimizer's state and the history go to disk while the next epoch begins. What
follows depends only on these, the seed and the epoch number, so a fit that was killed and resumed ends like one that
was not.
"""

import math
import shutil
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from genrelab.classifiers import epoch_order, net_state
from genrelab.classifiers.base import Epoch, Examples, FitSettings
from genrelab.classifiers.batch_statistics import BatchStatistics
from genrelab.console import say
from genrelab.data.streamed import Array, Streamed, in_batches
from genrelab.errors import DataError, ModelError
from genrelab.features._width import sounding_lengths
from genrelab.layers import precision
from genrelab.layers.keras_backend import keras
from genrelab.state import damage, files, folders

# Clips for the batch normalisation averages before each validation; after the last epoch, all of train is used.
SAMPLE = 64
HISTORY = "history.json"
METRICS = {
    "loss": "train_loss",
    "accuracy": "train_accuracy",
    "pr_auc": "train_pr_auc",
    "val_loss": "valid_loss",
    "val_accuracy": "valid_accuracy",
    "val_pr_auc": "valid_pr_auc",
}


def fit(
    net: Any,
    train: Examples,
    valid: Examples,
    how: FitSettings,
    *,
    mixup: float = 0.0,
    anneal: bool = False,
) -> None:
    """Fit a compiled net; call `how.on_epoch` for each epoch, first for those saved in `how.state`.

    `mixup` is the parameter of the Beta distribution for mixing clips (Zhang et al. 2018); 0: no mixing.
    With `anneal`, the learning rate falls from epoch to epoch along half a cosine that reaches 0 after the last
    (Loshchilov & Hutter 2017, without their restarts).
    """
    training, n_classes = how.training, net.output_shape[-1]
    precision.apply(net, training.precision)
    batches = _Batches(train, n_classes, training.batch_size, mixup)
    for layer in net.layers:
        if isinstance(layer, keras.layers.Normalization):
            _standardise(layer, _sounding(batches))
    _make_variables(net, n_classes)
    progress = _Progress(net, how, batches, anneal)
    if not progress.finished:
        watched = _Batches(valid, n_classes, training.batch_size)
        try:
            net.fit(
                batches,
                shuffle=False,  # `progress` shuffles, in a way that a resumed fit repeats
                validation_data=watched,
                initial_epoch=len(progress.history),
                epochs=training.epochs,
                callbacks=[progress],
                verbose=0,
            )
        except Exception:
            if failed := batches.failed or watched.failed:  # the backend has wrapped it in an error of its own
                raise failed from None
            raise
        finally:
            progress.end_writing()
    if training.restore_best:
        net_state.load(net, progress.weights(progress.best))
    progress.statistics.recompute(_Inputs(train.x, training.batch_size))


def _standardise(layer: Any, batches: Iterator[np.ndarray]) -> None:
    """Set a layer's mean and variance of each row, batch by batch, without a copy of the whole part."""
    if keras.backend.backend() == "tensorflow":
        layer.adapt(batches)
        return
    # Keras's own `adapt` checks for TensorFlow types, and TensorFlow need not be installed.
    mean, variance = _moments(batches, layer.axis)
    layer.adapt_mean.assign(mean)
    layer.adapt_variance.assign(variance)
    layer.finalize_state()


def _moments(batches: Iterator[np.ndarray], axes: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance over all axes but `axes`, float32, computed in float64."""
    count, first, second = 0, np.zeros(()), np.zeros(())
    for x in batches:
        others = tuple({*range(x.ndim)} - {axis % x.ndim for axis in axes})
        count += math.prod(x.shape[i] for i in others)
        first = first + x.sum(axis=others, dtype=np.float64)
        second = second + np.square(x, dtype=np.float64).sum(axis=others)
    mean = first / count
    return mean.astype(np.float32), (second / count - np.square(mean)).astype(np.float32)


def _make_variables(net: Any, n_classes: int) -> None:
    """Create the variables of optimizer, loss and metrics: a step that creates them itself is traced twice."""
    net.optimizer.build(net.trainable_variables)
    some = np.eye(n_classes, dtype=np.float32)
    net.compute_loss(y=some, y_pred=some)
    net.compute_metrics(None, some, some)
    net.reset_metrics()


class _Inputs:
    """Features (clips, *shape) in batches of inputs; can be iterated repeatedly."""

    def __init__(self, x: Array, size: int) -> None:
        self.x, self.size = x, size

    def __iter__(self) -> Iterator[np.ndarray]:
        return (batch[..., np.newaxis] for batch in in_batches(self.x, self.size))


def _sounding(batches: "_Batches") -> Iterator[np.ndarray]:
    """Yield the values to standardise, batch by batch: spectrograms end to end without the padding after each."""
    for i in range(len(batches)):
        x, _ = batches[i]
        if x.ndim == 4:  # (clips, rows, frames, 1)
            lengths = sounding_lengths(x[..., 0])
            x = np.concatenate([clip[:, :length] for clip, length in zip(x, lengths, strict=True)], axis=1)[np.newaxis]
        yield x


class _Batches(keras.utils.PyDataset):
    """Clips in batches, in the order of `order`: as given until they are shuffled.

    With `mixup`, while `seed` is set, each clip and its target are mixed with another of its batch.
    """

    def __init__(self, part: Examples, n_classes: int, size: int, mixup: float = 0.0) -> None:
        super().__init__()
        self.part, self.n_classes, self.size, self.mixup = part, n_classes, size, mixup
        self.order = np.arange(len(part.y))
        self.seed: list[int] = []
        self._stream: Iterator[np.ndarray] | None = None  # the inputs of an epoch that does not fit into memory
        self._next = 0  # the next batch in it
        self.failed: OSError | DataError | None = None  # why a batch could not be read

    def shuffle(self, seed: list[int]) -> None:
        """Take the epoch's order, as drawn with `seed`."""
        part = self.part
        drawn = epoch_order.draw(part.shards, len(part.y), epoch_order.buffer_size(part.x.shape[1:]), seed)
        self.order, self.seed = drawn.rows, seed
        if isinstance(part.x, Streamed) and part.shards is not None:
            self._stream, self._next = epoch_order.batches(part.x, part.shards, drawn, self.size), 0

    def __len__(self) -> int:
        return -(-len(self.part.y) // self.size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self.order[index * self.size : (index + 1) * self.size]
        x, y = self._inputs(index, rows)[..., np.newaxis], self._targets(rows)
        if not (self.mixup and self.seed):
            return x, y
        rng = np.random.default_rng([*self.seed, index])
        others, share = rng.permutation(len(rows)), rng.beta(self.mixup, self.mixup, len(rows)).astype(np.float32)
        return _between(x, x[others], share), _between(y, y[others], share)

    def _targets(self, rows: np.ndarray) -> np.ndarray:
        y = self.part.y[rows]
        return y.astype(np.float32) if y.ndim == 2 else keras.utils.to_categorical(y, self.n_classes)

    def _inputs(self, index: int, rows: np.ndarray) -> np.ndarray:
        try:
            if self._stream is None or index != self._next:  # Keras reads the first batches before an epoch begins
                return self.part.x[rows]
            self._next += 1
            return next(self._stream)
        except (OSError, DataError) as error:
            self.failed = error
            raise


def _between(these: np.ndarray, others: np.ndarray, share: np.ndarray) -> np.ndarray:
    share = share.reshape(-1, *[1] * (these.ndim - 1))
    return share * these + (1 - share) * others


class _Progress(keras.callbacks.Callback):
    """Shows, reports and saves the fit and, if asked, ends it early."""

    def __init__(self, net: Any, how: FitSettings, batches: _Batches, anneal: bool) -> None:
        super().__init__()
        self.batches = batches
        self.training, self.seed, self.state, self.on_epoch = how
        self.statistics = BatchStatistics(net)
        some = np.sort(np.random.default_rng(how.seed).permutation(len(batches.order))[:SAMPLE])
        self.sample = _Inputs(batches.part.x[some], how.training.batch_size)
        self.clips, self.unit = len(batches.order), batches.part.unit
        # Checkpoints store the learning rate of their epoch, so keep the one the net was compiled with.
        self.rate = float(net.optimizer.learning_rate) if anneal else None
        self.file = how.state / HISTORY
        how.state.mkdir(parents=True, exist_ok=True)
        self.history: list[Epoch] = []
        if saved := damage.read_json_or([], self.file):
            self.history = [Epoch(*epoch) for epoch in saved]
            weights = self.weights(len(self.history))
            try:
                net_state.load(net, weights)
            except DataError:
                raise ModelError(
                    f"{weights} is missing or damaged; remove the folder {how.state} to start the training over"
                ) from None
        self.writer = ThreadPoolExecutor(1, "state")
        self.writing: Future[None] | None = None
        for epoch in self.history:
            how.on_epoch(epoch)

    @property
    def best(self) -> int:
        """Number of the epoch with the lowest validation loss, from 1."""
        return min(self.history, key=lambda epoch: epoch.metrics["valid_loss"]).number

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to do, or no time left to do it."""
        return self._done or self._late

    @property
    def _done(self) -> bool:
        """Whether the epochs are done, or early stopping has run out of patience."""
        patience = self.training.early_stopping
        enough = bool(patience and self.history and len(self.history) - self.best >= patience)
        return enough or len(self.history) >= self.training.epochs

    @property
    def _late(self) -> bool:
        """Whether the time limit for training has been reached."""
        limit = 60 * self.training.minutes
        return bool(limit) and sum(epoch.seconds for epoch in self.history) >= limit

    def weights(self, epoch: int) -> Path:
        """Return the file of the weights at the end of an epoch."""
        return self.state / f"epoch-{epoch:04d}.npz"

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.batches.shuffle([self.seed, epoch])
        if self.rate is not None:
            self.model.optimizer.learning_rate = self.rate * (1 + math.cos(math.pi * epoch / self.training.epochs)) / 2
        # Checkpoints do not hold the states of random layers (dropout), so set them from the seed for each epoch.
        states = [variable for variable in self.model.variables if variable.path.endswith("seed_generator_state")]
        for i, state in enumerate(states):
            state.assign(np.random.default_rng([self.seed, epoch, i]).integers(0, 2**32, 2, dtype=np.uint32))
        self.start = time.perf_counter()
        self.bar = tqdm(
            total=self.clips,
            desc=f"epoch {epoch + 1:>3}/{self.training.epochs}",
            unit=self.unit,
            leave=False,
            disable=not sys.stderr.isatty(),  # a log file gets only the finished line of each epoch
        )

    def on_test_begin(self, logs: Any = None) -> None:
        self.statistics.estimate(self.sample)  # else figures that lag behind the weights would decide the best epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.bar.update(min(self.training.batch_size, self.clips - self.bar.n))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        metrics = {METRICS[name]: float(value) for name, value in logs.items() if name in METRICS}
        self.bar.close()
        if not np.isfinite([*metrics.values()]).all():
            raise ModelError(f"the training diverged in epoch {epoch + 1} ({metrics}); try a smaller hp.learning_rate")
        done = Epoch(epoch + 1, metrics, time.perf_counter() - self.start, len(self.batches))
        shown = "accuracy" if "train_accuracy" in metrics else "pr_auc"
        say(
            f"epoch {done.number:>3}/{self.training.epochs}: "
            f"{done.seconds:5.1f} s, {self.clips / done.seconds:.0f} {self.unit}s/s, "
            f"loss {metrics['train_loss']:.3f}, {shown} {metrics[f'train_{shown}']:.3f}, "
            f"valid_loss {metrics['valid_loss']:.3f}, valid_{shown} {metrics[f'valid_{shown}']:.3f}",
        )
        self.history.append(done)
        if self._late and not self._done:
            say(f"stopped: reached training.minutes = {self.training.minutes:.3g}")
            self.history[-1] = done = done._replace(cut_short=True)
        self._save()
        self.on_epoch(done)
        if self.finished:
            self.model.stop_training = True

    def _save(self) -> None:
        """Have a thread write the state; raises what stopped it from writing the previous one."""
        if self.writing:
            self.writing.result()
        latest, best = self.weights(len(self.history)), self.weights(self.best)
        self.writing = self.writer.submit(self._write, net_state.of(self.model), [*self.history], latest, best)

    def _write(self, state: list[np.ndarray], history: list[Epoch], latest: Path, best: Path) -> None:
        """Write the weights first, then the history that names them: a kill between the two costs one epoch."""
        net_state.write(latest, state)
        files.write_json(self.file, history)
        for old in self.state.glob("epoch-*.npz"):
            if old not in (latest, best):
                old.unlink()

    def end_writing(self) -> None:
        """Wait until the last state is on disk."""
        self.writer.shutdown()
        if self.writing:
            self.writing.result()


def take_over(fitted: Path, state: Path) -> None:
    """Copy the state of a fit and of any fits within it; a history, which names weights, after all weights."""
    for path in sorted(filter(Path.is_file, fitted.rglob("*")), key=lambda path: path.name == HISTORY):
        target = state / path.relative_to(fitted)
        target.parent.mkdir(parents=True, exist_ok=True)
        with files.replacing(target) as partial:
            shutil.copyfile(path, partial)


def forget(state: Path) -> None:
    """Discard the state of a fit that is complete and recorded elsewhere."""
    folders.discard(state)
