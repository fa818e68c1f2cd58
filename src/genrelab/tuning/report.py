"""Reports on a search: its progress after each trial, the table of trials with pictures, and its best trial."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pandas as pd

from genrelab import plots
from genrelab.config import OBJECTIVES, Tuning
from genrelab.console import progress_bar, say
from genrelab.errors import ModelError
from genrelab.tracking import runs, trials
from genrelab.training import trainer
from genrelab.training.experiment_data import TrainingData
from genrelab.tuning import oracles
from genrelab.tuning import tuner as tuning

BEST = "best.json"  # artifact of a search's run: its best trial


class BestTrial(NamedTuple):
    """The best trial: its number from 1, its objective, its hyperparameters that were set or searched."""

    model: str
    trial: int
    value: float
    hp: dict[str, Any]


def best_of(run_id: str) -> BestTrial:
    """Return the best trial of the search with this run; ConfigError if the run is not a search's."""
    return BestTrial(**json.loads(runs.read_text(run_id, BEST)))


class Progress:
    """Progress of a search: logged and printed as its trials end.

    Parameters:
        oracle: the oracle, which knows all trials of this search.
        settings: `tuning` of params.yaml.
    """

    def __init__(self, oracle: Any, settings: Tuning) -> None:
        self.oracle, self.settings = oracle, settings
        self.reported = 0  # trials
        self.reported_before = 0  # by earlier runs of this search
        self.start = time.monotonic()
        self.show: Callable[[int], None] = lambda done: None

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """Show a progress bar of trials, on a terminal only."""
        with progress_bar("trials", self.settings.trials, "trial") as self.show:
            self.show(self._done())
            yield

    def resume(self) -> None:
        """Report what earlier runs of this search have done, without a line for each trial."""
        self.reported_before = len(self.oracle.end_order)
        self.update()
        say(f"resuming this search: {self._done()} of {self.settings.trials} trials are done")

    def update(self) -> None:
        """Log the objective of trials that have ended since the last call, and print the progress."""
        for trial_id in self.oracle.end_order[self.reported :]:
            self.reported += 1
            self._log(self.oracle.trials[trial_id])
        self.show(self._done())

    def _log(self, trial: Any) -> None:
        objective, asked = self.settings.objective, self.settings.trials
        best = oracles.leader(self.oracle, objective)
        number, result = int(trial.trial_id) + 1, "failed"
        if trial.score is not None and best is not None:
            runs.log_epoch(number, {f"trial_{objective}": trial.score, f"best_{objective}": best.score})
            result = f"{objective} {trial.score:.4g}"
        if self.reported > self.reported_before:
            pace = (time.monotonic() - self.start) / (self.reported - self.reported_before)
            left = max(0, asked - self._done()) * pace / 60
            ahead = f"best {best.score:.4g} in trial {int(best.trial_id) + 1}" if best else "none has succeeded"
            say(
                f"trial {number}: {result}; {self._done()} of {asked} done, {ahead}; "
                f"{pace:.0f} s a trial, about {left:.0f} min left",
            )

    def _done(self) -> int:
        return len({*self.oracle.end_order} - {*self.oracle.ongoing_trials})


def log_trials(data: TrainingData, oracle: Any, space: Any, search: str) -> pd.DataFrame:
    """Log the table of the trials of search `search`, and its pictures; return the table."""
    table = _table(data, oracle, space, search)
    if len(table):
        objective = data.config.tuning.objective
        direction, title = OBJECTIVES[objective], f"{data.model} on {data.config.dataset}, {data.config.task}"
        log = {hp.name for hp in space.space if getattr(hp, "sampling", None) == "log"}
        runs.log_table(table, "trials")
        runs.log_picture(plots.objective_by_trial(table, objective, direction, title), "objective_by_trial")
        runs.log_picture(
            plots.objective_by_hyperparameter(table, objective, direction, title, log), "objective_by_hyperparameter"
        )
        ended = table.status.value_counts()
        runs.log_metrics({f"trials_{name.lower()}": float(count) for name, count in ended.items()})
    return table


def _table(data: TrainingData, oracle: Any, space: Any, search: str) -> pd.DataFrame:
    """Return one row per trial: number, status, objective, validation metrics, hyperparameters, run, reason."""
    run_of, rows = trials.trial_runs(search), []
    for trial_id, trial in oracle.trials.items():
        run = run_of.get(int(trial_id) + 1)
        metrics = run.data.metrics if run else {}
        rows.append(
            {
                "trial": int(trial_id) + 1,
                "status": trial.status,
                "objective": trial.score,
                **{name: metrics.get(name) for name in OBJECTIVES},
                **{f"hp.{name}": value for name, value in tuning.chosen(space, trial).items()},
                "epochs": trial.hyperparameters.values.get("tuner/epochs", data.config.training.epochs),
                "seconds": (run.info.end_time - run.info.start_time) / 1000 if run and run.info.end_time else None,
                "run": run.info.run_id if run else "",
                "reason": run.data.tags.get("error", "") if run and trial.status == "FAILED" else "",
            }
        )
    return pd.DataFrame(rows)


def conclude(data: TrainingData, oracle: Any, space: Any, table: pd.DataFrame) -> BestTrial:
    """Log, print and return the best trial; ModelError if there is none, or if too many have failed."""
    config, failed = data.config, table[table.status == "FAILED"]
    if oracle.too_many_failures:
        raise ModelError(
            f"{oracles.MAX_FAILURES_IN_A_ROW} trials in a row have failed, the last with: {failed.reason.iloc[-1]}"
        )
    first = oracles.leader(oracle, config.tuning.objective)
    if first is None:
        raise ModelError(f"all {len(table)} trials have failed, the last with: {failed.reason.iloc[-1]}")
    if len(table) < config.tuning.trials:
        say(f"the space seems to contain only these {len(table)} configurations")
    hp = {**config.hp, **tuning.chosen(space, first)}
    best = BestTrial(data.model, int(first.trial_id) + 1, float(first.score), hp)
    runs.log_text(json.dumps(best._asdict(), indent=1), BEST)
    runs.log_params({f"best.{name}": value for name, value in hp.items()})
    runs.set_tags({"best_trial": str(best.trial), "best_run": table.run[table.trial == best.trial].iloc[0]})
    values = ", ".join(f"{name} {trainer.short(value)}" for name, value in hp.items())
    folds = f", mean of {config.tuning.folds} folds" if config.tuning.folds else ""
    objective = f"{config.tuning.objective} {best.value:.4g}{folds}"
    result = f"best of {len(table) - len(failed)} trials: trial {best.trial}, {objective}: {values}"
    say(result)
    runs.describe(result)
    return best
