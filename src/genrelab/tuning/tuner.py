"""One Keras Tuner for Keras and scikit-learn models. A trial is a training like any other, but never sees test."""

import functools
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from genrelab.classifiers import factory, hyperparameters
from genrelab.classifiers.factory import Examples
from genrelab.config import Config
from genrelab.console import say
from genrelab.errors import ConfigError, DataError, StoreError, why
from genrelab.layers.keras_backend import keras_tuner
from genrelab.metrics import classification
from genrelab.tracking import runs, trials
from genrelab.training import reports, trainer
from genrelab.training.experiment_data import TrainingData
from genrelab.tuning import distributed


class Tuner(keras_tuner.engine.base_tuner.BaseTuner):
    """Runs the trials that an oracle chooses, each as a run below `parent`.

    `fits` is the folder in which trainings keep what they need to resume; `report_progress` is called after each trial.
    """

    def __init__(
        self,
        data: TrainingData,
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
        self.data, self.space = data, space
        self.fits, self.key, self.parent, self.report_progress = fits, key, parent, report_progress
        self.asked = 0.0  # when the oracle was last asked for a trial, in seconds of the monotonic clock

    @functools.cached_property
    def parts(self) -> tuple[Examples, Examples]:
        """Train and validation; test is never read."""
        fold = self.data.folds[0]
        return self.data.part(fold.train), self.data.part(fold.valid)

    def save(self) -> None:
        """Save the oracle, if it is here; the tuner has no state of its own."""
        if not self._is_worker():
            self.oracle.save()

    def pre_create_trial(self) -> None:
        """Ask no more than once a second: an oracle that waits for others' results answers at once."""
        time.sleep(max(0.0, self.asked + 1 - time.monotonic()))
        self.asked = time.monotonic()

    def run_trial(self, trial: Any) -> dict[str, float]:
        """Train; return the objective, and the loss, which decides between equals.

        What goes wrong in a training fails the trial, and no more.
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
        if self.data.config.tuning.oracle != "hyperband":  # whose later trials continue earlier ones
            shutil.rmtree(self.fits / trial.trial_id, ignore_errors=True)
        self.report_progress()

    def _config(self, trial: Any) -> Config:
        """Return the config under which `train` would do exactly what this trial does."""
        config = self.data.config
        epochs = int(trial.hyperparameters.values.get("tuner/epochs", config.training.epochs))
        return config.derive({"hp": {**config.hp, **chosen(self.space, trial)}, "training.epochs": epochs})

    def _folder(self, trial: Any) -> Path:
        """Return the trial's folder of fits; one that continues an earlier trial starts with a copy of that one's.

        Where that lies on another machine, the training starts at its first epoch, and comes to the same.
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
        """Train, with each seed, and return the figures of the validation part: of the weights that training keeps."""
        shape, classes = self.data.input_shape, len(self.data.corpus.classes)
        module = self.data.module
        hp = hyperparameters.choose(module, config.hp, shape, classes)
        (train, valid), repeats, all_found = self.parts, config.tuning.repeats, []
        for repeat in range(repeats):
            seed = config.seed + repeat
            net = factory.build(module, hp, shape, classes, seed, self.data.slicing)
            if repeat == 0:
                runs.log_params({"model": self.data.model, **hyperparameters.params(hp)})
                trainer.log_size(net)
            history = trainer.fit(
                net,
                train,
                valid,
                config.training,
                seed=seed,
                state=folder / str(repeat),
                prefix=f"repeat{repeat + 1}/" if repeats > 1 else "",
            )
            probabilities = net.predict_proba(valid.x)
            groups = self.data.corpus.groups(self.data.folds[0].valid)
            found = reports.metrics("valid", valid.y, probabilities, config, groups)
            all_found.append({**found, "valid_loss": classification.log_loss(valid.y, probabilities)})
        mean = {name: sum(found[name] for found in all_found) / repeats for name in all_found[0]}
        runs.log_epoch(len(history) if repeats == 1 else 0, mean)
        return mean


def chosen(space: Any, trial: Any) -> dict[str, Any]:
    """Return the hyperparameters of `space` that the oracle has chosen for a trial."""
    values = trial.hyperparameters.values
    return {hp.name: _within(hp, values[hp.name]) for hp in space.space}


def _within(hp: Any, value: Any) -> Any:
    """Return a number within its range: on their way between machines, floats lose half their digits."""
    if isinstance(hp, keras_tuner.engine.hyperparameters.Float):
        return min(max(float(value), hp.min_value), hp.max_value)
    return value
