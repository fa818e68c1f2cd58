"""Score a saved model on unseen clips: the test part of its own corpus, or another corpus with the same classes.

Or score it on the lockbox (splits/_lockbox.py), which opens once, for one model. The ledger says which run opened it;
no other run scores it again.
"""

import contextlib
import dataclasses
import datetime
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from genrelab import corpus
from genrelab.classifiers.saved_model import SavedModel
from genrelab.config import Config
from genrelab.console import say
from genrelab.corpus import Corpus
from genrelab.data import dvc
from genrelab.errors import ConfigError, DataError, ModelError, suggest
from genrelab.features._base import Feature
from genrelab.metrics import calibration, classification
from genrelab.splits._lockbox import lockbox
from genrelab.state import digests, locks
from genrelab.state.home import state_folder
from genrelab.tracking import ledger, registry, runs
from genrelab.training import experiment_data, prediction_table, reports

TEST, LOCKBOX = PARTS = ("test", "lockbox")


class ScoredPart(NamedTuple):
    """A saved model, and the clips to score it on.

    `left_out` counts the clips it was trained on; `test_part` identifies the scored clips in the ledger.
    """

    model: SavedModel
    data: experiment_data.SplitFeatures
    ids: tuple[str, ...]
    left_out: int
    test_part: ledger.Part

    @property
    def tags(self) -> dict[str, str]:
        """The tags of a run that scores these clips."""
        about = self.model.about
        tags = {key: about[key] for key in ("model", "task", "split", "feature")}
        return {**tags, "dataset": self.data.config.dataset, "trained_on": about["dataset"]}


class Evaluation(NamedTuple):
    """The result of scoring a saved model: the run, and its metrics by name, such as test_accuracy, 0...1."""

    run_id: str
    metrics: dict[str, float]


def evaluate(config: Config, model_uri: str, dataset: str, part: str = TEST) -> Evaluation:
    """Score the model; log its metrics, predictions and confusion matrix in a separate run.

    `part` is TEST or LOCKBOX. Raises DataError for a lockbox that was opened before.
    """
    if part not in PARTS:
        raise ConfigError(f"there is no part '{part}' to evaluate{suggest(part, PARTS)}")
    scored = part_to_score(config, model_uri, dataset, part)
    model_uri = registry.pinned_uri(model_uri)
    with _closed(scored) if part == LOCKBOX else contextlib.nullcontext():
        return _score(scored, model_uri, part)


def _score(scored: ScoredPart, model_uri: str, name: str) -> Evaluation:
    model, data, ids = scored.model, scored.data, scored.ids
    about, config, part = model.about, data.config, data.part(scored.ids)
    before, thresholds = model.classifier.uncalibrated(part.x), model.thresholds
    probabilities = calibration.apply(before, model.classifier.temperature)
    tags = {**scored.tags, "model_uri": model_uri}
    with runs.run(f"evaluate {about['model']} on {config.dataset}", "evaluate", config, tags) as run_id:
        runs.log_data(config, about["feature"], data.version)
        ledger.record(ledger.SCORED, scored.test_part)
        if name == LOCKBOX:  # the lock covers one machine; another may have opened it since, or be about to
            if other := ledger.being_scored(scored.test_part):
                raise DataError(
                    f"the lockbox of '{config.dataset}' is being opened in run {other.info.run_id}, perhaps on another "
                    f"machine; if that run has died: mlflow runs delete --run-id {other.info.run_id}"
                )
            _refuse_opened(scored)
        predicted = None if thresholds is None else (probabilities >= thresholds).astype(np.int64)
        found = reports.metrics("test", part.y, probabilities, config, data.corpus.groups(ids), predicted=predicted)
        if predicted is None:
            found["test_ece_uncalibrated"] = classification.calibration_error(part.y, before)
        table = prediction_table.make(ids, 0, part.y, probabilities, about["classes"], predicted)
        title = f"{about['model']} trained on {about['dataset']}, on {config.dataset}, {about['task']}"
        title += f", {name}" * (name != TEST)
        reports.log_test(table, found, about["classes"], title)
    if scored.left_out:
        say(f"left out: {scored.left_out} clips that the model was trained on")
    say(f"{name} part; " * (name != TEST) + reports.sentence("test", found))
    return Evaluation(run_id, found)


@contextlib.contextmanager
def _closed(scored: ScoredPart) -> Iterator[None]:
    """Lock a lockbox while it is opened; DataError if it was opened before.

    An opening that was killed before it had figures does not count.
    """
    part = scored.test_part
    with locks.exclusive_lock(state_folder() / "lockbox" / digests.of_value(list(part)), "this lockbox evaluation"):
        _refuse_opened(scored)
        yield


def _refuse_opened(scored: ScoredPart) -> None:
    """Raise DataError if the lockbox was opened, that is, if a run has figures of it."""
    part = scored.test_part
    if opened := ledger.scoring(part):
        when = datetime.datetime.fromtimestamp(opened.info.start_time / 1000).strftime("%Y-%m-%d %H:%M")
        raise DataError(
            f"the lockbox of '{scored.data.config.dataset}' (task {part.task}) was opened on {when} by "
            f"{opened.data.tags.get('model_uri', 'a model')}, in run {opened.info.run_id}; it opens only "
            "once, so that no choice can be based on its figure"
        )


def part_to_score(config: Config, model_uri: str, dataset: str, part: str = TEST) -> ScoredPart:
    """Load the model and find the clips to score it on.

    Task, split and feature are the model's. If `dataset` is empty, the corpus is the model's too, and the clips are the
    test part of its split; on another corpus, they are all clips. In both cases, `part` LOCKBOX takes the clips in the
    lockbox, and TEST those outside of it. Clips whose sound the model was trained on are left out in any corpus.
    """
    model = registry.load_model(model_uri)
    about = model.about
    config = _as_trained(config, about, dataset or about["dataset"])
    config.corpus_params(config.dataset)
    same_feature(config, about)
    _same_lockbox(config, about, part)
    feature = model.feature
    dvc.build_missing(config, feature.kinds)
    version = dvc.require(config, feature.kinds)
    own, lacking = corpus.read(config.dataset), experiment_data.without_features(config, feature.kinds)
    labelled = experiment_data.under_task(own, config, classes=about["classes"])
    asked = labelled.without(lacking)
    if set(asked.classes) != set(about["classes"]):
        raise ModelError(
            f"model '{model_uri}' distinguishes {', '.join(about['classes'])}; corpus '{config.dataset}' has "
            f"{', '.join(asked.classes)} under task {about['task']}"
        )
    asked = dataclasses.replace(asked, classes=tuple(about["classes"]), parts={})
    data = experiment_data.SplitFeatures(config, asked, [], version, feature)
    held = lockbox(own, config.lockbox)
    ids = tuple(sorted(held)) if part == LOCKBOX else _outside(config, own.without(held), about)
    there = {*asked.ids}
    unseen, left_out = _unseen(data, tuple(clip for clip in ids if clip in there), about)
    # The lockbox is the same for every split, whatever clips a model knows or a feature lacks.
    split, known_by = about["split"], unseen
    if part == LOCKBOX:
        split, known_by = LOCKBOX, tuple(clip for clip in ids if clip in {*labelled.ids})
    digest = experiment_data.test_digest(labelled, [known_by])
    return ScoredPart(model, data, unseen, left_out, ledger.Part(version.table, about["task"], split, digest))


def validation_part(config: Config, model: SavedModel) -> tuple[experiment_data.SplitFeatures, tuple[str, ...]]:
    """Return a model's own corpus, split as for its training, and the validation clips that the model was chosen by."""
    about = model.about
    config = _as_trained(config, about, about["dataset"])
    config.corpus_params(config.dataset)
    same_feature(config, about)
    _same_lockbox(config, about, TEST)
    dvc.build_missing(config, model.feature.kinds)
    own = experiment_data.split(config, model.feature.kinds)
    data = experiment_data.SplitFeatures(own.config, own.corpus, own.folds, own.version, model.feature)
    return data, data.folds[0].valid


def _as_trained(config: Config, about: dict[str, Any], dataset: str) -> Config:
    """Return the config with the model's task, split and feature."""
    return config.derive(
        {
            **{name: about[name] for name in ("task", "split", "feature")},
            "dataset": dataset,
            "tasks": {**config.tasks, about["task"]: about["task_map"]},
            "splits": {**config.splits, about["split"]: about["split_params"]},
        }
    )


def same_feature(config: Config, about: dict[str, Any]) -> None:
    """Raise ModelError if params.yaml computes the feature differently from the model."""
    wanted = Feature.of(config, about["feature"])
    for kind, own in Feature.from_params(about["feature"], about["feature_params"]).params.items():
        here = wanted.params[kind]
        for name in type(own).model_fields:
            if getattr(own, name) != getattr(here, name):
                raise ModelError(
                    f"the model was trained with features.{kind}.{name} = {getattr(own, name)}, params.yaml has "
                    f"{getattr(here, name)}; set the model's value there and run: "
                    f"genrelab build --feature {about['feature']}"
                )


def _same_lockbox(config: Config, about: dict[str, Any], part: str) -> None:
    """Raise an error if there is no lockbox to open, or if the model was trained with another one."""
    trained_with = about.get("lockbox", 0.0)  # old models have no such entry
    if config.dataset == about["dataset"] and config.lockbox != trained_with:
        differ = f"the model was trained with lockbox = {trained_with:g}, params.yaml has {config.lockbox:g}"
        if part == LOCKBOX and not trained_with:
            raise ModelError(f"{differ}: it may have learnt from clips in that lockbox; train it again")
        raise ModelError(f"{differ}, which changes the test clips; for this model: -P lockbox={trained_with:g}")
    if part == LOCKBOX and not config.lockbox:
        raise ConfigError(
            "there is no lockbox to open: lockbox is 0; set it in params.yaml, say to 0.1, and train again"
        )


def _outside(config: Config, corpus: Corpus, about: dict[str, Any]) -> tuple[str, ...]:
    """Return the clips to score: the test part of the split in the model's own corpus, all clips in another corpus."""
    if config.dataset != about["dataset"]:
        return corpus.ids
    module, params = config.split_params(about["split"])
    return module.folds(corpus, params)[0].test


def _unseen(
    data: experiment_data.SplitFeatures, ids: tuple[str, ...], about: dict[str, Any]
) -> tuple[tuple[str, ...], int]:
    """Return the clips to score, and how many are left out because the model was trained on their sound."""
    seen, prints = set(about["seen"]), experiment_data.fingerprints(data.stream(ids))
    unseen = tuple(clip for clip, print_ in zip(ids, prints, strict=True) if print_ not in seen)
    if not unseen:
        dataset = data.config.dataset
        raise DataError(f"the model was trained on every clip of '{dataset}'; no clip is left to score it on")
    return unseen, len(ids) - len(unseen)
