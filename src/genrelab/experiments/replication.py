"""Run the thesis's experiments on a corpus as children of one run, and show its tables 1-5 next to ours."""

import io
from collections.abc import Sequence

import pandas as pd

from genrelab import plots
from genrelab.config import MODEL_DEFAULTS, Config
from genrelab.console import say
from genrelab.corpus import from_csv
from genrelab.errors import ConfigError
from genrelab.evaluation import thesis_results
from genrelab.experiments import replication_html, replication_report
from genrelab.experiments.replication_report import Ours, ReplicationSettings
from genrelab.state import digests, files, locks
from genrelab.state.home import home, state_folder
from genrelab.tracking import runs
from genrelab.training import prediction_table, trainer
from genrelab.training.completed import CompletedTrainings
from genrelab.training.experiment_data import TrainingData, in_one_fold, load
from genrelab.training.trainer import TrainingResult
from genrelab.tuning import search

MODELS = ("cnn", "crnn")
FAST_EPOCHS, FAST_TRIALS = 1, 2  # of the fast version, at most


def replicate(config: Config, *, fast: bool) -> pd.DataFrame:
    """Run the thesis's experiments, resuming after the last finished one; print and log the results."""
    if config.hp:
        raise ConfigError(f"replicate sets the hyperparameters itself; leave out hp.{next(iter(config.hp))}")
    config = _as_asked(config, fast=fast)
    data = {
        (task, model): in_one_fold(load(config.derive({"task": task}), model), "replicate")
        for task in ("genre", "style")
        for model in MODELS
    }
    one = data["genre", MODELS[0]]
    folder = state_folder() / "replicate" / _key([data["genre", model] for model in MODELS])
    name = f"replicate {config.dataset}{' fast' if fast else ''}"
    with (
        locks.exclusive_lock(folder, "this replication") as state,
        runs.run(name, "replicate", config, {"dataset": config.dataset, "split": config.split}) as run_id,
    ):
        runs.log_data(config, config.feature, one.version)
        runs.supersede_run(state, run_id)
        done = CompletedTrainings(state / "done.json")
        ours: dict[tuple[str, str], Ours] = {}
        plan = [(experiment, model) for experiment in thesis_results.EXPERIMENTS for model in MODELS]
        for number, (experiment, model) in enumerate(plan, start=1):
            what = f"experiment {number} of {len(plan)}: {experiment}, {model}"
            trained = done.get(f"{experiment} {model}", run_id)
            if trained:
                say(f"\n{what}: already done")
            else:
                say(f"\n{what}")
                top, trained = _run(data[thesis_results.EXPERIMENTS[experiment].task, model], experiment)
                done.put(f"{experiment} {model}", top, trained)
            ours[experiment, model] = _ours(trained)
            _log_confusion(trained, experiment, model)
        return _report(ours, _settings(one, fast=fast))


def _as_asked(config: Config, *, fast: bool) -> Config:
    as_in_thesis = {key: MODEL_DEFAULTS[key] for key in config.left_to_model if key != "feature"}
    config = config.derive({"tuning.refit": True, **as_in_thesis})
    if not fast:
        return config
    trials, epochs = min(FAST_TRIALS, config.tuning.trials), min(FAST_EPOCHS, config.training.epochs)
    return config.derive({"tuning.trials": trials, "training.epochs": epochs})


def _key(each: Sequence[TrainingData]) -> str:
    """Return the key of a replication: the same for the same data, settings and code of both models."""
    trainings = [trainer.key_of(data, data.folds[0]) for data in each]
    about = [trainings, each[0].config.tuning.model_dump(), each[0].version.table]
    return digests.of_value(about)


def _run(data: TrainingData, experiment: str) -> tuple[str, TrainingResult]:
    """Train with the defaults, or search and train the winner; return the top run and the training scored on test."""
    space = thesis_results.EXPERIMENTS[experiment].space
    if not space:
        trained = trainer.train(data, nested=True, origin={"experiment": experiment})
        return trained.run_id, trained
    found = search.tune(data.derive({"tuning.space": space}), nested=True)
    assert found.winner is not None  # `_as_asked` asks for it
    return found.run_id, found.winner


def _ours(trained: TrainingResult) -> Ours:
    found, table = trained.metrics, prediction_table.read(trained.run_id)
    right = table.true[table.true == table.predicted].value_counts()
    of = table.true.value_counts().sort_index()
    return Ours(
        accuracy=found["test_accuracy"],
        low=found["test_accuracy_low"],
        high=found["test_accuracy_high"],
        precision=found["test_precision"],
        recall=found["test_recall"],
        f1=found["test_f1"],
        clips=len(table),
        right={name: int(right.get(name, 0)) for name in of.index},
        of={name: int(count) for name, count in of.items()},
        run=trained.run_id,
    )


def _log_confusion(trained: TrainingResult, experiment: str, model: str) -> None:
    text = io.StringIO(runs.read_text(trained.run_id, "confusion_matrix.csv"))
    table = from_csv(pd.read_csv(text, index_col=0, keep_default_na=False))
    number = thesis_results.EXPERIMENTS[experiment].table
    title = f"table {number}, {experiment}: {model}, test clips"
    classes = [str(name) for name in table.columns]
    runs.log_picture(plots.confusion(table.to_numpy(int), classes, title), f"confusion_{number}_{model}")


def _settings(data: TrainingData, *, fast: bool) -> ReplicationSettings:
    config, fold = data.config, data.folds[0]
    return ReplicationSettings(
        dataset=config.dataset,
        clips=len(data.corpus.clips),
        classes=len(data.corpus.classes),
        split=config.split,
        train=len(fold.train),
        valid=len(fold.valid),
        test=len(fold.test),
        epochs=config.training.epochs,
        batch_size=config.training.batch_size,
        trials=config.tuning.trials,
        seed=config.seed,
        fast=fast,
        minutes=config.training.minutes,
    )


def _report(ours: dict[tuple[str, str], Ours], protocol: ReplicationSettings) -> pd.DataFrame:
    table = replication_report.table(ours)
    say(f"\n{replication_report.terminal(ours)}\n\nWhat differs from the thesis's protocol:")
    for line in replication_report.differences(protocol):
        say(f"- {line}")
    page = replication_report.markdown(ours, protocol)
    path = home() / "reports" / protocol.dataset / "replication.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_text(path, page)
    html = replication_html.page(ours, protocol)
    files.write_text(path.with_suffix(".html"), html)
    say(f"\nwritten: {path}, {path.with_suffix('.html')}")
    runs.log_text(page, "replication.md")
    runs.log_text(html, "replication.html")
    runs.describe(replication_html.lead(table), "replication.png")
    runs.log_table(table, "replication")
    runs.log_picture(plots.replication(table, f"{protocol.dataset}, {protocol.test} test clips"), "replication")
    return table
