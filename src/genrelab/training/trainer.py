"""One training, from prepared data to a registered version: fit, score validation, score test once, register."""

import dataclasses
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from genrelab import plots, plugins
from genrelab.classifiers import ensemble_spec, factory, hyperparameters, keras_fit, reference
from genrelab.classifiers.base import ABOUT, FitSettings
from genrelab.classifiers.factory import Classifier, Epoch, Examples, Sliced
from genrelab.classifiers.reference import Reference
from genrelab.config import Config, MultiLabel, Training
from genrelab.console import say
from genrelab.corpus import Fold
from genrelab.features._base import JOIN, Feature
from genrelab.metrics import calibration, classification, multilabel
from genrelab.state import code, digests, locks
from genrelab.state.home import state_folder
from genrelab.tracking import ledger, registry, runs, store
from genrelab.training import model_card, prediction_table, reports
from genrelab.training.experiment_data import TrainingData, fingerprints
from genrelab.training.model_card import Card

# A version's tags besides model, split, feature and kind; the other metrics are with its run.
VERSION_METRICS = ("test_accuracy", "test_map", "test_f1", "test_precision", "test_recall")


class TrainingResult(NamedTuple):
    """A training's result: its run, the version it registered ("" if none), and its test metrics by name, 0...1."""

    run_id: str
    version: str
    metrics: dict[str, float]


def train(
    data: TrainingData,
    *,
    nested: bool = False,
    name: str = "",
    kind: str = "train",
    origin: Mapping[str, str] = MappingProxyType({}),
    fold: int | None = None,
    fitted: Path | None = None,
) -> TrainingResult:
    """Train the model, score it on the test part of its fold, and register it.

    `kind` and `origin` are tags that tell where the hyperparameters come from. With `fold`, the training is one of
    several that count together: it is not registered and has no place of its own on a leaderboard. `fitted` is the
    state of a fit of the same model with the same settings on the same clips, which the training continues.
    """
    config, parts = data.config, data.folds[fold or 0]
    tags, hp = tags_of(data, origin), data.hyperparameters()
    folder = state_folder() / "training" / key_of(data, parts)
    name = name or f"{data.model} {config.dataset} {config.task}"
    with (
        locks.exclusive_lock(folder, "this training") as state,
        runs.run(name, "train" if fold is None else "fold", config, tags, nested=nested) as run_id,
    ):
        if runs.supersede_run(state, run_id):
            say("resuming an interrupted training of this configuration")
        elif fitted:
            keras_fit.take_over(fitted, state)
        runs.log_data(config, data.feature.name, data.version)
        net = factory.build(
            data.module,
            hp,
            data.input_shape,
            len(data.corpus.classes),
            config.seed,
            data.slicing,
            multilabel=data.corpus.multilabel,
        )
        runs.log_params({"model": data.model, **hyperparameters.params(hp)})
        tags["settings"] = _settings_text(config, by_epochs=net.by_epochs)
        runs.set_tags({"settings": tags["settings"]})
        _log_architecture(net, data.model)
        train_part, valid_part = data.part(parts.train), data.part(parts.valid)
        history = fit(net, train_part, valid_part, config.training, seed=config.seed, state=state)
        _log_curves(history, f"{data.model} on {config.dataset}, {config.task}")
        thresholds = _thresholds(net, valid_part) if data.corpus.multilabel else None
        if thresholds is None:
            _calibrate(net, valid_part)
        cut_short = reports.cut_short(history, config.training, by_epochs=net.by_epochs)
        found = _score(data, parts, net, len(history), fold or 0, cut_short, thresholds)
        version = ""
        if fold is None:
            version = _register(data, parts, net, {**tags, "kind": kind}, found, cut_short, thresholds)
            say(reports.with_remark(f"registered: models:/{config.dataset}-{config.task}/{version}", cut_short))
            say(f"store: {store.address()}")
        keras_fit.forget(state)
        return TrainingResult(run_id, version, found)


def tags_of(data: TrainingData, origin: Mapping[str, str]) -> dict[str, str]:
    """Return the tags that identify a training's run."""
    config = data.config
    return {
        "model": data.model,
        "dataset": config.dataset,
        "task": config.task,
        "split": config.split,
        "feature": data.feature.name,
        "data.test": data.test_digest,
        # Each member of an ensemble has its own epochs and batches.
        "settings": _settings_text(config, by_epochs=not isinstance(data.module, ensemble_spec.Ensemble)),
        **origin,
    }


def _settings_text(config: Config, *, by_epochs: bool) -> str:
    return ", ".join(f"{name} {short(value)}" for name, value in _settings(config, by_epochs=by_epochs).items())


def _settings(config: Config, *, by_epochs: bool) -> dict[str, Any]:
    """Return what distinguishes the runs of one model at a glance: values that usually vary, and unusual ones."""
    unusual = Feature.of(config).non_default()
    training = {name: value for name, value in config.training.recipe.items() if value} if by_epochs else {}
    epochs = {"epochs": training.pop("epochs")} if "epochs" in training else {}
    slices = {f"slices.{name}": value for name, value in config.slices if config.slices.seconds and value}
    slices = {name: value for name, value in slices.items() if value != "mean"}
    return {**epochs, "seed": config.seed, **training, **slices, **unusual, **config.members, **config.hp}


def short(value: Any) -> str:
    """Return a hyperparameter as a person would write it."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def key_of(data: TrainingData, fold: Fold) -> str:
    """Return a training's key: the same command on the same data and code has the same key."""
    about = {
        "config": data.config.config_hash,
        "features": data.version.features,
        "table": data.version.table,
        "classes": data.corpus.classes,
        "fold": dataclasses.asdict(fold),
        **({"tags": data.corpus.truths()} if data.corpus.multilabel else {}),
        "model": ensemble_spec.code_digest(data.module),
        "fitting": fitting_code(),
        "hp": data.hyperparameters().values,
    }
    return digests.of_value(about)


def fitting_code() -> str:
    """Return a digest of the code that builds, fits and scores any model."""
    return code.digest(factory.__name__, keras_fit.__name__, classification.__name__, multilabel.__name__)


def fit(
    net: Classifier, train: Examples, valid: Examples, training: Training, *, seed: int, state: Path, prefix: str = ""
) -> list[Epoch]:
    """Fit; log the curves and the best epoch, with `prefix` before their names; return the epochs."""
    if net.by_epochs:
        runs.log_params({f"training.{name}": value for name, value in training.recipe.items() if value})
        runs.log_params({"precision": training.precision})  # `mlflow run` has logged training.precision as given
    history: list[Epoch] = []
    logged = runs.last_epoch(f"{prefix}train_loss")  # above 0 if the run itself is resumed

    def on_epoch(epoch: Epoch) -> None:
        history.append(epoch)
        if epoch.number <= logged:
            return
        speed = {"epoch_seconds": epoch.seconds, "clips_per_second": len(train.y) / epoch.seconds}
        found = {**epoch.metrics, **speed}
        runs.log_epoch(epoch.number, {f"{prefix}{name}": value for name, value in found.items()})

    net.fit(train, valid, FitSettings(training, seed, state, on_epoch))
    best = min(history, key=lambda epoch: epoch.metrics["valid_loss"])
    found = {
        **({"best_epoch": best.number} if net.by_epochs else {}),
        **{f"best_{name}": value for name, value in best.metrics.items() if name.startswith("valid_")},
        "train_seconds": sum(epoch.seconds for epoch in history),
    }
    if steps := sum(epoch.steps for epoch in history):
        found["optimizer_steps"] = steps
    if net.by_epochs:
        found["epochs_trained"] = sum(epoch.steps > 0 for epoch in history)
    runs.log_metrics({f"{prefix}{name}": value for name, value in found.items()})
    if words := reports.cut_short(history, training, by_epochs=net.by_epochs):
        runs.set_tags({runs.CUT_SHORT: words})
    return history


def log_size(net: Classifier) -> None:
    """Log a model's layers, and its number of parameters if known."""
    layers = net.layers()
    runs.log_table(pd.DataFrame(layers), "layers")
    if parameters := sum(layer.parameters for layer in layers):
        runs.log_metrics({"parameters": parameters})


def _log_curves(history: Sequence[Epoch], title: str) -> None:
    if len(history) > 1:
        columns = {name: [epoch.metrics[name] for epoch in history] for name in history[0].metrics}
        runs.log_picture(plots.curves(columns, title), "curves")


def _log_architecture(net: Classifier, model: str) -> None:
    log_size(net)
    rows = [plots.LayerRow(*layer) for layer in net.layers()]
    runs.log_picture(plots.architecture(rows, model), "architecture")


def _calibrate(net: Classifier, valid: Examples) -> None:
    """Fit the temperature on the validation part."""
    net.temperature = calibration.fit(valid.y, net.uncalibrated(valid.x))
    runs.log_metrics({"temperature": net.temperature})


def _thresholds(net: Classifier, valid: Examples) -> np.ndarray:
    """Return the threshold of each tag, float (tags,), chosen on the validation part."""
    return multilabel.thresholds(valid.y, net.predict_proba(valid.x))


def _score(
    data: TrainingData,
    fold: Fold,
    net: Classifier,
    epochs: int,
    number: int,
    cut_short: str,
    thresholds: np.ndarray | None,
) -> dict[str, float]:
    """Score validation, then test: once, and nowhere else in a training."""
    config, classes = data.config, data.corpus.classes
    found: dict[str, float] = {}
    for name, ids in (("valid", fold.valid), ("test", fold.test)):
        part = data.part(ids)
        before = net.uncalibrated(part.x)
        probabilities = calibration.apply(before, net.temperature)
        predicted = None if thresholds is None else (probabilities >= thresholds).astype(np.int64)
        found |= reports.metrics(name, part.y, probabilities, config, data.corpus.groups(ids), predicted=predicted)
        if predicted is None:
            found[f"{name}_ece_uncalibrated"] = classification.calibration_error(part.y, before)
        if name == "test":
            ledger.record(ledger.SCORED, data.test_part)
        say(reports.with_remark(reports.sentence(name, found), cut_short if name == "test" else ""))
        if isinstance(net, Sliced) and predicted is None:
            found |= _of_slices(name, net, part)
    valid = {name: value for name, value in found.items() if name.startswith("valid_")}
    # Ends the curve of that name: its last value would otherwise be taken for that of the kept weights.
    if thresholds is None:
        runs.log_epoch(epochs, {"valid_accuracy": valid.pop("valid_accuracy")})
    runs.log_metrics(valid)
    table = prediction_table.make(fold.test, number, part.y, probabilities, classes, predicted)
    test = {name: value for name, value in found.items() if name.startswith("test_")}
    runs.log_metrics({"predict_ms": _predict_ms(net, part.x[: factory.BATCH])})
    reports.log_test(table, test, classes, f"{data.model} on {config.dataset}, {config.task}: test clips", cut_short)
    return test


def _of_slices(name: str, net: Sliced, part: Examples) -> dict[str, float]:
    """Return and print the figures of single slices; without intervals, as slices of one clip are much alike."""
    probabilities, owner = net.of_slices(part.x)
    found = classification.scores(part.y[owner], probabilities)
    say(f"{name}, slice by slice: accuracy {100 * found['accuracy']:.1f}%, on {len(owner)} slices")
    return {f"{name}_slice_{key}": value for key, value in found.items()} | {f"{name}_slices": len(owner)}


def _window(data: TrainingData, fold: Fold) -> float:
    """Return how many seconds of sound the model classifies at a time.

    That is the feature's width; if the feature stretches sounds or has no width, the longest train clip.
    """
    if seconds := data.feature.seconds:
        return seconds
    trained = set(fold.train)
    return max(clip.seconds for clip in data.corpus.clips if clip.id in trained)


def _predict_ms(net: Classifier, batch: np.ndarray) -> float:
    """Return the milliseconds per clip of this batch; a net's first batch of a shape would take far longer."""
    start = time.perf_counter()
    net.predict_proba(batch)
    return 1000 * (time.perf_counter() - start) / len(batch)


def _reference(data: TrainingData, fold: Fold, net: Classifier) -> Reference | None:
    """Return the reference by which a saved model tells how far clips lie from its training clips."""
    train, seed, labels = np.array(fold.train), data.config.seed, data.corpus.targets(fold.train)
    if labels.ndim == 2:  # clips with the same tags form a class
        labels = np.unique(labels, axis=0, return_inverse=True)[1]
    kept = train[reference.chosen(labels, seed)]
    return Reference.of(net.embed(data.features(kept)), net.embed(data.features(fold.valid)), seed)


def _register(
    data: TrainingData,
    fold: Fold,
    net: Classifier,
    tags: dict[str, str],
    found: dict[str, float],
    cut_short: str,
    thresholds: np.ndarray | None,
) -> str:
    config, task = data.config, data.config.task_map(data.config.task)
    about = {
        "model": tags["model"],
        "dataset": config.dataset,
        "task": config.task,
        "task_map": task.model_dump() if isinstance(task, MultiLabel) else task,
        "split": config.split,
        "split_params": config.split_params(config.split)[1].model_dump(),
        "lockbox": config.lockbox,
        "feature": data.feature.name,
        "feature_params": data.feature.dump(),
        "classes": list(data.corpus.classes),
        **({} if thresholds is None else {"thresholds": thresholds.tolist()}),
        "data_table": data.version.table,
        "window_seconds": _window(data, fold),
        "checks": config.checks.model_dump(),
        "slices": config.slices.model_dump(),
        "seen": sorted(fingerprints(data.stream((*fold.train, *fold.valid)))),
        "config_hash": config.config_hash,
        "plugins": plugins.foreign(
            {
                "models": tags["model"].split(JOIN),
                "features": data.feature.kinds,
                "encoders": data.feature.encoders,
            }
        ),
    }
    with tempfile.TemporaryDirectory() as folder:
        net.save(Path(folder))
        if known := _reference(data, fold, net):
            known.save(Path(folder))
        runs.log_metrics({"model_bytes": sum(path.stat().st_size for path in Path(folder).rglob("*"))})
        (Path(folder) / ABOUT).write_text(json.dumps(about, indent=1), encoding="utf-8")
        name = f"{config.dataset}-{config.task}"
        card = model_card.render(
            Card(
                name,
                f"{reports.with_remark(reports.sentence('test', found), cut_short)}.",
                tags,
                data.corpus.classes,
                data.corpus,
                fold,
                data.version.table,
                about["window_seconds"],
                ledger.look_up(data.test_part),
            )
        )
        runs.log_text(card, registry.CARD)
        shown = {key: tags[key] for key in ("model", "split", "feature", "kind")}
        figures = {key: f"{found[key]:.4g}" for key in VERSION_METRICS if key in found}
        packages = sorted({plugin["module"].partition(".")[0] for plugin in about["plugins"]})
        return registry.register(
            Path(folder),
            name,
            data.corpus.classes,
            card,
            {**shown, **figures},
            packages,
            multilabel=data.corpus.multilabel,
        )
