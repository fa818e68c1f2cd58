"""One Keras Tuner for Keras and scikit-learn models. A trial is a training like any other, but never sees test."""

import functools
import itertools
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from genrelab.classifiers import factory, hyperparameters
from genrelab.classifiers.factory import Examples
from genrelab.config import Config
from genrelab.console import say
from genrelab.corpus import Fold
from genrelab.errors import ConfigError, DataError, StoreError, why
from genrelab.layers.keras_backend import keras_tuner
from genrelab.metrics import classification, multilabel
from genrelab.state import folders
from genrelab.tracking import runs, trials
from genrelab.training import reports, trainer
from genrelab.training.experiment_data import TrainingData
from genrelab.tuning import distributed, mending, oracles


class Tuner(keras_tuner.engine.base_tuner.BaseTuner):
    """Runs the trials that an oracle chooses, each as a run below `parent`, on each of `folds` in turn.

    `fits` is the folder in which trainings keep what they need to resume; calls `report_progress` after each trial.
    """

    def __init__(
        self,
        data: TrainingData,
        folds: Sequence[Fold],
        oracle: Any,
        space: Any,
        *,
        folder: Path,
        fits: Path,
        key: str,
        parent: str,
        report_progress: Callable[[], None],
    ) -> None:
        super().__init__(oracle=oracle, directory=str(folder), project_name="oracle")
        self.data, self.folds, self.space = data, folds, space
        self.fits, self.key, self.parent, self.report_progress = fits, key, parent, report_progress
        self.asked = 0.0  # monotonic time, in seconds, of the last request for a trial

    @functools.cached_property
    def _clips(self) -> dict[str, int]:
        """The row of each train and validation clip in `_known`."""
        fold = self.folds[0]
        return {clip: place for place, clip in enumerate((*fold.train, *fold.valid))}

    @functools.cached_property
    def _known(self) -> Examples:
        """Train and validation clips, the same ones in all folds; test is never read."""
        return self.data.part(tuple(self._clips))

    def _part(self, ids: Sequence[str]) -> Examples:
        places = [self._clips[clip] for clip in ids]
        together = places == list(range(places[0], places[0] + len(places)))
        rows: Any = slice(places[0], places[0] + len(places)) if together else places  # a slice copies nothing
        return self._known.take(rows)

    def save(self) -> None:
        """Save the oracle, if it is here; the tuner has no state of its own."""
        if not self._is_worker():
            self.oracle.save()

    def pre_create_trial(self) -> None:
        """Ask at most once a second: an oracle that waits for others' results answers at once."""
        time.sleep(max(0.0, self.asked + 1 - time.monotonic()))
        self.asked = time.monotonic()

    def run_trial(self, trial: Any) -> dict[str, float]:
        """Train; return the objective, and the loss, which breaks ties.

        An error in a training fails only the trial; a ConfigError, DataError or StoreError ends the search.
        """
        config, number = self._config(trial), int(trial.trial_id) + 1
        tags = {
            "model": self.data.model,
            **{name: getattr(config, name) for name in ("dataset", "task", "split", "feature")},
            "search": self.key,
            "trial": str(number),
        }
        try:
            with (
                distributed.heartbeat(self.oracle, trial.trial_id, wanted=self._is_worker()),
                runs.run(
                    f"trial {number}",
                    "trial",
                    config,
                    tags,
                    nested=True,
                    parent=self.parent,
                    run_id=trials.trial_run(self.key, number),
                ),
            ):
                mending.log_values(trial)
                runs.log_data(config, self.data.feature.name, self.data.version)
                found = self._metrics(config, self._folder(trial))
        except (ConfigError, DataError, StoreError) as error:
            raise keras_tuner.errors.FatalError(str(error)) from error
        except Exception as error:
            say(f"trial {number} failed: {why(error)}")
            raise keras_tuner.errors.FailedTrialError(why(error)) from error
        return {name: found[name] for name in {"valid_loss", config.tuning.objective}}

    def on_trial_end(self, trial: Any) -> None:
        """Hand the result to the oracle, tidy up and report progress."""
        super().on_trial_end(trial)
        if self.data.config.tuning.oracle != "hyperband":  # its later trials continue earlier ones
            self._remove_fits(trial)
        self.report_progress()

    def _remove_fits(self, trial: Any) -> None:
        """Remove a trial's fits; except on a worker, keep those of the best: the winner need not be trained again."""
        if self._is_worker():
            folders.discard(self.fits / trial.trial_id)
            return
        best = oracles.leader(self.oracle, self.data.config.tuning.objective)
        for folder in self.fits.glob("*"):
            if best is None or folder.name != best.trial_id:
                folders.discard(folder)

    def fit_of(self, number: int) -> Path | None:
        """Return the state of a trial's fit; None if it was not kept, or a separate training would differ."""
        trial = next(trial for trial in self.oracle.trials.values() if int(trial.trial_id) + 1 == number)
        state = self.fits / trial.trial_id / "0-0"
        same = not self.data.config.tuning.folds and self._epochs(trial) == self.data.config.training.epochs
        return state if same and state.exists() else None

    def _epochs(self, trial: Any) -> int:
        return int(trial.hyperparameters.values.get("tuner/epochs", self.data.config.training.epochs))

    def _config(self, trial: Any) -> Config:
        """Return the config under which `train` would do exactly what this trial does (on each inner fold, if any)."""
        config = self.data.config
        return config.derive({"hp": {**config.hp, **chosen(self.space, trial)}, "training.epochs": self._epochs(trial)})

    def _folder(self, trial: Any) -> Path:
        """Return the trial's folder of fits; if it continues an earlier trial, it starts with a copy of that one's.

        If that lies on another machine, training starts at the first epoch, with the same result.
        """
        folder = self.fits / trial.trial_id
        earlier = trial.hyperparameters.values.get("tuner/trial_id")
        if earlier and not folder.exists() and (self.fits / earlier).exists():
            copy = self.fits / f"{trial.trial_id}.partial"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(self.fits / earlier, copy)
            copy.rename(folder)
        return folder

    def _metrics(self, config: Config, folder: Path) -> dict[str, float]:
        """Train on each fold and with each seed; return the mean metrics of the validation parts.

        They belong to the weights that training keeps.
        """
        hp = hyperparameters.choose(self.data.module, config.hp, self.data.input_shape, len(self.data.corpus.classes))
        repeats = config.tuning.repeats
        each: list[tuple[dict[str, float], int]] = []
        for (f, fold), repeat in itertools.product(enumerate(self.folds), range(repeats)):
            prefix = f"fold{f + 1}/" * (len(self.folds) > 1) + f"repeat{repeat + 1}/" * (repeats > 1)
            state = folder / f"{f}-{repeat}"
            each.append(self._validate(config, hp, fold, config.seed + repeat, state, prefix, first=not each))
        mean = {name: sum(found[name] for found, _ in each) / len(each) for name in each[0][0]}
        if len(self.folds) > 1:
            objective = config.tuning.objective
            runs.log_metrics({f"{objective}_std": float(np.std([found[objective] for found, _ in each], ddof=1))})
        runs.log_epoch(each[0][1] if len(each) == 1 else 0, mean)
        return mean

    def _validate(
        self, config: Config, hp: Any, fold: Fold, seed: int, state: Path, prefix: str, *, first: bool
    ) -> tuple[dict[str, float], int]:
        """Train once; return the metrics of the validation part and the number of epochs."""
        data, train, valid = self.data, self._part(fold.train), self._part(fold.valid)
        net = factory.build(
            data.module,
            hp,
            data.input_shape,
            len(data.corpus.classes),
            seed,
            data.slicing,
            multilabel=data.corpus.multilabel,
        )
        if first:
            runs.log_params({"model": data.model, **hyperparameters.params(hp)})
            trainer.log_size(net)
        history = trainer.fit(net, train, valid, config.training, seed=seed, state=state, prefix=prefix)
        probabilities, groups = net.predict_proba(valid.x), data.corpus.groups(fold.valid)
        if data.corpus.multilabel:
            predicted = (probabilities >= multilabel.thresholds(valid.y, probabilities)).astype(np.int64)
            found = reports.metrics("valid", valid.y, probabilities, config, groups, predicted=predicted)
            loss = multilabel.log_loss(valid.y, probabilities)
        else:
            found = reports.metrics("valid", valid.y, probabilities, config, groups)
            loss = classification.log_loss(valid.y, probabilities)
        return {**found, "valid_loss": loss}, len(history)


def chosen(space: Any, trial: Any) -> dict[str, Any]:
    """Return the hyperparameters of `space` that the oracle has chosen for a trial."""
    values = trial.hyperparameters.values
    return {hp.name: _within(hp, values[hp.name]) for hp in space.space}


def _within(hp: Any, value: Any) -> Any:
    """Clip a number to its range: floats lose half their digits on their way between machines."""
    if isinstance(hp, keras_tuner.engine.hyperparameters.Float):
        return min(max(float(value), hp.min_value), hp.max_value)
    return value
