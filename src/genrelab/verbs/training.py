"""Train models, score them once on test, and register them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from genrelab import parallel
from genrelab.console import say
from genrelab.errors import ConfigError
from genrelab.state import cards
from genrelab.verbs import config_or_default

if TYPE_CHECKING:
    from genrelab.config import Config
    from genrelab.evaluation.tables import Comparison
    from genrelab.evaluation.tag_tables import TagComparison
    from genrelab.training.trainer import TrainingResult
    from genrelab.tuning.search import SearchResult

SMALL_TRIALS, SMALL_EPOCHS = 3, 4  # of a search for which nothing is named: minutes on two cores


def main(config: Config | None = None) -> Comparison | TagComparison:
    """Run the whole pipeline: build the data, train and score each model of params.yaml, and print their leaderboard.

    Parameters:
        config: the corpus, the models and everything else; params.yaml if not given.

    Returns:
        The comparison of the models; its `table` is the leaderboard.

    Raises:
        ConfigError, DataError, ModelError: the settings do not fit together; the message is one line.
    """
    config = config_or_default(config)
    from genrelab.classifiers import ensemble_spec
    from genrelab.data import dvc

    modules = {model: ensemble_spec.load(model, config) for model in config.models}
    settled = [ensemble_spec.takes(module, model, config) for model, module in modules.items()]
    kinds = {kind for own in settled for kind in own.feature.split("+")}
    dvc.reproduce(config, *dvc.feature_stages(config, sorted(kinds)), kinds=sorted(kinds))
    from genrelab.evaluation import comparison
    from genrelab.tracking import runs
    from genrelab.training import experiment_data, series

    data = experiment_data.split(config)
    each = [experiment_data.load(config, model) for model in config.models]
    with runs.run(f"main {config.dataset} {config.task}", "main", config, {"dataset": config.dataset}) as run_id:
        runs.log_data(config, "", data.version)
        series.train_each(each, run_id)
        say()
        return comparison.leaderboard(data)


def train(
    model: str = "",
    config: Config | None = None,
    *,
    preset: str = "",
    from_tune: str = "",
    folds: int | None = None,
    seeds: int | None = None,
) -> TrainingResult:
    """Train a model, score it once on test, and register it.

    With `folds` or `seeds`, the model is trained several times and nothing is registered.

    Parameters:
        model: a module of models/, such as cnn, crnn or svm, or an ensemble, such as cnn+svm; if not given, the first
            of `models` in params.yaml.
        config: corpus, split, epochs and everything else; params.yaml if not given.
        preset: a named set of the model's hyperparameters, such as thesis-both; recipe also sets epochs and slices. In
            an ensemble, it applies to the members that have it.
        from_tune: run id of a search whose best hyperparameters are used.
        folds: cross-validate: train and score on each of this many folds (split kfold or artist_kfold).
        seeds: train and score with this many seeds, 2 or more, and report how much the results differ.

    Returns:
        The run, the registered version ("" if none), and the metrics by name, such as test_accuracy (0...1).

    Raises:
        ConfigError: a name or a value is wrong, or two options contradict each other.
        DataError: the corpus is not built, or out of date.
        ModelError: the hyperparameters do not give a valid model, or the training diverged.

    Example:
        >>> config = gl.load_config(overrides={"metrics.bootstrap": 100})
        >>> result = gl.train("svm", config)                                    # doctest: +ELLIPSIS
        valid: accuracy ...
        registered: models:/tiny-genre/...
        >>> 0 <= result.metrics["test_accuracy"] <= 1
        True
    """
    if preset and from_tune:
        raise ConfigError("preset and from_tune both name hyperparameters; leave out one of the two")
    if seeds is not None and seeds < 2:
        raise ConfigError(f"seeds must be a whole number of 2 or more, got {seeds}")
    config = config_or_default(config)
    if not from_tune:
        model = model or config.models[0]
    if folds is not None:
        config = in_folds(config, folds)
    from genrelab.classifiers import ensemble_spec, hyperparameters
    from genrelab.training import cross_validation, experiment_data, series
    from genrelab.tuning import report

    origin: dict[str, str] = {}
    if from_tune:
        best = report.best_of(from_tune)
        if model and model != best.model:
            raise ConfigError(f"run '{from_tune}' searched model '{best.model}', not '{model}'")
        model, config, origin = best.model, config.with_preset(best.hp), {"from_tune": from_tune}
    elif preset:
        values = hyperparameters.preset(ensemble_spec.load(model, config), preset)
        config, origin = config.with_preset(values), {"preset": preset}
    data = experiment_data.load(config, model)
    if seeds is None:
        return series.train(data, origin=origin)
    experiment_data.in_one_fold(data, "seeds")
    return cross_validation.repeat(data, seeds, origin=origin)


def _small(config: Config, trials: int | None) -> dict[str, int]:
    """Return the overrides that make a search small, for the sizes that the user has not given."""
    small: dict[str, int] = {} if trials is not None else {"tuning.trials": SMALL_TRIALS}
    return small | ({"training.epochs": SMALL_EPOCHS} if "training.epochs" in config.left_to_model else {})


def _with_objective(config: Config) -> Config:
    """Return the config with an objective that fits its task: mAP replaces accuracy for several labels per clip."""
    objective = config.tuning.objective
    if config.multilabel and "accuracy" in objective:
        instead = objective.replace("accuracy", "map")
        say(f"task {config.task} has several labels per clip: the objective is {instead} instead of {objective}")
        return config.derive({"tuning.objective": instead})
    if not config.multilabel and "map" in objective:
        raise ConfigError(f"tuning.objective {objective} is for multilabel tasks, but '{config.task}' is not one")
    return config


def in_folds(config: Config, folds: int) -> Config:
    """Return the config with this many folds: of its own split if that has a number of folds, else of kfold."""
    split = config.split if "folds" in type(config.split_params(config.split)[1]).model_fields else "kfold"
    return config.derive({"split": split, f"splits.{split}.folds": folds})


def tune(
    model: str = "",
    config: Config | None = None,
    *,
    space: str = "",
    trials: int | None = None,
    folds: int | None = None,
    nested: bool = False,
    role: str = "",
    chief: str = "",
) -> SearchResult | TrainingResult | None:
    """Search a model's hyperparameters on validation, then train, score and register the best.

    If no model is given, this is a small search as a first look, with few trials and epochs unless these are given.
    If the split has several folds, the search uses the first one, or with `nested` each of them. The test part of a
    fold is read only at the end.

    Parameters:
        model: a module of models/, such as cnn, crnn or svm, or an ensemble, such as cnn+svm; if not given, the first
            of `models` in params.yaml.
        config: corpus, split, `tuning` and everything else; params.yaml if not given.
        space: what to search: all, a space of the model (units, activations, both), or name patterns; tuning.space in
            params.yaml if not given.
        trials: number of configurations to try, 1 or more; tuning.trials in params.yaml if not given.
        folds: average each trial over this many folds of the train and validation parts, 2 or more (by artist if the
            split keeps artists apart); tuning.folds in params.yaml if not given.
        nested: true to search in each fold of the split (kfold, artist_kfold) and score each winner on that fold's test
            part, so that every clip is tested once; nothing is registered.
        role: chief or worker, in a search on several machines.
        chief: the chief's host:port, 127.0.0.1:8476 if not given.

    Returns:
        The run, the best trial, and the training of the winner (None if tuning.refit is false); None for a worker.
        With `nested`, the run of all folds, and the pooled metrics of their winners.

    Raises:
        ConfigError: a name or a value is wrong.
        DataError: the corpus is not built, or out of date.
        ModelError: every trial failed.

    Example:
        >>> search = gl.tune("svm", gl.load_config(), space="all", trials=2)    # doctest: +ELLIPSIS
        trial 1: ...
        >>> sorted(search.best.hp)
        ['C', 'kernel']
    """
    if role not in ("", "chief", "worker"):
        raise ConfigError(f"role must be chief or worker, or be left out, got '{role}'")
    if chief and not role:
        raise ConfigError("chief is the address of a search on several machines; set role to chief or worker")
    if nested and role:
        raise ConfigError("nested searches fold by fold on one machine; leave out role")

    config = config_or_default(config)
    asked = {"tuning.space": space or None, "tuning.trials": trials, "tuning.folds": folds}
    if not model:
        model = config.models[0]
        asked |= _small(config, trials)
        say(f"no model given: running a small search of {model}; change it with -P model= -P trials= -P epochs=")
    config = _with_objective(config.derive({name: value for name, value in asked.items() if value is not None}))
    parallel.check(config.workers)
    if role == "worker":
        with cards.free() as card:
            os.environ |= card  # before the nets' backend looks for cards
            _work(config, model, chief)
        return None
    from genrelab.training import experiment_data
    from genrelab.tuning import distributed, search
    from genrelab.tuning import nested as nesting

    loaded = experiment_data.load(config, model)
    if nested:
        return nesting.tune_nested(loaded)
    data = experiment_data.first_fold(loaded, "tune")
    if isinstance(config.workers, str) and not role:
        return search.tune(data, chief=distributed.free_address(config.workers), cluster=config.workers)
    return search.tune(data, chief=(chief or distributed.ADDRESS) if role else "")


def _work(config: Config, model: str, chief: str) -> None:
    from genrelab.tuning import distributed, search

    search.work_there(config, model, chief or distributed.ADDRESS)
