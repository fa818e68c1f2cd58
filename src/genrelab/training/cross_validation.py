"""Train and score a model on every fold of a split, or with several seeds: a run with a child for each.

The run's figures are those of the pooled predictions, together with mean and spread over the children. With folds,
each clip is judged once, by a model that has not seen it; nothing is registered, as no model was trained on all clips.
With seeds, each clip is judged once per seed, and its judgements are resampled together for the intervals.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from genrelab.console import progress_bar, say
from genrelab.state import digests, locks
from genrelab.state.home import state_folder
from genrelab.tracking import ledger, runs
from genrelab.training import prediction_table, reports, tag_reports, trainer
from genrelab.training.completed import CompletedTrainings
from genrelab.training.experiment_data import TrainingData
from genrelab.training.trainer import TrainingResult

SPREAD = ("accuracy", "map", "precision", "recall", "f1")  # figures whose mean and deviation are logged
NONE: Mapping[str, str] = MappingProxyType({})


def crossvalidate(data: TrainingData, *, nested: bool = False, origin: Mapping[str, str] = NONE) -> TrainingResult:
    """Train and score the model on each fold; the run appears on the leaderboard, its folds do not."""
    k = len(data.folds)

    def on_fold(number: int) -> tuple[str, TrainingResult]:
        found = trainer.train(data, nested=True, fold=number, name=f"fold {number + 1} of {k}")
        return found.run_id, found

    keys = [trainer.key_of(data, fold) for fold in data.folds]
    return on_folds(data, keys, on_fold, origin=origin, nested=nested)


def on_folds(
    data: TrainingData,
    keys: Sequence[str],
    train: Callable[[int], tuple[str, TrainingResult]],
    *,
    origin: Mapping[str, str],
    name: str = "",
    nested: bool = False,
    conclude: Callable[[Sequence[TrainingResult]], None] = lambda trained: None,
) -> TrainingResult:
    """Call `train` for each fold, and score all results together, as a run of its own.

    Parameters:
        data: the model, and the folds, each scored once.
        keys: the key of each fold's training; the same keys resume a run that was killed.
        train: trains and scores on the fold of this number, below the active run; returns the run to keep below the
            run of all folds (the training's own, or the one it is a part of), and the training.
        origin: further tags of the run.
        name: the run's name, followed by the number of folds; by default, model, corpus and task.
        nested: whether the run lies below the active one.
        conclude: called with the trainings before the run ends.

    Returns:
        The run of all folds, no version, and the figures of the pooled predictions.
    """
    tags = {**trainer.tags_of(data, origin), "folds": str(len(data.folds))}
    return _train_all(data, keys, train, "fold", "train", tags, name=name, nested=nested, conclude=conclude)


def repeat(data: TrainingData, seeds: int, *, origin: Mapping[str, str] = NONE) -> TrainingResult:
    """Train and score the model with `seeds` seeds, counting up from `seed`; each is a training like any other."""
    config = data.config
    each = [data.derive({"seed": config.seed + i}) for i in range(seeds)]

    def with_seed(number: int) -> tuple[str, TrainingResult]:
        name = f"{data.model} {config.dataset} {config.task}, seed {config.seed + number}"
        found = trainer.train(each[number], nested=True, name=name, origin=origin)
        return found.run_id, found

    keys = [trainer.key_of(one, one.folds[0]) for one in each]
    tags = {**trainer.tags_of(data, origin), "seeds": str(seeds)}
    return _train_all(data, keys, with_seed, "seed", "seeds", tags, nested=False)


def _train_all(
    data: TrainingData,
    keys: Sequence[str],
    train: Callable[[int], tuple[str, TrainingResult]],
    what: str,
    kind: str,
    tags: Mapping[str, str],
    *,
    nested: bool,
    name: str = "",
    conclude: Callable[[Sequence[TrainingResult]], None] = lambda trained: None,
) -> TrainingResult:
    """Train once for each key, except for what an earlier, killed run has finished; pool the results."""
    config, n = data.config, len(keys)
    folder = state_folder() / "several" / digests.of_value(list(keys))
    name = f"{name or f'{data.model} {config.dataset} {config.task}'}, {n} {what}s"
    with (
        locks.exclusive_lock(folder, "this series of trainings") as state,
        runs.run(name, kind, config, tags, nested=nested) as run_id,
    ):
        runs.supersede_run(state, run_id)
        runs.log_data(config, data.feature.name, data.version)
        runs.log_params({"model": data.model, **{f"hp.{name}": value for name, value in config.hp.items()}})
        done, trained = CompletedTrainings(state / "done.json"), []
        if done.entries:
            say(f"resuming: {len(done.entries)} of {n} {what}s are done")
        with progress_bar(f"{what}s", n, what) as show:
            show(len(done.entries))
            for number in range(n):
                say(f"\n{what} {number + 1} of {n}")
                found = done.get(str(number), run_id)
                if found:
                    say(reports.sentence("test", found.metrics))
                else:
                    top, found = train(number)
                    done.put(str(number), top, found)
                    show(len(done.entries))
                trained.append(found)
        test = _pool(data, trained, what, f"{data.model} on {config.dataset}, {config.task}: {n} {what}s together")
        conclude(trained)
        done.forget()
        return TrainingResult(run_id, "", test)


def _pool(data: TrainingData, trained: Sequence[TrainingResult], what: str, title: str) -> dict[str, float]:
    """Score and log all predictions together, numbered in the column `fold`, and the spread between the trainings."""
    config, classes = data.config, data.corpus.classes
    tables = [prediction_table.read(found.run_id).assign(fold=number) for number, found in enumerate(trained)]
    table = pd.concat(tables, ignore_index=True)
    ids = list(table["clip"])
    test = reports.metrics(
        "test",
        data.corpus.targets(ids),
        table[list(classes)].to_numpy(float),
        config,
        data.corpus.groups(ids),
        table["fold"].to_numpy(),
        predicted=tag_reports.read(table, classes)[2] if data.corpus.multilabel else None,
    )
    test["test_clips"] = len(set(ids))
    spread: dict[str, float] = {}
    for figure in (name for name in SPREAD if f"test_{name}" in test):
        values = [found.metrics[f"test_{figure}"] for found in trained]
        spread |= {f"test_{figure}_mean": float(np.mean(values)), f"test_{figure}_std": float(np.std(values, ddof=1))}
    # All folds together are one scoring, recorded on this run; trainings with several seeds are one scoring each.
    if what == "fold":
        ledger.record(ledger.SCORED, data.test_part)
    else:
        ledger.note(data.test_part)
    each = [runs.metrics_of(found.run_id) for found in trained]
    spread["train_seconds"] = sum(found["train_seconds"] for found in each)
    spread |= {name: each[0][name] for name in ("parameters", "predict_ms") if name in each[0]}
    for name in ("optimizer_steps", "epochs_trained"):
        if all(name in found for found in each):
            spread[name] = float(np.mean([found[name] for found in each]))
    runs.log_metrics(spread)
    cut_short = _cut_short(trained, each, what)
    if cut_short:
        runs.set_tags({runs.CUT_SHORT: cut_short})
    reports.log_test(table, test, classes, title, cut_short)
    say(reports.with_remark(f"\nall {what}s, {reports.sentence('test', test)}", cut_short))
    name, shown = ("map", "mAP") if data.corpus.multilabel else ("accuracy", "accuracy")
    mean, deviation = 100 * spread[f"test_{name}_mean"], 100 * spread[f"test_{name}_std"]
    say(f"{shown} over the {len(trained)} {what}s: mean {mean:.1f}%, standard deviation {deviation:.1f}")
    return test


def _cut_short(trained: Sequence[TrainingResult], each: Sequence[Mapping[str, float]], what: str) -> str:
    """Describe how many of the trainings were cut short, and after how many steps; "" if none was."""
    steps = [found["optimizer_steps"] for one, found in zip(trained, each, strict=True) if runs.cut_short(one.run_id)]
    if not steps:
        return ""
    span = f"{min(steps):.0f}" if min(steps) == max(steps) else f"{min(steps):.0f} to {max(steps):.0f}"
    return f"cut short by training.minutes in {len(steps)} of {len(each)} {what}s, after {span} optimizer steps each"
