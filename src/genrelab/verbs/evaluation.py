"""Score saved models, compare runs, and promote champions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from genrelab.console import say
from genrelab.errors import ConfigError
from genrelab.verbs import config_or_default

if TYPE_CHECKING:
    from genrelab.config import Config
    from genrelab.evaluation.decision import Decision
    from genrelab.evaluation.evaluate import Evaluation
    from genrelab.evaluation.tables import Comparison
    from genrelab.evaluation.tag_tables import TagComparison


def evaluate(model_uri: str = "", config: Config | None = None, *, dataset: str = "", part: str = "test") -> Evaluation:
    """Score a saved model on its test part, or on another corpus with the same classes.

    Parameters:
        model_uri: models:/<name>/<version>, runs:/<run id>/model; if not given, the latest version of
            <dataset>-<task>, or of the only registered model.
        config: describes the corpora; params.yaml if not given.
        dataset: a corpus other than the model's own.
        part: lockbox to score the model on the held-out clips of the lockbox (`lockbox` in params.yaml), which only one
            model can ever be scored on; test if not given.

    Returns:
        The run, and the metrics by name, such as test_accuracy (0...1).

    Raises:
        ModelError: the model does not exist, or its classes or its feature differ from those of the corpus.
        ConfigError: the part does not exist, or there is no lockbox.
        DataError: the corpus is not built, or the model was trained on all of it, or the lockbox was opened before.

    Example:
        >>> scored = gl.evaluate("models:/tiny-genre/1")                        # doctest: +ELLIPSIS
        test: accuracy ...
        >>> 0 <= scored.metrics["test_f1"] <= 1
        True
    """
    config = config_or_default(config)
    from genrelab.evaluation import evaluate
    from genrelab.tracking import registry

    model_uri = model_uri or registry.latest_uri(f"{config.dataset}-{config.task}")
    return evaluate.evaluate(config, model_uri, dataset, part)


def compare(config: Config | None = None, *, runs: Sequence[str] = ()) -> Comparison | TagComparison:
    """Compare the latest scored runs on the same corpus, task, split and test clips.

    Parameters:
        config: corpus, task and split; params.yaml if not given.
        runs: run ids to compare instead, or prefixes of ids, separated by commas.

    Returns:
        The comparison. Its `table` (pandas) has one row per model, best first: by accuracy, or by mAP if the task has
        several labels per clip.

    Raises:
        ConfigError: a run does not exist, or was not scored.
        DataError: there is nothing to compare.

    Example:
        >>> board = gl.compare(gl.load_config()).table                          # doctest: +ELLIPSIS
        tiny, genre, split random: ...
        >>> "svm" in set(board.model)
        True
    """
    config = config_or_default(config)
    from genrelab.evaluation import comparison
    from genrelab.tracking import runs as tracking
    from genrelab.training import experiment_data

    data = experiment_data.split(config)
    found = comparison.compare(data, [runs] if isinstance(runs, str) else runs)
    with tracking.run(f"compare {config.dataset} {config.task}", "compare", config, {"dataset": config.dataset}):
        tracking.log_data(config, "", data.version)
        comparison.report(found, data)
    return found


def promote(
    name: str = "",
    config: Config | None = None,
    *,
    version: str = "",
    force: bool = False,
    rollback: bool = False,
    history: bool = False,
) -> Decision | str:
    """Promote a version of a registered model to champion if it meets the conditions.

    Parameters:
        name: the registered model, <dataset>-<task>; if not given, the only registered model.
        config: the conditions that a new champion must meet (`promotion`); params.yaml if not given.
        version: the challenger; if not given, the best other version by validation.
        force: true to promote the version even if it fails the conditions.
        rollback: true to go back to the previous champion.
        history: true to print all past decisions.

    Returns:
        The decision and its reason; with `history`, all decisions as a readable table.

    Raises:
        ConfigError: more than one of version, rollback and history is given.
        ModelError: the model or the version does not exist, or it was not scored.

    Example:
        >>> decision = gl.promote("tiny-genre", version="1")
        promoted: version 1 of tiny-genre is champion: there was no champion
        >>> decision.decision, decision.candidate
        ('promoted', '1')
    """
    if history + rollback + bool(force or version) > 1:
        raise ConfigError("history, rollback and a promotion (version, force) exclude each other; give only one")
    from genrelab.evaluation import promotion
    from genrelab.evaluation.decision import sentence
    from genrelab.tracking import registry

    name = name or registry.only_model()
    if history:
        decisions = promotion.history(name)
        say(decisions)
        return decisions
    config = config_or_default(config)
    decision = promotion.rollback(config, name) if rollback else promotion.promote(config, name, version, force=force)
    say(sentence(name, decision))
    return decision
