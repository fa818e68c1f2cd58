"""Trainings as a user asks for them: one model on the folds of the split, or the models of params.yaml in turn."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from genrelab.state import locks
from genrelab.tracking import runs
from genrelab.training import cross_validation, reports, trainer
from genrelab.training.done import Done
from genrelab.training.experiment_data import Prepared
from genrelab.training.trainer import Trained


def train(
    prepared: Prepared, model: str, *, nested: bool = False, origin: Mapping[str, str] = MappingProxyType({})
) -> Trained:
    """Train and score a model on the one fold of the split, or cross-validate it on its several."""
    train_it = trainer.train if len(prepared.folds) == 1 else cross_validation.crossvalidate
    return train_it(prepared, model, nested=nested, origin=origin)


def train_each(each: Mapping[str, Prepared], run_id: str) -> None:
    """Train models, by name, each on what is prepared for it, below the run `run_id`.

    Those that a killed run has finished are not done again. What is wrong with the last is said before the first is
    trained.
    """
    keys = []
    for model, prepared in each.items():
        module, hp = trainer.hyperparameters_of(prepared, model)
        keys += [trainer.key_of(prepared, fold, module, hp) for fold in prepared.folds]
    folder = Path(".genrelab/main") / hashlib.sha256("".join(keys).encode()).hexdigest()[:16]
    with locks.alone(folder, "this very line of trainings") as state:
        runs.take_over(state, run_id)
        done = Done(state / "done.json")
        for model, prepared in each.items():
            found = done.get(model, run_id)
            if found:
                print(f"\n{model}: trained before\n{reports.sentence('test', found.test)}")
            else:
                print(f"\n{model}", flush=True)
                found = train(prepared, model, nested=True)
                done.put(model, found.run_id, found)
        done.forget()
