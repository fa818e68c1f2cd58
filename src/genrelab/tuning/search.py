"""A hyperparameter search: one run with a child per trial, a table and pictures of them, and the trained winner.

A search keeps what it needs to resume in .genrelab/tuning/<what is searched>/<key>/; the key is a hash of everything
that affects a trial's result: data, space, the model's code, settings. The number of trials is not part of it, so more
trials extend a search.
"""

import dataclasses
import time
from typing import Any, NamedTuple

from genrelab.classifiers import ensemble_spec, factory, hyperparameters
from genrelab.config import Config, flatten
from genrelab.console import say
from genrelab.errors import ConfigError, GenreLabError
from genrelab.layers.keras_backend import keras_tuner
from genrelab.parallel import calls, on_cards
from genrelab.parallel.calls import Call
from genrelab.state import cards, damage, digests, files, locks
from genrelab.state.home import state_folder
from genrelab.tracking import runs, trials
from genrelab.training import experiment_data, trainer
from genrelab.training.experiment_data import TrainingData
from genrelab.training.trainer import TrainingResult
from genrelab.tuning import distributed, mending, oracles, report
from genrelab.tuning import tuner as tuning
from genrelab.tuning.inner_folds import inner_folds, keeps_artists_apart
from genrelab.tuning.refit import refit
from genrelab.tuning.report import BestTrial

ON_CARDS = "cards"  # instead of a scheduler's address
WAIT_SECONDS = 120  # how long a worker looks for its chief's run


class SearchResult(NamedTuple):
    """A search's result: its run, its best trial, and the training of the winner if requested."""

    run_id: str
    best: BestTrial
    winner: TrainingResult | None


def tune(data: TrainingData, *, chief: str = "", cluster: str = "", nested: bool = False) -> SearchResult:
    """Search, report, and train the winner; with `chief` (host:port), workers that connect there run the trials.

    `cluster`, the address of a Dask scheduler, starts them on its workers. Without a chief, they start on the cards of
    this machine if it has several.
    """
    if not chief and len(cards.visible()) > 1:
        chief, cluster = distributed.free_port(), ON_CARDS
    address = distributed.enter("chief", chief) if chief else ""
    return Search(data).lead(address, cluster, nested=nested)


def work_there(config: Config, model: str, chief: str) -> None:
    """Run trials on a worker of a cluster, in a fresh process."""
    work(experiment_data.first_fold(experiment_data.load(config, model), "tune"), chief=chief)


def work(data: TrainingData, *, chief: str) -> None:
    """Run trials that the chief at host:port gives out, until it has no more."""
    Search(data).work(distributed.enter("worker", chief))


class Search:
    """One search: what identifies it, and where its state lies.

    With `fold`, it is the search of a nested cross-validation in this fold of the split: its winner is scored there
    and not registered.
    """

    def __init__(self, data: TrainingData, fold: int | None = None) -> None:
        config = data.config
        self.whole, self.fold = data, fold
        data = data if fold is None else dataclasses.replace(data, folds=[data.folds[fold]])
        self.data, self.config = data, config
        shape, classes = data.input_shape, len(data.corpus.classes)
        self.space = hyperparameters.searched(data.module, config.tuning.space, config.hp, shape, classes)
        net = factory.build(data.module, data.hyperparameters(), shape, classes, 0, multilabel=data.corpus.multilabel)
        if config.tuning.oracle == "hyperband" and not net.by_epochs:
            raise ConfigError(
                f"oracle hyperband varies the epochs of trials, but '{data.model}' has none; try bayesian"
            )
        self.folds = inner_folds(data, config.tuning.folds, config.seed) if config.tuning.folds else data.folds[:1]
        self.oracle = oracles.make(config.tuning, self.space, config.training.epochs, config.seed)
        self.progress = report.Progress(self.oracle, config.tuning)
        self.about = self._about()
        self.key = digests.of_value(self.about)
        name = "".join(c if c.isalnum() or c in "._" else "+" for c in config.tuning.space)
        kind = (config.dataset, config.task, data.model, name, config.tuning.oracle)
        self.folder = state_folder() / "tuning" / "-".join(kind) / self.key

    def _about(self) -> dict[str, Any]:
        """Return everything that affects a trial's result, under names that users know."""
        config, data = self.config, self.data
        return {
            "data": [data.version.table, data.version.features],
            "classes": list(data.corpus.classes),
            **({"tags": digests.of_value(data.corpus.truths())} if data.corpus.multilabel else {}),
            "split": digests.of_value([dataclasses.asdict(fold) for fold in self.folds]),
            "the model's code": ensemble_spec.code_digest(data.module)[:16],
            "the training's code": trainer.fitting_code()[:16],
            "space": [repr(hp) for hp in self.space.space],
            "hp": config.hp,
            "members": config.members,
            "seed": config.seed,
            **flatten({"slices": config.slices.model_dump()}),
            **flatten({"training": config.training.recipe}),
            **flatten({"tuning": config.tuning.model_dump(include={"oracle", "objective", "repeats", "folds"})}),
        }

    @property
    def tags(self) -> dict[str, str]:
        """The tags that identify the search's run."""
        config = self.config
        return {
            "model": self.data.model,
            **{name: getattr(config, name) for name in ("dataset", "task", "split", "feature")},
            "space": config.tuning.space,
            "oracle": config.tuning.oracle,
            "search": self.key,
        }

    def lead(self, address: str, cluster: str = "", *, nested: bool) -> SearchResult:
        """Lead the search: run its trials or, as the chief at `address`, give them out, to a cluster's workers too."""
        config, data = self.config, self.data
        name = f"tune {data.model} {config.dataset} {config.task} {config.tuning.space}"
        name += "" if self.fold is None else f", fold {self.fold + 1} of {len(self.whole.folds)}"
        with (
            locks.exclusive_lock(self.folder, "this search"),
            runs.run(name, "tune", config, self.tags, nested=nested) as run_id,
        ):
            runs.log_data(config, data.feature.name, data.version)
            runs.log_params({"model": data.model, **flatten({"tuning": config.tuning.model_dump()})})
            runs.log_params({f"hp.{name}": value for name, value in config.hp.items()})
            if config.tuning.folds:
                say(self._about_folds())
            tuner = self._tuner(run_id, "fits")
            self._resume(run_id, alone=not address)
            try:
                with self.progress.shown():
                    self._run_trials(tuner, address, cluster, run_id)
            except KeyboardInterrupt:
                self._log_trials()
                raise
            best = report.conclude(data, self.oracle, self.space, self._log_trials())
            origin = {**{name: self.tags[name] for name in ("space", "oracle", "search")}, "tuned_by": run_id}
            if not config.tuning.refit:
                return SearchResult(run_id, best, None)
            winner = refit(self.whole, best, self.folder, origin, self.fold, tuner.fit_of(best.trial))
            return SearchResult(run_id, best, winner)

    def _about_folds(self) -> str:
        by = "artist" if keeps_artists_apart(self.data) else "clip"
        clips = len(self.folds[0].train) + len(self.folds[0].valid)
        return f"each trial is the mean over {len(self.folds)} folds of the {clips} clips outside test, by {by}"

    def _run_trials(self, tuner: tuning.Tuner, address: str, cluster: str, run_id: str) -> None:
        try:
            if not address:
                tuner.search()
                return
            if cluster:
                call = Call(work_there, (self.config, self.data.model, address))
                here = cluster == ON_CARDS
                with on_cards.Crew(cards.visible(), call) if here else calls.Crew(cluster, call) as crew:
                    where = f"on {len(cards.visible())} cards" if here else f"of the Dask cluster at {cluster}"
                    say(f"chief at {address}; the workers {where} run the trials")
                    distributed.lead(tuner, self.oracle, self.progress.update, self._requeue_lost, crew.staff)
            else:
                say(f"chief: start workers with -P role=worker -P chief={address}")
                distributed.lead(tuner, self.oracle, self.progress.update, self._requeue_lost)
            trials.set_parent(self.key, run_id)  # of trials that workers began under an earlier run of the chief
            trials.close_abandoned(search=self.key)
        except keras_tuner.errors.FatalError as error:
            raise error.__cause__ or error from None

    def work(self, address: str) -> None:
        """Run trials that the chief at `address` gives out, as children of its run."""
        tags = {"model": self.data.model, "dataset": self.config.dataset, "worker": distributed.identity()}
        with runs.run(f"{distributed.identity()} for {self.data.model}", "worker", self.config, tags):
            say(f"worker: looking for the chief's run of search {self.key}")
            deadline = time.monotonic() + WAIT_SECONDS
            while not (parent := trials.chief_run(self.key)):
                if time.monotonic() > deadline:
                    raise GenreLabError(
                        f"the tracking store has no chief of this search ({self.key}); start one with -P role=chief "
                        "and otherwise the same command, with the same data, code and tracking server"
                    )
                time.sleep(1)
            tuner = self._tuner(parent, f"fits-{distributed.identity()}")
            distributed.work(tuner, address)

    def _tuner(self, parent: str, fits: str) -> tuning.Tuner:
        return tuning.Tuner(
            self.data,
            self.folds,
            self.oracle,
            self.space,
            folder=self.folder,
            fits=self.folder / fits,
            key=self.key,
            parent=parent,
            report_progress=self.progress.update,
        )

    def _resume(self, run_id: str, *, alone: bool) -> None:
        """Resume what earlier runs of this search have left, or report what makes it a new one."""
        if runs.supersede_run(self.folder, run_id):
            if alone:  # a chief's workers may still be running theirs
                trials.close_abandoned(search=self.key)
            trials.set_parent(self.key, run_id)
        else:
            self._report_changes()
        if self.oracle.saved:
            mending.mend(self.oracle, self.key)
            self.oracle.reload()
            self.progress.resume()

    def _report_changes(self) -> None:
        about = self.folder / "about.json"
        others = sorted(self.folder.parent.glob("*/about.json"), key=lambda path: path.stat().st_mtime)
        if others and self.fold is None:  # in a nested search, every fold has a different split
            last = damage.read_json_or({}, others[-1])
            changed = [name for name in {**self.about, **last} if last.get(name) != self.about.get(name)]
            say(f"changed since the last such search: {', '.join(changed)}; starting a new one")
        files.write_json(about, self.about, indent=1)

    def _requeue_lost(self, worker: str, trial_id: str) -> None:
        trials.close_abandoned(worker=worker)
        if trial_id:
            number = int(trial_id) + 1
            trials.close_abandoned(search=self.key, trial=str(number))
            say(f"{worker} has stopped responding; its trial {number} goes to another")

    def _log_trials(self) -> Any:
        return report.log_trials(self.data, self.oracle, self.space, self.key)
