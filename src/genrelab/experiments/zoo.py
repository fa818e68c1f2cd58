"""zoo: train and score many models on the same clips, each in its own process, and compare them in one table.

If a model's process fails (an error, a crash, a timeout), the failure goes into its row and stops no other. The same
command resumes after the finished models, and retrains those whose code, settings or data have changed.
"""

import multiprocessing
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from genrelab import plugins
from genrelab.classifiers import ensemble_spec
from genrelab.config import Config, flatten, load_or_default
from genrelab.console import say
from genrelab.data import dvc
from genrelab.errors import ConfigError, DataError, GenreLabError, IncompleteError, suggest, why
from genrelab.evaluation import comparison
from genrelab.experiments import zoo_html, zoo_report
from genrelab.experiments.zoo_report import Row
from genrelab.features._base import JOIN
from genrelab.parallel import calls, on_cards
from genrelab.parallel.calls import Call
from genrelab.state import cards, digests, files, locks
from genrelab.state.home import home, state_folder
from genrelab.tracking import owners, runs
from genrelab.training import experiment_data, series, trainer
from genrelab.training.completed import CompletedTrainings
from genrelab.training.experiment_data import SplitCorpus, TrainingData
from genrelab.training.trainer import TrainingResult

UNITS = {"s": 1, "m": 60, "h": 3600}
GRACE = 120  # seconds per fold on top of the budget, for all but training: start, data, scoring, registering
PAGE = Path("docs/zoo.md")
# Settings that affect no figure in the table.
NOT_IN_TABLE: dict[str, Any] = {
    **dict.fromkeys(("workers", "remote", "build", "tuning", "promotion", "audit", "leakage", "models"), True),
    "training": {"memory"},
}
# Each model's process forks from one that has imported these, which takes seconds. Outside of Linux, some of these
# modules do not survive a fork.
START = "forkserver" if sys.platform == "linux" else "spawn"
HEAVY = ["genrelab.keras_import", "mlflow.pyfunc", "mlflow.store.tracking.sqlalchemy_store", "pandas"]
HEAVY += ["matplotlib.figure", "sklearn.ensemble", "sklearn.svm", "skops.io", "scipy.stats", "zarr", "pydantic"]


def zoo(
    config: Config, models: Sequence[str], budget: str, folds: int | None, *, publish: bool = False
) -> pd.DataFrame:
    """Train and score `models` (all if none is named), compare, write and return the table.

    If none is named, models are left out whose feature params.yaml does not name. `budget` is the longest a model may
    train, such as 90s, 20m or 1h; "" for no limit. `folds` is already in the config; here it only appears in the table.
    `publish` also puts the table into docs/zoo.md.
    Raises IncompleteError, after everything else is done, if models failed.
    """
    experiment_data.one_label(config, "zoo")
    names, seconds = _names(config, models), _seconds(budget)
    if publish and not (home() / PAGE).exists():
        raise ConfigError(f"publish writes the table to {PAGE}, which does not exist; it needs a checkout of genrelab")
    for name in names:
        ensemble_spec.load(name, config)
    dvc.reproduce(config, f"dataset@{config.dataset}")
    split_corpus = experiment_data.split(config)
    folder = state_folder() / "zoo" / f"{config.dataset}-{config.task}-{config.split}"
    tags = {"dataset": config.dataset, "task": config.task, "split": config.split}
    with (
        locks.exclusive_lock(folder, "this zoo") as state,
        runs.run(f"zoo {config.dataset} {config.task}", "zoo", config, tags) as run_id,
    ):
        runs.supersede_run(state, run_id)
        runs.log_data(config, "", split_corpus.version)
        trained = _train_each(config, names, seconds, CompletedTrainings(state / "done.json"), run_id)
        rows = [_row(name, found) for name, found in zip(names, trained, strict=True)]
        _report(split_corpus, rows, _command(config, models, budget, folds), publish=publish)
    failed = [row.model for row in rows if row.failure]
    if failed:
        raise IncompleteError(f"{len(failed)} of {len(rows)} models failed: {', '.join(failed)}; the table says why")
    return zoo_report.frame(rows)


def _names(config: Config, models: Sequence[str]) -> list[str]:
    if not models:
        return _with_feature(config)
    names = list(models)
    known = plugins.names("models")
    for name in (part for whole in names for part in whole.split(JOIN)):
        if name not in known:
            raise ConfigError(f"there is no '{name}' among the models{suggest(name, known)}")
    return list(dict.fromkeys(names))


def _with_feature(config: Config) -> list[str]:
    """Return the models whose features params.yaml names, and report which are left out."""
    names = plugins.names("models")
    kinds = {name: config.for_model(plugins.load("models", name)).feature.split(JOIN) for name in names}
    lacking = {name: kind for name in names for kind in kinds[name] if kind not in config.known_features}
    for name, kind in lacking.items():
        say(f"{name} is left out: params.yaml names no feature {kind}")
    return [name for name in names if name not in lacking]


def _seconds(budget: str) -> float:
    if not budget:
        return 0.0
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", budget.strip())
    if not found or float(found[1]) == 0:
        raise ConfigError(f"budget must be a time with its unit, such as 90s, 20m or 1h, got '{budget}'")
    return float(found[1]) * UNITS[found[2]]


class _Plan(NamedTuple):
    """A planned training: its config, model, entry among the completed trainings, and limit in seconds, if any."""

    config: Config
    model: str
    entry: str
    limit: float | None


def _train_each(
    config: Config, names: Sequence[str], seconds: float, done: CompletedTrainings, run_id: str
) -> list[TrainingResult | str]:
    """Train the models; return the outcome of each, in their order: the training, or why there is none."""
    start = time.monotonic()

    def begin(number: int) -> None:
        minutes = (time.monotonic() - start) / 60
        say(f"\n{number + 1} of {len(names)}, after {minutes:.0f} min: {names[number]}")

    found: list[TrainingResult | str] = []
    elsewhere: dict[int, _Plan] = {}  # by number
    there = [] if isinstance(config.workers, str) else cards.visible()
    several = there if len(there) > 1 else []
    for number, name in enumerate(names):
        begin(number)
        plan = _plan(config, name, seconds, done, run_id)
        if not isinstance(plan, _Plan):
            say("already trained" if isinstance(plan, TrainingResult) else f"failed: {plan}")
            found.append(plan)
        elif several or isinstance(config.workers, str):
            say("left for a card" if several else "left for the cluster")
            elsewhere[number] = plan
            found.append("")  # placeholder until it is done
        else:
            found.append(_kept(plan, _trained_here(plan), done, run_id))
    order = [*elsewhere]
    asked = [Call(_train, (plan.config, plan.model), plan.limit) for plan in elsewhere.values()]
    if several:
        for i, answer in on_cards.run(asked, several, lambda i: begin(order[i])):
            found[order[i]] = _kept(elsewhere[order[i]], answer.failure or answer.found, done, run_id)
    elif isinstance(config.workers, str):
        for i, answer in calls.run(asked, config.workers):
            begin(order[i])
            say(answer.printed.rstrip())
            found[order[i]] = _kept(elsewhere[order[i]], answer.failure or answer.found, done, run_id)
    return found


def _trained_here(plan: _Plan) -> TrainingResult | str:
    try:
        return _apart(plan.config, plan.model, plan.limit)
    except Exception as error:  # whatever is wrong with this one, train the others
        return why(error)


def _plan(
    config: Config, name: str, seconds: float, done: CompletedTrainings, run_id: str
) -> _Plan | TrainingResult | str:
    """Return the plan for a model, or its training if that is done; or, in one line, what is wrong."""
    try:
        if seconds:
            config = _limited(config, seconds, name)
        data = experiment_data.load(config, name)
        entry = _entry(data)
        limit = seconds + GRACE * len(data.folds) if seconds else None
        return done.get(entry, run_id) or _Plan(config, name, entry, limit)
    except Exception as error:  # whatever is wrong with this one, train the others
        return why(error)


def _kept(plan: _Plan, found: TrainingResult | str, done: CompletedTrainings, run_id: str) -> TrainingResult | str:
    """Record a finished training, or report why there is none; return it."""
    owners.close_orphans()  # of a process that ended without a word
    if isinstance(found, TrainingResult):
        runs.set_parent(found.run_id, run_id)
        done.put(plan.entry, found.run_id, found)
    else:
        say(f"failed: {found}")
    return found


def _limited(config: Config, seconds: float, name: str) -> Config:
    """Return the config with the budget divided among the folds of its split and the members of an ensemble."""
    params = config.split_params(config.split)[1]
    minutes = seconds / 60 / getattr(params, "folds", 1) / (name.count(JOIN) + 1)
    return config.derive({"training.minutes": minutes})


def _entry(data: TrainingData) -> str:
    """Return the key of a model's training: the same for the same data, settings and code."""
    keys = [trainer.key_of(data, fold) for fold in data.folds]
    return f"{data.model} {digests.of_value(keys)}"


def _apart(config: Config, name: str, limit: float | None) -> TrainingResult | str:
    """Train in a separate process, so that its effects on memory or on itself end with it.

    The process is ended after `limit` seconds, if any.
    """
    ours, its = multiprocessing.Pipe(duplex=False)
    context: Any = multiprocessing.get_context(START)
    if START == "forkserver":
        context.set_forkserver_preload(HEAVY)
    process = context.Process(target=_work, args=(config, name, its, dict(os.environ)), name=name)
    process.start()
    its.close()
    try:
        if not ours.poll(limit):
            return f"took longer than its budget of {limit:.0f} s, including start and scoring"
        return ours.recv()
    except EOFError:
        process.join()
        return f"its process ended without a word (exit code {process.exitcode}), perhaps for lack of memory"
    finally:
        if process.is_alive():
            process.join(5)  # it has answered, and is about to end
        if process.is_alive():
            process.terminate()  # like Ctrl-C: its run is recorded as killed
            process.join(30)
        if process.is_alive():
            process.kill()
            process.join()


def _work(config: Config, name: str, answer: Connection, env: dict[str, str]) -> None:
    """Train and score in this separate process; answer with the outcome."""
    signal.signal(signal.SIGTERM, _interrupt)
    threading.Thread(target=_follow_parent, daemon=True).start()
    os.environ.clear()  # otherwise that of the first model's start
    os.environ.update(env)
    os.environ.pop("MLFLOW_RUN_ID", None)  # that of the zoo
    try:
        answer.send(_train(config, name))
    except KeyboardInterrupt:  # its run is recorded as killed, and the zoo says what to do
        sys.exit(130)
    except GenreLabError as error:
        answer.send(str(error))
    except Exception as error:
        answer.send(why(error))
        raise


def _train(config: Config, name: str) -> TrainingResult:
    """Train and score, in a separate process here or on a worker."""
    return series.train(experiment_data.load(config, name))


def _follow_parent() -> None:
    """End this process when the zoo's process is gone, even after kill -9."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt


def _row(name: str, found: TrainingResult | str) -> Row:
    paper = zoo_report.paper_of(name)
    if isinstance(found, str):
        return Row(name, paper, "", {}, found)
    return Row(name, paper, found.run_id, runs.metrics_of(found.run_id), "", runs.cut_short(found.run_id))


def _command(config: Config, models: Sequence[str], budget: str, folds: int | None) -> str:
    """Return the command that reproduces this table."""
    given = {
        "dataset": config.dataset,
        "task": config.task,
        "split": config.split,
        "folds": folds,
        "models": ",".join(models),
        "budget": budget,
    }
    default = load_or_default()
    usual, settled = flatten(default.model_dump()), default.left_to_model - config.left_to_model
    told = {*given, f"splits.{config.split}.folds"} if folds else {*given}
    other = {
        name: value
        for name, value in flatten(config.model_dump(exclude=NOT_IN_TABLE)).items()
        if name not in told
        and (value != usual.get(name) or name in settled)
        and isinstance(value, bool | int | float | str)
    }
    words = {name: value for name, value in given.items() if value} | other
    return "mlflow run . -e zoo " + " ".join(f"-P {name}={value}" for name, value in words.items())


def _report(split_corpus: SplitCorpus, rows: list[Row], command: str, *, publish: bool) -> None:
    """Compare the trained models, and write the table to reports/, to the run and, with `publish`, to docs/zoo.md."""
    config = split_corpus.config
    trained = [row.run for row in rows if row.run]
    if not trained:
        raise DataError("no model could be trained; see the reasons above")
    say()
    comparison.report(comparison.compare(split_corpus, trained), split_corpus, brief=True)
    about = zoo_report.About(
        dataset=config.dataset,
        task=config.task,
        split=config.split,
        clips=len(split_corpus.corpus.clips),
        tested=len({clip for fold in split_corpus.folds for clip in fold.test}),
        classes=len(split_corpus.corpus.classes),
        folds=len(split_corpus.folds),
        seed=config.seed,
        command=command,
    )
    table = zoo_report.table(rows, about)
    path = home() / "reports" / config.dataset / f"zoo-{config.task}-{config.split}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_text(path, table)
    html = zoo_html.page(rows, about)
    files.write_text(path.with_suffix(".html"), html)
    runs.log_text(table, "zoo.md")
    runs.log_text(html, "zoo.html")
    runs.describe(zoo_html.lead(rows), "leaderboard.png")
    runs.log_table(zoo_report.frame(rows), "zoo")
    say(f"written: {path}, {path.with_suffix('.html')}")
    page = home() / PAGE
    if publish:
        files.write_text(page, zoo_report.put(page.read_text(encoding="utf-8"), about.name, table))
        say(f"written: {page}")
