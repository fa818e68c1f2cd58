"""A Keras fit: seeded, resumable, with early stopping and the best epoch."""

import contextlib
import functools
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from genrelab.classifiers import epoch_order, keras_fit, net_state
from genrelab.classifiers.base import FitSettings
from genrelab.classifiers.factory import Examples
from genrelab.config import Training
from genrelab.data.streamed import Streamed
from genrelab.errors import ModelError
from genrelab.layers.keras_backend import keras

layers = keras.layers


class KilledError(Exception):
    pass


def net(rate: float = 1e-2):
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((8, 6, 1)),
            layers.Normalization(axis=1),
            layers.Flatten(),
            layers.Dense(16, activation="relu"),
            layers.Dropout(0.5),
            layers.BatchNormalization(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(rate), "categorical_crossentropy", metrics=["accuracy"])
    return model


def part(n: int, seed: int) -> Examples:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    x = rng.normal(0, 1, (n, 8, 6)) * 30 - 40
    x[np.arange(n), y] += 40
    return Examples(x.astype(np.float32), y)


def stored(part: Examples, *, streamed: bool) -> Examples:
    """The same as it comes from a store with four clips a shard."""
    x = Streamed(part.x.shape, part.x.__getitem__) if streamed else part.x
    return part._replace(x=x, shards=np.arange(len(part.y)) // 4)


@functools.cache
def shared_net():
    """A net, its variables, and what they held before it was first fitted."""
    model = net()
    keras_fit._make_variables(model, 3)
    variables = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    return model, variables, [keras.ops.convert_to_numpy(variable) for variable in variables]


def as_new():
    """The shared net with every variable as it was; one that is built again is traced again, which takes half a second.

    Its traced steps hold the averages of the clips that it was first fitted on: all that fit it have the same train.
    """
    model, variables, values = shared_net()
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    return model


class Fitted(NamedTuple):
    model: Any
    weights: list[np.ndarray]
    epochs: list[tuple[int, dict[str, float]]]


def fitted(state: Path, *, model=None, die_after=None, rate=1e-2, mixup=0.0, anneal=False, rates=None, **settings):
    """Fit `model`, by default the shared one, on made-up parts, until it is done or killed."""
    model, epochs = model or as_new(), []
    model.optimizer.learning_rate = rate
    parts = part(50, 0), part(20, 1)
    if (streamed := settings.pop("streamed", None)) is not None:
        parts = tuple(stored(one, streamed=streamed) for one in parts)

    def on_epoch(epoch):
        epochs.append(epoch)
        if rates is not None:
            rates.append(float(model.optimizer.learning_rate))
        if epoch.number == die_after:
            raise KilledError

    training = Training(**{"epochs": 4, "batch_size": 7, "early_stopping": 0, "restore_best": False, **settings})
    with contextlib.suppress(KilledError):
        keras_fit.fit(
            model,
            *parts,
            FitSettings(training, 3, state, on_epoch),
            mixup=mixup,
            anneal=anneal,
        )
    return Fitted(model, model.get_weights(), [(epoch.number, epoch.metrics) for epoch in epochs])


def same(one: Fitted, other: Fitted) -> bool:
    """Whether two fits have ended with the same weights, and have reported the same."""
    return one.epochs == other.epochs and all(map(np.array_equal, one.weights, other.weights))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A fit that was not killed."""
    return fitted(tmp_path_factory.mktemp("whole"))


def test_two_fits_give_the_same_figures_and_weights(whole, tmp_path):
    assert same(fitted(tmp_path, model=net()), whole)


class Traced(layers.Layer):
    """Counts how often it is called in training, which in a graph is once for each time that the step is traced."""

    times = 0

    def call(self, x, training=False):
        Traced.times += bool(training)
        return x


def test_a_step_is_traced_once(tmp_path):
    inputs = keras.Input((8, 6, 1))
    x = layers.Flatten()(Traced()(inputs))
    counted = keras.Model(inputs, layers.Dense(3, activation="softmax")(x))
    counted.compile(keras.optimizers.Adam(), "categorical_crossentropy", metrics=["accuracy"])
    training = Training(epochs=2, batch_size=8, early_stopping=0, restore_best=False)
    Traced.times = 0
    keras_fit.fit(counted, part(16, 0), part(8, 1), FitSettings(training, 0, tmp_path))
    assert Traced.times == 1


@pytest.mark.parametrize("die_after", [1, 3])
def test_a_killed_fit_goes_on_and_ends_as_one_that_was_not_killed(whole, tmp_path, die_after):
    begun = fitted(tmp_path, die_after=die_after)
    assert len(begun.epochs) == die_after
    assert same(fitted(tmp_path, model=net()), whole)


@pytest.mark.parametrize("size", [16, 1000])  # a buffer that the clips fill several times, and one that takes them all
def test_a_streamed_fit_ends_as_one_in_memory_also_if_it_is_killed_between(tmp_path, monkeypatch, size):
    monkeypatch.setattr(epoch_order, "buffer_size", lambda shape: size)
    settings = {"epochs": 3, "mixup": 0.2, "restore_best": True}
    memory = fitted(tmp_path / "memory", streamed=False, **settings)
    assert same(fitted(tmp_path / "streamed", streamed=True, **settings), memory)
    fitted(tmp_path / "killed", die_after=1, streamed=True, **settings)
    assert same(fitted(tmp_path / "killed", streamed=True, **settings), memory)


def test_a_disk_that_fails_while_clips_are_streamed_is_told_as_that(tmp_path):
    reads = 0

    def read(rows):
        nonlocal reads
        reads += 1
        if reads > 40:
            raise OSError(5, "Input/output error")
        return x[rows]

    train, valid = stored(part(50, 0), streamed=False), part(20, 1)
    x = train.x
    training = Training(epochs=6, batch_size=7, early_stopping=0, restore_best=False)
    with pytest.raises(OSError, match="Input/output error"):
        keras_fit.fit(as_new(), train._replace(x=Streamed(x.shape, read)), valid, FitSettings(training, 3, tmp_path))
    assert list(tmp_path.glob("epoch-*.npz"))


def test_a_finished_fit_is_only_told_again(tmp_path):
    whole = fitted(tmp_path)
    assert same(fitted(tmp_path), whole)


def test_what_time_has_cut_short_says_so_also_when_it_is_told_again_and_what_is_done_does_not(tmp_path):
    def spent(state, **settings):
        epochs = []
        training = Training(**{"epochs": 3, "batch_size": 7, "early_stopping": 0, "restore_best": False, **settings})
        keras_fit.fit(as_new(), part(50, 0), part(20, 1), FitSettings(training, 3, state, epochs.append))
        return [(epoch.steps, epoch.cut_short) for epoch in epochs]

    for _ in range(2):
        assert spent(tmp_path / "cut", minutes=1e-9) == [(8, True)]
    assert spent(tmp_path / "done", minutes=1e-9, epochs=1) == [(8, False)]  # its last epoch took too long, no matter
    assert spent(tmp_path / "free") == [(8, False)] * 3


def test_early_stopping_ends_when_patience_runs_out_also_across_a_kill(tmp_path):
    settings = {"early_stopping": 2, "epochs": 60, "rate": 0.5}
    history = fitted(tmp_path / "whole", **settings).epochs
    losses = [metrics["valid_loss"] for _, metrics in history]
    assert len(history) < 60
    assert len(history) - 1 - int(np.argmin(losses)) == 2
    fitted(tmp_path / "killed", die_after=len(history) - 1, **settings)
    assert fitted(tmp_path / "killed", **settings).epochs == history


def test_the_best_epoch_can_be_restored(tmp_path):
    settings = {"epochs": 12, "rate": 1.0}
    model, _, history = fitted(tmp_path, restore_best=True, **settings)
    best = min(metrics["valid_loss"] for _, metrics in history)
    valid = part(20, 1)
    loss, _ = model.evaluate(valid.x[..., None], keras.utils.to_categorical(valid.y, 3), verbose=0)
    assert loss == pytest.approx(best, rel=1e-4)
    assert history[-1][1]["valid_loss"] > best


def test_a_state_that_is_slowly_written_is_that_of_its_epoch_and_whole_at_the_end(tmp_path, monkeypatch):
    model, weights, written, write = as_new(), [], {}, net_state.write

    def slowly(path, state):
        time.sleep(0.2)  # in which the net trains on
        written[path.name] = [np.array(array) for array in state]
        write(path, state)

    monkeypatch.setattr(net_state, "write", slowly)
    model.optimizer.learning_rate = 1e-2
    training = Training(epochs=3, batch_size=7, early_stopping=0, restore_best=True)

    def on_epoch(epoch):
        weights.append(model.get_weights())

    keras_fit.fit(model, part(50, 0), part(20, 1), FitSettings(training, 3, tmp_path, on_epoch))
    assert [*written] == [f"epoch-{number:04d}.npz" for number in (1, 2, 3)]
    for state, expected in zip(written.values(), weights, strict=True):
        for found, array in zip(state, expected, strict=False):  # the optimizer's numbers follow
            np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("number", [1, 3])
def test_a_state_that_cannot_be_written_ends_the_fit(tmp_path, monkeypatch, number):
    write = net_state.write

    def fails(path, state):
        if path.name == f"epoch-{number:04d}.npz":
            raise OSError(28, "No space left on device")
        write(path, state)

    monkeypatch.setattr(net_state, "write", fails)
    with pytest.raises(OSError, match="No space left on device"):
        fitted(tmp_path, epochs=3)


def test_normalisation_is_fitted_on_train_alone(tmp_path):
    model = fitted(tmp_path, epochs=1).model
    norm = next(layer for layer in model.layers if isinstance(layer, layers.Normalization))
    x = part(50, 0).x
    np.testing.assert_allclose(np.ravel(norm.mean), x.mean(axis=(0, 2)), rtol=1e-4)
    np.testing.assert_allclose(np.ravel(norm.variance), x.var(axis=(0, 2)), rtol=1e-3)


@pytest.mark.parametrize("axes", [(1,), (-1,), (1, 2)])
def test_means_and_variances_are_computed_without_tensorflow_too(axes):
    x = np.random.default_rng(0).normal(-60, 0.5, (9, 4, 5, 3)).astype(np.float32)
    theirs = layers.Normalization(axis=axes)
    theirs.adapt(x)
    mean, variance = keras_fit._moments(iter([x[:4], x[4:]]), axes)
    np.testing.assert_allclose(mean, np.asarray(theirs.adapt_mean), rtol=1e-6)
    np.testing.assert_allclose(variance, np.asarray(theirs.adapt_variance), rtol=1e-4)


@pytest.mark.long
def test_a_killed_fit_in_bfloat16_ends_as_one_that_was_not(whole, tmp_path):
    half = fitted(tmp_path / "whole", model=net(), precision="bfloat16")
    assert not same(half, whole)
    fitted(tmp_path / "killed", model=net(), precision="bfloat16", die_after=2)
    assert same(fitted(tmp_path / "killed", model=net(), precision="bfloat16"), half)


def test_a_fit_that_diverges_is_an_error(tmp_path):
    with pytest.raises(ModelError, match=r"diverged in epoch 1.*learning_rate"):
        fitted(tmp_path, rate=float("nan"))


def test_no_more_than_two_epochs_of_weights_are_kept(tmp_path):
    fitted(tmp_path)
    assert 1 <= len(list(tmp_path.glob("epoch-*.npz"))) <= 2


def test_mixup_mixes_clips_and_targets_alike_in_training_only():
    batches = keras_fit._Batches(part(14, 0), 3, 7, mixup=0.4)
    x, y = batches[0]
    batches.seed = [3, 0]
    mixed_x, mixed_y = batches[0]
    np.testing.assert_allclose(mixed_y.sum(axis=1), 1, atol=1e-6)
    assert ((mixed_y > 0) & (mixed_y < 1)).any()
    for clip, target in zip(mixed_x, mixed_y, strict=True):  # each is some clip's share and another's rest
        pairs = [(a, b) for a in range(7) for b in range(7)]
        ends = [(x[a] - x[b], clip - x[b], a, b) for a, b in pairs]
        shares = [((d * e).sum() / max((d * d).sum(), 1e-9), d, e, a, b) for d, e, a, b in ends]
        fits = [
            s
            for s, d, e, a, b in shares
            if np.allclose(s * d, e, atol=1e-2) and np.allclose(s * y[a] + (1 - s) * y[b], target, atol=1e-3)
        ]
        assert any(-1e-3 <= s <= 1 + 1e-3 for s in fits)
    np.testing.assert_array_equal(batches[0][0], mixed_x)
    batches.seed = [3, 1]
    assert not np.array_equal(batches[0][0], mixed_x)


def test_a_killed_fit_with_mixup_ends_as_one_that_was_not(tmp_path):
    whole = fitted(tmp_path / "whole", mixup=0.4)
    fitted(tmp_path / "killed", die_after=3, mixup=0.4)
    assert same(fitted(tmp_path / "killed", mixup=0.4), whole)


def test_an_annealed_rate_falls_from_the_first_epoch_on_towards_zero_and_an_ordinary_one_stays(tmp_path):
    annealed, ordinary = [], []
    fitted(tmp_path / "annealed", anneal=True, rates=annealed)
    fitted(tmp_path / "ordinary", rates=ordinary)
    np.testing.assert_allclose(annealed, [0.01 * np.cos(np.pi * epoch / 8) ** 2 for epoch in range(4)], rtol=1e-5)
    np.testing.assert_allclose(ordinary, 0.01, rtol=1e-6)


def test_a_killed_fit_with_an_annealed_rate_ends_as_one_that_was_not(tmp_path):
    whole = fitted(tmp_path / "whole", anneal=True)
    fitted(tmp_path / "killed", die_after=3, anneal=True)
    assert same(fitted(tmp_path / "killed", anneal=True), whole)


def test_bands_are_standardised_by_frames_that_sound(tmp_path):
    whole = part(40, 0)
    padded = whole.x.copy()
    padded[::2, :, 3:] = -80.0
    model = net()
    training = Training(epochs=1, batch_size=7, early_stopping=0, restore_best=False)
    examples = Examples(padded, whole.y)
    keras_fit.fit(model, examples, part(20, 1), FitSettings(training, seed=3, state=tmp_path))
    sounding = np.concatenate([clip[:, : 6 if i % 2 else 3] for i, clip in enumerate(padded)], axis=1)
    found = model.layers[0]
    np.testing.assert_allclose(np.ravel(found.mean), sounding.mean(axis=1), rtol=1e-4)
    np.testing.assert_allclose(np.ravel(found.variance), sounding.var(axis=1), rtol=1e-3)


def test_a_torn_history_starts_the_fit_anew_and_missing_weights_are_a_line(tmp_path, capsys):
    whole = fitted(tmp_path, epochs=2)
    (tmp_path / "history.json").write_text('[[1, {"train_lo')
    again = fitted(tmp_path, epochs=2)
    assert "history.json is damaged" in capsys.readouterr().out
    assert again.epochs == whole.epochs
    path = tmp_path / "epoch-0002.npz"
    np.savez(tmp_path / "other.npz", *(array[..., np.newaxis] for array in np.load(path).values()))  # of another net
    for content in (b"", path.read_bytes()[:-100], (tmp_path / "other.npz").read_bytes()):
        path.write_bytes(content)
        with pytest.raises(ModelError, match="is missing or damaged; remove the folder"):
            fitted(tmp_path, epochs=3)
