"""Trainings as a user asks for them: one model on the folds of the split, or the models of params.yaml in turn."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from genrelab import crossvalidating, locking, reporting, tracking, training
from genrelab.done import Done
from genrelab.preparing import Prepared
from genrelab.training import Trained


def train(
    prepared: Prepared, model: str, *, nested: bool = False, origin: Mapping[str, str] = MappingProxyType({})
) -> Trained:
    """Train and score a model on the one fold of the split, or cross-validate it on its several."""
    train_it = training.train if len(prepared.folds) == 1 else crossvalidating.crossvalidate
    return train_it(prepared, model, nested=nested, origin=origin)


def train_each(each: Mapping[str, Prepared], run_id: str) -> None:
    """Train models, by name, each on what is prepared for it, below the run `run_id`.

    Those that a killed run has finished are not done again. What is wrong with the last is said before the first is
    trained.
    """
    keys = []
    for model, prepared in each.items():
        module, hp = training.hyperparameters_of(prepared, model)
        keys += [training.key_of(prepared, fold, module, hp) for fold in prepared.folds]
    folder = Path(".genrelab/main") / hashlib.sha256("".join(keys).encode()).hexdigest()[:16]
    with locking.alone(folder, "this very line of trainings") as state:
        tracking.take_over(state, run_id)
        done = Done(state / "done.json")
        for model, prepared in each.items():
            found = done.get(model, run_id)
            if found:
                print(f"\n{model}: trained before\n{reporting.sentence('test', found.test)}")
            else:
                print(f"\n{model}", flush=True)
                found = train(prepared, model, nested=True)
                done.put(model, found.run_id, found)
        done.forget()
