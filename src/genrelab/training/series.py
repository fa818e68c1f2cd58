"""Trainings as users request them: one model on the folds of the split, or the models of params.yaml in turn."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from genrelab.console import say
from genrelab.state import digests, locks
from genrelab.state.home import state_folder
from genrelab.tracking import runs
from genrelab.training import cross_validation, reports, trainer
from genrelab.training.completed import CompletedTrainings
from genrelab.training.experiment_data import TrainingData
from genrelab.training.trainer import TrainingResult


def train(
    data: TrainingData, *, nested: bool = False, origin: Mapping[str, str] = MappingProxyType({})
) -> TrainingResult:
    """Train and score the model on the split's only fold, or cross-validate it if there are several."""
    train_it = trainer.train if len(data.folds) == 1 else cross_validation.crossvalidate
    return train_it(data, nested=nested, origin=origin)


def train_each(each: Sequence[TrainingData], run_id: str) -> None:
    """Train models, each on its own data, below the run `run_id`.

    Skips those that a killed run has finished. Reports what is wrong with the last before it trains the first.
    """
    keys = [trainer.key_of(data, fold) for data in each for fold in data.folds]
    folder = state_folder() / "main" / digests.of_value(keys)
    with locks.exclusive_lock(folder, "this series of trainings") as state:
        runs.supersede_run(state, run_id)
        done = CompletedTrainings(state / "done.json")
        for data in each:
            found = done.get(data.model, run_id)
            if found:
                say(f"\n{data.model}: already trained\n{reports.sentence('test', found.metrics)}")
            else:
                say(f"\n{data.model}")
                found = train(data, nested=True)
                done.put(data.model, found.run_id, found)
        done.forget()
