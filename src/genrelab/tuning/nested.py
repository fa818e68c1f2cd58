"""Nested cross-validation: a search in each fold of the split, whose winner is scored on that fold's test part.

A winner's figure on one small test part says little, and that of the best of several searches promises too much. Here,
every clip of the corpus is tested once, by the winner of a search that has never read it. This estimates how well the
whole procedure does, search included; the winners' hyperparameters may differ from fold to fold.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from genrelab.config import flatten
from genrelab.console import say
from genrelab.errors import ConfigError
from genrelab.state import digests
from genrelab.tracking import runs
from genrelab.training import cross_validation
from genrelab.training.experiment_data import TrainingData
from genrelab.training.trainer import TrainingResult
from genrelab.tuning import report
from genrelab.tuning.search import Search


def tune_nested(data: TrainingData) -> TrainingResult:
    """Search in each fold of the split in turn, score each winner, and pool the predictions; register nothing.

    Parameters:
        data: the model on a split of several folds. Each search uses the settings in `tuning`; with `tuning.folds`,
            its trials are averaged over folds inside the train and validation parts.

    Returns:
        The run of all folds, no version, and the figures of all clips. A run that was killed resumes at the fold, the
        trial and the epoch that it had reached.

    Raises:
        ConfigError: the split has one fold, or `tuning.refit` is false.
    """
    config, tuning, k = data.config, data.config.tuning, len(data.folds)
    if k == 1:
        raise ConfigError(
            f"nested searches in each fold of a split; '{config.split}' has one; use -P split=kfold or artist_kfold"
        )
    if not tuning.refit:
        raise ConfigError("nested scores the winner of each fold, so tuning.refit must be true")
    searches = [Search(data, fold) for fold in range(k)]

    def on_fold(number: int) -> tuple[str, TrainingResult]:
        runs.log_params(flatten({"tuning": tuning.model_dump()}))
        found = searches[number].lead("", nested=True)
        assert found.winner is not None
        return found.run_id, found.winner

    how = f"nested search of {tuning.space}, {tuning.trials} trials, {tuning.oracle}, {tuning.objective}"
    how += f", {tuning.folds} inner folds" * bool(tuning.folds)
    tags = {"settings": how, "space": tuning.space, "oracle": tuning.oracle, "nested": how}
    keys = [digests.of_value([search.key, tuning.trials]) for search in searches]
    name = f"nested tune {data.model} {config.dataset} {config.task} {tuning.space}"
    return cross_validation.on_folds(data, keys, on_fold, origin=tags, name=name, conclude=_log_winners)


def _log_winners(trained: Sequence[TrainingResult]) -> None:
    """Log a row per fold (winning trial, validation and test figures, hyperparameters); print whether winners agree."""
    rows = []
    for fold, winner in enumerate(trained):
        best = report.best_of(runs.tags_of(winner.run_id)["tuned_by"])
        row: dict[str, Any] = {
            "fold": fold,
            "trial": best.trial,
            "objective": best.value,
            **{name: winner.metrics[name] for name in ("test_accuracy", "test_map") if name in winner.metrics},
        }
        rows.append({**row, **{f"hp.{name}": value for name, value in best.hp.items()}, "run": winner.run_id})
    table = pd.DataFrame(rows)
    runs.log_table(table, "winners")
    chosen = table[[name for name in table if name.startswith("hp.")]].nunique(dropna=False).max()
    same = (
        "the same hyperparameters won in every fold"
        if chosen == 1
        else "the winning hyperparameters differ between folds"
    )
    say(f"{same}: winners.csv")
