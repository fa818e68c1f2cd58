"""A model trained and scored on every fold of a split: one run, with a child a fold.

Its figures are those of the pooled predictions, in which each clip is judged once, by a model that has not seen it;
mean and spread over the folds stand beside them. Nothing is registered: none of the models was trained on all there is.
"""

import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd

from genrelab import locking, reporting, tracking, training
from genrelab.done import Done
from genrelab.preparing import Prepared
from genrelab.training import Trained

SPREAD = ("accuracy", "precision", "recall", "f1")  # figures whose mean and deviation over the folds are logged


def crossvalidate(
    prepared: Prepared, model: str, *, nested: bool = False, origin: Mapping[str, str] = MappingProxyType({})
) -> Trained:
    """Train and score `model` on each fold; a fold that an earlier, killed run has finished is not done again."""
    config, k = prepared.config, len(prepared.folds)
    module, hp = training.hyperparameters_of(prepared, model)
    keys = [training.key_of(prepared, fold, module, hp) for fold in prepared.folds]
    folder = Path(".genrelab/folds") / hashlib.sha256("".join(keys).encode()).hexdigest()[:16]
    tags = {**training.tags_of(prepared, model, origin), "folds": str(k)}
    with (
        locking.alone(folder, "this very cross-validation") as state,
        tracking.run(
            f"{model} {config.dataset} {config.task}, {k} folds", "train", config, tags, nested=nested
        ) as run_id,
    ):
        tracking.take_over(state, run_id)
        tracking.log_data(config, prepared.feature, prepared.version)
        tracking.log_params({"model": model, **{f"hp.{name}": value for name, value in config.hp.items()}})
        done, trained = Done(state / "done.json"), []
        if done.entries:
            print(f"going on with this cross-validation: {len(done.entries)} of {k} folds are done")
        for number in range(k):
            print(f"\nfold {number + 1} of {k}", flush=True)
            found = done.get(str(number), run_id)
            if found:
                print(reporting.sentence("test", found.test))
            else:
                found = training.train(prepared, model, nested=True, fold=number, name=f"fold {number + 1} of {k}")
                done.put(str(number), found.run_id, found)
            trained.append(found)
        test = _pool(
            prepared, trained, f"{model} on {config.dataset}, {config.task}: each clip tested in one of {k} folds"
        )
        done.forget()
        return Trained(run_id, "", test)


def _pool(prepared: Prepared, trained: Sequence[Trained], title: str) -> dict[str, float]:
    """Score and log the predictions of all folds together, and the spread between them."""
    config, classes = prepared.config, prepared.corpus.classes
    texts = [tracking.read_text(found.run_id, "predictions.csv") for found in trained]
    table = pd.concat([pd.read_csv(io.StringIO(text), dtype={"clip": str, "true": str}) for text in texts])
    true = prepared.corpus.targets(list(table["clip"]))
    test = reporting.figures("test", true, table[list(classes)].to_numpy(float), config)
    spread: dict[str, float] = {}
    for figure in SPREAD:
        values = [found.test[f"test_{figure}"] for found in trained]
        spread |= {f"test_{figure}_mean": float(np.mean(values)), f"test_{figure}_std": float(np.std(values, ddof=1))}
    each = [tracking.metrics_of(found.run_id) for found in trained]
    spread["train_seconds"] = sum(found["train_seconds"] for found in each)
    if "parameters" in each[0]:
        spread["parameters"] = each[0]["parameters"]
    tracking.log_metrics(spread)
    reporting.log_test(table, test, classes, title)
    print(f"\nall folds, {reporting.sentence('test', test)}")
    mean, deviation = 100 * spread["test_accuracy_mean"], 100 * spread["test_accuracy_std"]
    print(f"accuracy over the {len(trained)} folds: mean {mean:.1f}%, standard deviation {deviation:.1f}")
    return test
