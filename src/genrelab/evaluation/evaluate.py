"""A saved model on clips it has not seen: the test part of its own corpus, or another corpus with the same classes."""

from typing import Any, NamedTuple

from genrelab import corpus
from genrelab.classifiers.saved_model import SavedModel
from genrelab.config import Config
from genrelab.console import say
from genrelab.corpus import Corpus
from genrelab.data import dvc
from genrelab.errors import DataError, ModelError
from genrelab.features._base import Feature
from genrelab.metrics import calibration, classification
from genrelab.tracking import ledger, registry, runs
from genrelab.training import experiment_data, prediction_table, reports


class ScoredPart(NamedTuple):
    """A saved model, and the clips it is to be scored on: their ids, and how many were left out as it knows them."""

    model: SavedModel
    data: experiment_data.SplitFeatures
    ids: tuple[str, ...]
    left_out: int

    @property
    def tags(self) -> dict[str, str]:
        """What a run that scores them says of itself."""
        about = self.model.about
        tags = {key: about[key] for key in ("model", "task", "split", "feature")}
        return {**tags, "dataset": self.data.config.dataset, "trained_on": about["dataset"]}

    @property
    def test_part(self) -> ledger.Part:
        """What the ledger knows the clips by."""
        about, digest = self.model.about, experiment_data.test_digest(self.data.corpus, [self.ids])
        return ledger.Part(self.data.version.table, about["task"], about["split"], digest)


class Evaluation(NamedTuple):
    """What scoring a saved model leaves: its run, and its metrics by name, such as test_accuracy, 0...1."""

    run_id: str
    metrics: dict[str, float]


def evaluate(config: Config, model_uri: str, dataset: str) -> Evaluation:
    """Score the model and log figures, predictions and confusion matrix as a run of its own."""
    scored = part_to_score(config, model_uri, dataset)
    model, data, ids = scored.model, scored.data, scored.ids
    about, config, part = model.about, data.config, data.part(scored.ids)
    before = model.classifier.uncalibrated(part.x)
    probabilities = calibration.apply(before, model.classifier.temperature)
    tags = {**scored.tags, "model_uri": model_uri}
    with runs.run(f"evaluate {about['model']} on {config.dataset}", "evaluate", config, tags) as run_id:
        runs.log_data(config, about["feature"], data.version)
        ledger.record(ledger.SCORED, scored.test_part)
        found = reports.metrics("test", part.y, probabilities, config, data.corpus.groups(ids))
        found["test_ece_uncalibrated"] = classification.calibration_error(part.y, before)
        table = prediction_table.make(ids, 0, part.y, probabilities, about["classes"])
        title = f"{about['model']} trained on {about['dataset']}, on {config.dataset}, {about['task']}"
        reports.log_test(table, found, about["classes"], title)
    if scored.left_out:
        say(f"left out: {scored.left_out} clips that the model was trained on")
    say(reports.sentence("test", found))
    return Evaluation(run_id, found)


def part_to_score(config: Config, model_uri: str, dataset: str) -> ScoredPart:
    """Load the model and find the clips that it is to be scored on.

    Task, split and feature are the model's, and so is the corpus where `dataset` is empty: then it is the test part of
    its split. On another corpus it is every clip. Clips whose sound it was trained on are left out in any corpus.
    """
    model = registry.load_model(model_uri)
    about = model.about
    config = _as_trained(config, about, dataset or about["dataset"])
    config.corpus_params(config.dataset)
    same_feature(config, about)
    feature = model.feature
    dvc.build_missing(config, feature.kinds)
    version = dvc.require(config, feature.kinds)
    own, lacking = corpus.read(config.dataset), experiment_data.without_features(config.dataset, feature.kinds)
    asked = own.without(lacking).under(about["task_map"], about["task"])
    if set(asked.classes) != set(about["classes"]):
        raise ModelError(
            f"model '{model_uri}' tells apart {', '.join(about['classes'])}; corpus '{config.dataset}' has "
            f"{', '.join(asked.classes)} under task {about['task']}"
        )
    asked = Corpus(asked.clips, tuple(about["classes"]))
    data = experiment_data.SplitFeatures(config, asked, [], version, feature)
    return ScoredPart(model, data, *_unseen(data, own, lacking, about))


def _as_trained(config: Config, about: dict[str, Any], dataset: str) -> Config:
    """Return the config with the choices under which the model was trained."""
    return config.derive(
        {
            **{name: about[name] for name in ("task", "split", "feature")},
            "dataset": dataset,
            "tasks": {**config.tasks, about["task"]: about["task_map"]},
            "splits": {**config.splits, about["split"]: about["split_params"]},
        }
    )


def same_feature(config: Config, about: dict[str, Any]) -> None:
    """Raise a ModelError where params.yaml makes the feature otherwise than the model has it."""
    wanted = Feature.of(config, about["feature"])
    for kind, own in Feature.from_params(about["feature"], about["feature_params"]).params.items():
        here = wanted.params[kind]
        for name in type(own).model_fields:
            if getattr(own, name) != getattr(here, name):
                raise ModelError(
                    f"the model was trained with features.{kind}.{name} = {getattr(own, name)}, params.yaml has "
                    f"{getattr(here, name)}; set the former there and run: dvc repro"
                )


def _unseen(
    data: experiment_data.SplitFeatures, own: Corpus, lacking: frozenset[str], about: dict[str, Any]
) -> tuple[tuple[str, ...], int]:
    """Return the clips to score, and how many are left out because the model was trained on their sound."""
    config, ids = data.config, own.ids
    if config.dataset == about["dataset"]:
        module, params = config.split_params(about["split"])
        ids = module.folds(own, params)[0].test
    ids = tuple(clip for clip in ids if clip not in lacking)
    seen, prints = set(about["seen"]), experiment_data.fingerprints(data.features(ids))
    unseen = tuple(clip for clip, print_ in zip(ids, prints, strict=True) if print_ not in seen)
    if not unseen:
        raise DataError(f"the model was trained on every clip of '{config.dataset}'; there is none to score it on")
    return unseen, len(ids) - len(unseen)
