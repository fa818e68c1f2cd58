"""Experiments: all models side by side, the thesis's tables, leakage of splits, robustness to altered clips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from genrelab import parallel
from genrelab.errors import ConfigError
from genrelab.verbs import config_or_default, workers
from genrelab.verbs.training import in_folds

if TYPE_CHECKING:
    import pandas as pd

    from genrelab.config import Config
    from genrelab.experiments.robustness import Robustness


def zoo(
    config: Config | None = None,
    *,
    models: Sequence[str] = (),
    budget: str = "",
    folds: int | None = None,
    publish: bool = False,
) -> pd.DataFrame:
    """Train, score and compare many models on the same clips; a failed model does not stop the others.

    A killed run can be resumed with the same command.

    Parameters:
        config: corpus, task, split; params.yaml if not given.
        models: model names separated by commas; if not given, all models.
        budget: the longest time that each model may train, such as 90s, 20m or 1h.
        folds: train and score each model on this many folds (split kfold or artist_kfold).
        publish: true to put the table into docs/zoo.md in a checkout of genrelab.

    Returns:
        One row per model: its figures, its run, or why it failed.

    Raises:
        ConfigError: a model does not exist, or a value is wrong.
        IncompleteError: some models failed; raised after everything else is done.

    Example:
        >>> table = gl.zoo(gl.load_config(), models=["svm"])                    # doctest: +ELLIPSIS
        <BLANKLINE>
        1 of 1...
        >>> list(table.model)
        ['svm']
    """
    config = config_or_default(config)
    if folds is not None:
        config = in_folds(config, folds)
    parallel.check(config.workers)
    from genrelab.experiments import zoo

    return zoo.zoo(config, [models] if isinstance(models, str) else models, budget, folds, publish=publish)


def replicate(config: Config | None = None, *, fast: bool = False) -> pd.DataFrame:
    """Run the thesis's experiments (baselines, searches, both tasks) and print its tables next to ours.

    Parameters:
        config: corpus and split; params.yaml if not given.
        fast: true for a small version with few trials and epochs.

    Returns:
        One row per experiment and model: the thesis's figures and ours.

    Raises:
        ConfigError: hyperparameters are given; the thesis sets them.
        DataError: the corpus cannot be built.

    Example:
        >>> config = gl.load_config(overrides={"tuning.trials": 1})
        >>> table = gl.replicate(config, fast=True)                             # doctest: +ELLIPSIS
        <BLANKLINE>
        experiment 1 of 10...
        >>> list(table.table)
        [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    """
    config = config_or_default(config)
    from genrelab.data import dvc

    dvc.reproduce(config, *dvc.feature_stages(config, config.feature.split("+")))
    from genrelab.experiments import replication

    return replication.replicate(config, fast=fast)


def leakage(model: str, config: Config | None = None, *, seeds: int | None = None) -> pd.DataFrame:
    """Train a model on slices split by slice, by clip and by artist, and show how much the first two leak.

    Parameters:
        model: a module of models/ whose feature has a time axis, such as cnn or svm.
        config: corpus and split; params.yaml if not given.
        seeds: number of seeds, 2 or more; leakage.seeds in params.yaml if not given.

    Returns:
        One row per way of splitting and seed: accuracy and F1 of the test slices (0...1).

    Raises:
        ConfigError: the model's feature has no time axis, or a value is wrong.
        DataError: the corpus is not built, or has no artists.

    Example:
        >>> parts = {"split": "file", "splits.file.path": "parts.csv"}          # a division by artist
        >>> config = gl.load_config(overrides={**parts, "leakage.seconds": 1.5})
        >>> table = gl.leakage("svm", config, seeds=2)                          # doctest: +ELLIPSIS
        <BLANKLINE>
        slices at random...
        >>> len(table)
        6
    """
    config = config_or_default(config)
    if seeds is not None and seeds < 2:
        raise ConfigError(f"seeds must be a whole number of 2 or more, got {seeds}")
    from genrelab.experiments import leakage

    return leakage.leakage(config, model, seeds or config.leakage.seeds)


def robustness(model_uri: str = "", config: Config | None = None, *, dataset: str = "") -> Robustness:
    """Show how far a saved model's figures fall under gain, filters, codecs, noise, speed, pitch and excerpts.

    Parameters:
        model_uri: models:/<name>/<version>, runs:/<run id>/model; if not given, the champion of <dataset>-<task>
            (or of the only registered model), or its latest version if it has no champion.
        config: describes the corpora; params.yaml if not given.
        dataset: a corpus other than the model's own; all of its clips are altered.

    Returns:
        The run, a table with one row per alteration, and the page.

    Raises:
        ModelError: the model does not exist, or its classes or its feature differ from those of the corpus.
        DataError: the corpus is not built, or the model was trained on all of it.

    Example:
        >>> found = gl.robustness("models:/tiny-genre/1")                       # doctest: +ELLIPSIS
        <BLANKLINE>
        svm on tiny, genre: 6 altered clips...
        >>> set(found.table.kind) >= {"gain", "noise", "codec"}
        True
    """
    config = config_or_default(config)
    from genrelab.experiments import robustness
    from genrelab.tracking import registry

    model_uri = registry.pinned_uri(model_uri or registry.serving_uri(f"{config.dataset}-{config.task}"))
    return robustness.robustness(config, model_uri, dataset, workers=workers(config))
