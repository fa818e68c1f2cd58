"""A search for hyperparameters: one run with a child a trial, a table and pictures of them, and its winner trained.

What a search needs to resume lies in .genrelab/tuning/<what is searched>/<key>/; the key is a hash of everything
that bears on a trial's result: data, space, the model's code, settings. The number of trials is not among it, so that
more trials extend a search.
"""

import dataclasses
import json
import time
from typing import Any, NamedTuple

import pandas as pd

from genrelab import plots
from genrelab.classifiers import ensemble_spec, factory, hyperparameters
from genrelab.config import OBJECTIVES, flatten
from genrelab.errors import ConfigError, GenreLabError, ModelError
from genrelab.layers.keras_backend import keras_tuner
from genrelab.state import damage, digests, files, locks
from genrelab.state.home import state_folder
from genrelab.tracking import runs as tracking
from genrelab.tracking import trials
from genrelab.training import trainer
from genrelab.training.experiment_data import TrainingData
from genrelab.training.experiment_data import model as model_of
from genrelab.training.trainer import TrainingResult
from genrelab.tuning import distributed, oracles
from genrelab.tuning import tuner as tuning

WAIT_SECONDS = 120  # how long a worker looks for its chief's run
BEST = "best.json"  # artifact of a search's run: its best trial


class BestTrial(NamedTuple):
    """The best trial: its number from 1, its objective, its hyperparameters that are not at their defaults."""

    model: str
    trial: int
    value: float
    hp: dict[str, Any]


class SearchResult(NamedTuple):
    """What a search leaves: its run, its best trial, and the training of the winner if one was asked for."""

    run_id: str
    best: BestTrial
    winner: TrainingResult | None


def tune(data: TrainingData, model: str, *, chief: str = "", nested: bool = False) -> SearchResult:
    """Search, report, and train the winner; `chief` (host:port) leaves the trials to workers that come there."""
    address = distributed.enter("chief", chief) if chief else ""
    return Search(data, model).lead(address, nested=nested)


def work(data: TrainingData, model: str, *, chief: str) -> None:
    """Run trials that the chief at host:port gives out, until it has no more."""
    Search(data, model).work(distributed.enter("worker", chief))


def best_of(run_id: str) -> BestTrial:
    """Return the best trial of the search whose run this is; ConfigError if it is none."""
    return BestTrial(**json.loads(tracking.read_text(run_id, BEST)))


class Search:
    """One search: what identifies it, where its state lies, and what has been reported of it."""

    def __init__(self, data: TrainingData, model: str) -> None:
        config = data.config
        self.data, self.model, self.config = data, model, config
        module = model_of(data, model)
        shape, classes = data.input_shape, len(data.corpus.classes)
        self.space = hyperparameters.searched(module, config.tuning.space, config.hp, shape, classes)
        net = factory.build(module, hyperparameters.choose(module, config.hp, shape, classes), shape, classes, 0)
        if config.tuning.oracle == "hyperband" and not net.by_epochs:
            raise ConfigError(f"oracle hyperband varies the epochs of trials, and '{model}' has none; try bayesian")
        self.oracle = oracles.make(config.tuning, self.space, config.training.epochs, config.seed)
        self.about = self._about(ensemble_spec.code_digest(module))
        self.key = digests.of_value(self.about)
        name = "".join(c if c.isalnum() or c in "._" else "+" for c in config.tuning.space)
        kind = (config.dataset, config.task, model, name, config.tuning.oracle)
        self.folder = state_folder() / "tuning" / "-".join(kind) / self.key
        self.reported = 0  # trials
        self.reported_before = 0  # by earlier runs of this search
        self.start = time.monotonic()

    def _about(self, model_code: str) -> dict[str, Any]:
        """Return everything that bears on a trial's result, under names that a user knows."""
        config, data = self.config, self.data
        return {
            "data": [data.version.table, data.version.features],
            "classes": list(data.corpus.classes),
            "split": digests.of_value(dataclasses.asdict(data.folds[0])),
            "the model's code": model_code[:16],
            "the training's code": trainer.fitting_code()[:16],
            "space": [repr(hp) for hp in self.space.space],
            "hp": config.hp,
            "seed": config.seed,
            **flatten({"training": config.training.model_dump()}),
            **flatten({"tuning": config.tuning.model_dump(include={"oracle", "objective", "repeats"})}),
        }

    @property
    def tags(self) -> dict[str, str]:
        """What the search's run is known by."""
        config = self.config
        return {
            "model": self.model,
            **{name: getattr(config, name) for name in ("dataset", "task", "split", "feature")},
            "space": config.tuning.space,
            "oracle": config.tuning.oracle,
            "search": self.key,
        }

    def lead(self, address: str, *, nested: bool) -> SearchResult:
        """Hold the search: run its trials, or, as the chief at `address`, give them out."""
        config = self.config
        name = f"tune {self.model} {config.dataset} {config.task} {config.tuning.space}"
        with (
            locks.exclusive_lock(self.folder, "this very search"),
            tracking.run(name, "tune", config, self.tags, nested=nested) as run_id,
        ):
            tracking.log_data(config, self.data.feature.name, self.data.version)
            tracking.log_params({"model": self.model, **flatten({"tuning": config.tuning.model_dump()})})
            tracking.log_params({f"hp.{name}": value for name, value in config.hp.items()})
            tuner = self._tuner(run_id, "fits")
            self._resume(run_id, alone=not address)
            try:
                if address:
                    print(f"chief: start workers with -P role=worker -P chief={address}", flush=True)
                    distributed.lead(tuner, self.oracle, self.report_progress, self._requeue_lost)
                    trials.set_parent(self.key, run_id)  # what workers began under an earlier run of the chief
                    trials.close_abandoned(search=self.key)
                else:
                    tuner.search()
            except keras_tuner.errors.FatalError as error:
                raise error.__cause__ or error from None
            except KeyboardInterrupt:
                self._report()
                raise
            best = self._conclude(self._report())
            return SearchResult(run_id, best, self._refit(best, run_id) if config.tuning.refit else None)

    def work(self, address: str) -> None:
        """Run trials that the chief at `address` gives out, as children of its run."""
        tags = {"model": self.model, "dataset": self.config.dataset, "worker": distributed.identity()}
        with tracking.run(f"{distributed.identity()} for {self.model}", "worker", self.config, tags):
            print(f"worker: looking for the chief's run of search {self.key}", flush=True)
            deadline = time.monotonic() + WAIT_SECONDS
            while not (parent := trials.chief_run(self.key)):
                if time.monotonic() > deadline:
                    raise GenreLabError(
                        f"no chief holds this search ({self.key}) in the tracking store; start one with -P role=chief "
                        "and otherwise the same command, on the same data, code and tracking server"
                    )
                time.sleep(1)
            tuner = self._tuner(parent, f"fits-{distributed.identity()}")
            distributed.work(tuner, address)

    def _tuner(self, parent: str, fits: str) -> tuning.Tuner:
        return tuning.Tuner(
            self.data,
            self.model,
            self.oracle,
            self.space,
            folder=self.folder,
            fits=self.folder / fits,
            key=self.key,
            parent=parent,
            report_progress=self.report_progress,
        )

    def _resume(self, run_id: str, *, alone: bool) -> None:
        """Take up what earlier runs of this search have left, or say what makes it a new one."""
        if tracking.supersede_run(self.folder, run_id):
            if alone:  # a chief's workers may well be at theirs
                trials.close_abandoned(search=self.key)
            trials.set_parent(self.key, run_id)
        else:
            self._report_changes()
        if self.oracle.saved:
            self.oracle.reload()
            self.reported_before = len(self.oracle.end_order)
            self.report_progress()
            print(f"resuming this search: {self._done()} of {self.config.tuning.trials} trials are done")

    def _report_changes(self) -> None:
        about = self.folder / "about.json"
        others = sorted(self.folder.parent.glob("*/about.json"), key=lambda path: path.stat().st_mtime)
        if others:
            last = damage.read_json_or({}, others[-1])
            changed = [name for name, value in self.about.items() if last.get(name) != value]
            print(f"changed since the last such search: {', '.join(changed)}; a new one starts")
        files.write_json(about, self.about, indent=1)

    def report_progress(self) -> None:
        """Log the objective of trials that have ended since the last call, and say how far the search is."""
        objective, trials = self.config.tuning.objective, self.config.tuning.trials
        for trial_id in self.oracle.end_order[self.reported :]:
            self.reported += 1
            trial, best = self.oracle.trials[trial_id], self._leader()
            number, line = int(trial_id) + 1, "failed"
            if trial.score is not None and best is not None:
                tracking.log_epoch(number, {f"trial_{objective}": trial.score, f"best_{objective}": best.score})
                line = f"{objective} {trial.score:.4g}"
            if self.reported > self.reported_before:
                pace = (time.monotonic() - self.start) / (self.reported - self.reported_before)
                left = max(0, trials - self._done()) * pace / 60
                leader = f"best {best.score:.4g} in trial {int(best.trial_id) + 1}" if best else "none has succeeded"
                print(
                    f"trial {number}: {line}; {self._done()} of {trials} done, {leader}; "
                    f"{pace:.0f} s a trial, about {left:.0f} min left",
                    flush=True,
                )

    def _done(self) -> int:
        return len({*self.oracle.end_order} - {*self.oracle.ongoing_trials})

    def _leader(self) -> Any:
        """Return the best completed trial so far: of equals that with the lowest loss, then the first; or None."""
        completed = [trial for trial in list(self.oracle.trials.values()) if trial.score is not None]
        sign = -1 if OBJECTIVES[self.config.tuning.objective] == "max" else 1
        return min(
            completed,
            key=lambda trial: (sign * trial.score, trial.metrics.get_best_value("valid_loss"), int(trial.trial_id)),
            default=None,
        )

    def _requeue_lost(self, worker: str, trial_id: str) -> None:
        trials.close_abandoned(worker=worker)
        if trial_id:
            number = int(trial_id) + 1
            trials.close_abandoned(search=self.key, trial=str(number))
            print(f"{worker} has stopped responding; its trial {number} goes to another", flush=True)

    def _report(self) -> pd.DataFrame:
        """Log the table of trials and its pictures, and return the table."""
        table = self._table()
        if len(table):
            objective = self.config.tuning.objective
            direction, what = OBJECTIVES[objective], f"{self.model} on {self.config.dataset}, {self.config.task}"
            log = {hp.name for hp in self.space.space if getattr(hp, "sampling", None) == "log"}
            tracking.log_table(table, "trials")
            tracking.log_picture(plots.objective_by_trial(table, objective, direction, what), "objective_by_trial")
            tracking.log_picture(
                plots.objective_by_hyperparameter(table, objective, direction, what, log),
                "objective_by_hyperparameter",
            )
            ended = table.status.value_counts()
            tracking.log_metrics({f"trials_{name.lower()}": float(count) for name, count in ended.items()})
        return table

    def _table(self) -> pd.DataFrame:
        """Return a row a trial: number, status, objective, validation figures, hyperparameters, run, reason."""
        runs, rows = trials.trial_runs(self.key), []
        for trial_id, trial in self.oracle.trials.items():
            run = runs.get(int(trial_id) + 1)
            found = run.data.metrics if run else {}
            rows.append(
                {
                    "trial": int(trial_id) + 1,
                    "status": trial.status,
                    "objective": trial.score,
                    **{name: found.get(name) for name in OBJECTIVES},
                    **{f"hp.{name}": value for name, value in tuning.chosen(self.space, trial).items()},
                    "epochs": trial.hyperparameters.values.get("tuner/epochs", self.config.training.epochs),
                    "seconds": (run.info.end_time - run.info.start_time) / 1000 if run and run.info.end_time else None,
                    "run": run.info.run_id if run else "",
                    "reason": run.data.tags.get("error", "") if run and trial.status == "FAILED" else "",
                }
            )
        return pd.DataFrame(rows)

    def _conclude(self, table: pd.DataFrame) -> BestTrial:
        """Return the best trial, logged and printed; ModelError if there is none, or if too many have failed."""
        failed = table[table.status == "FAILED"]
        if self.oracle.too_many_failures:
            raise ModelError(
                f"{oracles.MAX_FAILURES_IN_A_ROW} trials in a row have failed, the last with: {failed.reason.iloc[-1]}"
            )
        leader = self._leader()
        if leader is None:
            raise ModelError(f"all {len(table)} trials have failed, the last with: {failed.reason.iloc[-1]}")
        if len(table) < self.config.tuning.trials:
            print(f"the space seems to hold no more than these {len(table)} configurations")
        hp = {**self.config.hp, **tuning.chosen(self.space, leader)}
        best = BestTrial(self.model, int(leader.trial_id) + 1, float(leader.score), hp)
        tracking.log_text(json.dumps(best._asdict(), indent=1), BEST)
        tracking.log_params({f"best.{name}": value for name, value in hp.items()})
        tracking.set_tags({"best_trial": str(best.trial), "best_run": table.run[table.trial == best.trial].iloc[0]})
        values = ", ".join(f"{name} {trainer.short(value)}" for name, value in hp.items())
        objective = f"{self.config.tuning.objective} {best.value:.4g}"
        said = f"best of {len(table) - len(failed)} trials: trial {best.trial}, {objective}: {values}"
        print(said)
        tracking.describe(said)
        return best

    def _refit(self, best: BestTrial, run_id: str) -> TrainingResult:
        """Train the winner anew, score it on test, register it; once, however often the search is resumed."""
        record = self.folder / "winner.json"
        known = damage.read_json_or({}, record)
        if known.get("hp") == best.hp and tracking.run_exists(known["trained"]["run_id"]):
            trained = TrainingResult(*known["trained"].values())
            print(f"registered before: models:/{self.config.dataset}-{self.config.task}/{trained.version}")
        else:
            print(f"training the winner, trial {best.trial}, anew")
            data = dataclasses.replace(self.data, config=self.config.derive({"hp": best.hp}))
            origin = {name: self.tags[name] for name in ("space", "oracle", "search")}
            origin |= {"tuned_by": run_id, "trial": str(best.trial)}
            trained = trainer.train(
                data, self.model, nested=True, kind="tune", origin=origin, name=f"winner: trial {best.trial}"
            )
            files.write_json(record, {"hp": best.hp, "trained": trained._asdict()})
        tracking.set_tags({"winner_run": trained.run_id, "winner_version": trained.version})
        tracking.log_metrics(trained.metrics)
        return trained
