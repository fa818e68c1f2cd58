"""Keras Tuner's oracles (random, Bayesian, hyperband), made fault-tolerant.

An oracle chooses the trials of a search. Additions to Keras Tuner's: files are written atomically; a trial that a kill
cut short runs again, with the same hyperparameters and number; so does that of a worker whose heartbeats stop; and a
search ends if its trials keep failing.
"""

import random
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sklearn.exceptions import ConvergenceWarning

from genrelab.config import OBJECTIVES, Tuning
from genrelab.layers.keras_backend import keras_tuner
from genrelab.state import damage, files

TrialStatus = keras_tuner.engine.trial.TrialStatus
MAX_FAILURES_IN_A_ROW = 5  # failures in a row that end a search


class ResilientOracleMixin(keras_tuner.Oracle):
    """Mixin of each oracle, listed before Keras Tuner's class for it."""

    trials: dict[str, Any]

    def __init__(self, **settings: Any) -> None:
        # Keras Tuner's limit of failures raises in whichever thread reports the last one; `create_trial` has ours.
        super().__init__(tune_new_entries=False, max_consecutive_failed_trials=2**31, **settings)
        self.verbose = 0
        self.in_a_row = 0  # failures since the last success, in this process
        self.signs: dict[str, float] = {}  # tuner id: time of its last heartbeat
        self.over = False  # whether a worker has been told to stop
        self.given: set[str] = set()  # trials given out, whose results are pending

    @property
    def too_many_failures(self) -> bool:
        """Whether so many trials in a row have failed that no more are given out."""
        return self.in_a_row >= MAX_FAILURES_IN_A_ROW

    @property
    def finished(self) -> bool:
        """Whether even the last worker knows that nothing is left to do."""
        return self.over and not self.ongoing_trials and not self.tuner_ids

    def save(self) -> None:
        """Write oracle.json."""
        files.write_json(Path(self._get_oracle_fname()), self.get_state())

    def _save_trial(self, trial: Any) -> None:
        files.write_json(Path(self._get_trial_dir(trial.trial_id)) / "trial.json", trial.get_state())

    @property
    def saved(self) -> bool:
        """Whether there is something to reload."""
        return Path(self._get_oracle_fname()).exists()

    def reload(self) -> None:
        """Read the saved state; trials that were cut short go first in the queue.

        If none has succeeded yet, failed ones run again too: the machine may have been the cause.
        """
        root = Path(self._get_oracle_fname()).parent
        for path in (Path(self._get_oracle_fname()), *root.glob("trial_*/trial.json")):
            damage.read_json(path, cure=f"remove the folder {root.parent} to start the search over")
        super().reload()
        # A kill can come between writing a trial and writing the oracle that knows it.
        known = {number: trial for number, trial in self.trials.items() if number in self.start_order}
        self.trials = dict(sorted(known.items(), key=lambda item: int(item[0])))
        again = {TrialStatus.RUNNING, TrialStatus.INVALID}
        if TrialStatus.COMPLETED not in {trial.status for trial in self.trials.values()}:
            again.add(TrialStatus.FAILED)
        cut_short = [number for number, trial in self.trials.items() if trial.status in again]
        self._retry_queue = cut_short[::-1]  # the last is taken first
        self.tuner_ids: set[str] = set()

    @keras_tuner.synchronized
    def create_trial(self, tuner_id: str) -> Any:
        """Return the next trial; its status is IDLE while another worker's trial may still have to run again."""
        self.signs[tuner_id] = time.monotonic()
        if self.too_many_failures:
            self.over = True
            self.tuner_ids.discard(tuner_id)
            return keras_tuner.engine.trial.Trial(self.hyperparameters.copy(), status=TrialStatus.STOPPED)
        trial = super().create_trial(tuner_id)
        if trial.status == TrialStatus.RUNNING:
            self.given.add(trial.trial_id)
        if trial.status == TrialStatus.STOPPED and self.ongoing_trials:
            trial.status = TrialStatus.IDLE
        self.over = self.over or trial.status == TrialStatus.STOPPED
        return trial

    def get_trial(self, trial_id: str) -> Any:
        """Return a trial; workers keep asking for theirs as a heartbeat."""
        for tuner_id, trial in list(self.ongoing_trials.items()):
            if trial.trial_id == trial_id:
                self.signs[tuner_id] = time.monotonic()
        return super().get_trial(trial_id)

    @keras_tuner.synchronized
    def end_trial(self, trial: Any) -> None:
        """Take the first result of a trial, even from a worker that was given up too early."""
        if trial.trial_id in self._retry_queue:
            self._retry_queue.remove(trial.trial_id)
        elif trial.trial_id not in self.given:
            return
        self.given.discard(trial.trial_id)
        super().end_trial(trial)
        failed = self.trials[trial.trial_id].status == TrialStatus.FAILED
        self.in_a_row = self.in_a_row + 1 if failed else 0

    @keras_tuner.synchronized
    def requeue_lost(self, silent_seconds: float, on_death: Callable[[str, str], None]) -> None:
        """Take back the trials of workers that have been silent for `silent_seconds`.

        Calls `on_death` with the tuner id and the trial id or "" of each, before another worker can get the trial.
        """
        oldest = time.monotonic() - silent_seconds
        silent = [one for one in {*self.tuner_ids, *self.ongoing_trials} if self.signs.get(one, 0.0) < oldest]
        for tuner_id in silent:
            trial = self.ongoing_trials.get(tuner_id)
            on_death(tuner_id, trial.trial_id if trial is not None else "")
            if trial is not None:
                del self.ongoing_trials[tuner_id]
                self._retry_queue.append(trial.trial_id)
                self.given.discard(trial.trial_id)
            self.tuner_ids.discard(tuner_id)
        if silent:
            self.save()


class Random(ResilientOracleMixin, keras_tuner.oracles.RandomSearchOracle):
    """Independent draws from the space."""


class Bayesian(ResilientOracleMixin, keras_tuner.oracles.BayesianOptimizationOracle):
    """A Gaussian process of the objective over the space, after one random trial more than the space has dimensions."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Return the values of the next trial."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the kernel's fit warns if points are few
            return super().populate_space(trial_id)


class Hyperband(ResilientOracleMixin, keras_tuner.oracles.HyperbandOracle):
    """Many trials of few epochs; the better ones continue with more, round after round until `trials` are done."""

    def __init__(self, *, max_trials: int, **settings: Any) -> None:
        super().__init__(hyperband_iterations=None, **settings)
        self.max_trials = max_trials


def make(tuning: Tuning, space: Any, epochs: int, seed: int) -> Any:
    """Return the oracle that `tuning` asks for, over `space`; `epochs` is the length of a full training."""
    common = {
        "objective": keras_tuner.Objective(tuning.objective, OBJECTIVES[tuning.objective]),
        "hyperparameters": space,
        "max_trials": tuning.trials,
        # Keras Tuner takes 0 for no seed and counts up from the seed, so neighbouring seeds would share most draws.
        "seed": random.Random(seed).randrange(1, 2**31),
    }
    if tuning.oracle == "bayesian":
        return Bayesian(num_initial_points=len(space.space) + 1, **common)
    if tuning.oracle == "hyperband":
        return Hyperband(max_epochs=epochs, factor=3, **common)
    return Random(**common)


def leader(oracle: Any, objective: str) -> Any:
    """Return the best completed trial, or None; ties go to the one with the lowest loss, then to the first."""
    completed = [trial for trial in list(oracle.trials.values()) if trial.score is not None]
    sign = -1 if OBJECTIVES[objective] == "max" else 1
    return min(
        completed,
        key=lambda trial: (sign * trial.score, trial.metrics.get_best_value("valid_loss"), int(trial.trial_id)),
        default=None,
    )
