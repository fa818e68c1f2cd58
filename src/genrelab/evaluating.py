"""A saved model on clips it has not seen: the test part of its own corpus, or another corpus with the same classes."""

from genrelab import corpus, preparing, reporting, tracking, versions
from genrelab.config import Config, validate
from genrelab.corpus import Corpus
from genrelab.errors import DataError, ModelError


def evaluate(config: Config, model_uri: str) -> None:
    """Score the model and log figures, predictions and confusion matrix as a run of its own.

    Task, split and feature are the model's. On its own corpus the test part of its split is scored, on another one
    every clip. Clips that it was trained on are left out, whatever corpus they stand in.
    """
    model = tracking.load_model(model_uri)
    about = model.about
    config = config.model_copy(update={"task": about["task"], "split": about["split"], "feature": about["feature"]})
    _same_feature(config, about)
    version = versions.require(config, about["feature"])
    own = corpus.read(config.dataset)
    asked = own.under(about["task_map"], about["task"])
    if set(asked.classes) != set(about["classes"]):
        raise ModelError(
            f"model '{model_uri}' tells apart {', '.join(about['classes'])}; corpus '{config.dataset}' has "
            f"{', '.join(asked.classes)} under task {about['task']}"
        )
    asked = Corpus(asked.clips, tuple(about["classes"]))
    ids, left_out = _clips(config, own, about)
    prepared = preparing.Prepared(config, asked, [], version, about["feature"], model.params)
    part = prepared.part(ids)
    probabilities = model.classifier.predict_proba(part.x)
    tags = {key: about[key] for key in ("model", "task", "split", "feature")}
    tags |= {"dataset": config.dataset, "model_uri": model_uri, "trained_on": about["dataset"]}
    with tracking.run(f"evaluate {about['model']} on {config.dataset}", "evaluate", config, tags):
        tracking.log_data(config, about["feature"], version)
        found = reporting.figures("test", part.y, probabilities, config)
        table = reporting.predictions(ids, 0, part.y, probabilities, about["classes"])
        title = f"{about['model']} trained on {about['dataset']}, on {config.dataset}, {about['task']}"
        reporting.log_test(table, found, about["classes"], title)
    if left_out:
        print(f"left out: {left_out} clips that the model was trained on")
    print(reporting.sentence("test", found))


def _same_feature(config: Config, about: dict) -> None:
    module, wanted = config.feature_params(about["feature"])
    made = validate(module.Params, about["feature_params"], "the model's feature")
    if made != wanted:
        name = next(key for key in type(made).model_fields if getattr(made, key) != getattr(wanted, key))
        raise ModelError(
            f"the model was trained with features.{about['feature']}.{name} = {getattr(made, name)}, params.yaml has "
            f"{getattr(wanted, name)}; set the former there and run: dvc repro"
        )


def _clips(config: Config, own: Corpus, about: dict) -> tuple[tuple[str, ...], int]:
    ids = own.ids
    if config.dataset == about["dataset"]:
        module, _ = config.split_params(about["split"])
        ids = module.folds(own, module.Params(**about["split_params"]))[0].test
    sha256 = {clip.id: clip.sha256 for clip in own.clips}
    seen = set(about["seen"])
    unseen = tuple(clip for clip in ids if sha256[clip] not in seen)
    if not unseen:
        raise DataError(f"the model was trained on every clip of '{config.dataset}'; there is none to score it on")
    return unseen, len(ids) - len(unseen)
