"""The verbs, each a short piece of prose: what `python -m genrelab <verb>` and the MLflow entry points do."""

import json
from typing import TYPE_CHECKING, Any

from genrelab import corpus
from genrelab.config import Config, parse_scalar
from genrelab.errors import ConfigError, DataError

if TYPE_CHECKING:
    from genrelab.data.feature_store import Sound


def source(config: Config) -> None:
    """DVC stage: write down what the corpus is made of, so that a change of it re-runs what depends on it."""
    from genrelab.data import dvc

    target = dvc.source(config.dataset)
    try:
        made_of = dvc.made_of(config)
    except DataError as error:
        if not target.exists():
            raise
        # Who pulled the corpus from a DVC remote need not have what it was made of.
        print(f"{error}; '{config.dataset}' stays as it is")
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    partial.write_text(json.dumps(made_of, indent=1, sort_keys=True, ensure_ascii=False), encoding="utf-8")
    partial.replace(target)


def dataset(config: Config) -> None:
    """DVC stage: gather a corpus's sound files, check each, keep the usable ones and list them all."""
    from genrelab.data import ingest

    module, params = config.corpus_params(config.dataset)
    target = corpus.folder(config.dataset)
    workspace = target / ".partial" / "dataset"
    workspace.mkdir(parents=True, exist_ok=True)
    found = module.candidates(params, workspace, workers(config))
    table = ingest.ingest(found, target, workspace=workspace, checks=config.checks, workers=workers(config))
    print(ingest.summary(table))


def features(config: Config) -> None:
    """DVC stage: compute a feature of each usable clip."""
    from genrelab.data import feature_store

    root = corpus.folder(config.dataset)
    _, params = config.feature_params(config.feature)
    feature_store.write(
        root / "features" / f"{config.feature}.zarr",
        _sounds(config),
        config.feature,
        params,
        partial=root / ".partial" / config.feature,
        workers=workers(config),
    )


def survey(config: Config) -> None:
    """DVC stage: measure levels, tempo and spectrum of each usable clip."""
    from genrelab.quality import corpus_statistics as surveying

    root = corpus.folder(config.dataset)
    surveying.write(
        surveying.path(config.dataset),
        _sounds(config),
        partial=root / ".partial" / "survey",
        workers=workers(config),
    )


def _sounds(config: Config) -> list["Sound"]:
    """Return the usable clips' sound files."""
    from genrelab.data.feature_store import Sound

    root = corpus.folder(config.dataset)
    return [Sound(clip.id, root / clip.path, clip.sha256) for clip in corpus.read(config.dataset).clips]


def pictures(config: Config) -> None:
    """DVC stage: draw the pictures of a corpus and the page that holds them."""
    from genrelab.quality import explore

    explore.draw(config, explore.folder(config))


def explore(config: Config) -> None:
    """Log the pictures of a corpus to MLflow, with its clip table."""
    from genrelab.data import dvc
    from genrelab.quality import explore
    from genrelab.tracking import runs

    version = dvc.ensure_built(config, f"explore@{config.dataset}-{explore.FEATURE}")
    with runs.run(f"explore {config.dataset}", "explore", config, {"dataset": config.dataset}):
        runs.log_data(config, "", version)
        runs.log_file(corpus.folder(config.dataset) / "clips.csv")
        explore.log(config, explore.folder(config))
    print(f"\nwritten: {explore.page_of(explore.folder(config))}")


def audit(config: Config, strict: str) -> None:
    """Find what is wrong with a corpus, clip by clip."""
    from genrelab.quality import audit

    audit.audit(config, strict)


def train(config: Config, model: str, preset: str, from_tune: str, folds: str, seeds: str) -> None:
    """Train a model, score it on test once, register it; or do so on several folds, or with several seeds.

    With the hyperparameters of a preset or of a search, if asked.
    """
    if preset and from_tune:
        raise ConfigError("preset and from_tune both name hyperparameters; leave out one of the two")
    if not (model or from_tune):
        raise ConfigError("train needs --model, such as --model cnn; see python -m genrelab train --help")
    if folds:
        config = in_folds(config, folds)
    repeats = parse_scalar(seeds or "0")
    if not isinstance(repeats, int) or isinstance(repeats, bool) or repeats == 1 or repeats < 0:
        raise ConfigError(f"seeds must be a whole number of 2 or more, got '{seeds}'")
    from genrelab.classifiers import ensemble_spec, hyperparameters
    from genrelab.training import cross_validation, experiment_data, series
    from genrelab.tuning import search

    origin: dict[str, str] = {}
    if from_tune:
        best = search.best_of(from_tune)
        if model and model != best.model:
            raise ConfigError(f"run '{from_tune}' has searched model '{best.model}', not '{model}'")
        model, config, origin = best.model, _with(config, best.hp), {"from_tune": from_tune}
    elif preset:
        values = hyperparameters.preset(ensemble_spec.load(model, config), preset)
        config, origin = _with(config, values), {"preset": preset}
    data = experiment_data.load(config, model)
    if repeats:
        experiment_data.in_one_fold(data, "seeds")
        cross_validation.repeat(data, model, repeats, origin=origin)
    else:
        series.train(data, model, origin=origin)


def in_folds(config: Config, folds: str) -> Config:
    """Return the config with so many folds: of its own split where that takes a number of folds, else of kfold."""
    split = config.split if "folds" in type(config.split_params(config.split)[1]).model_fields else "kfold"
    splits = {**config.splits, split: {**config.splits.get(split, {}), "folds": parse_scalar(folds)}}
    config = config.model_copy(update={"split": split, "splits": splits})
    config.split_params(split)
    return config


def _with(config: Config, hp: dict[str, Any]) -> Config:
    """Return the config with these hyperparameters, but for those that the user has given."""
    return config.model_copy(update={"hp": {**hp, **config.hp}})


def tune(config: Config, model: str, role: str, chief: str) -> None:
    """Search hyperparameters on the validation part; train, score and register the best."""
    if role not in ("", "chief", "worker"):
        raise ConfigError(f"role must be chief or worker, or be left out, got '{role}'")
    if chief and not role:
        raise ConfigError("chief is the address of a search on several machines; say which role this is to have")
    from genrelab.training import experiment_data
    from genrelab.tuning import distributed, search

    data = experiment_data.in_one_fold(experiment_data.load(config, model), "tune")
    if role == "worker":
        search.work(data, model, chief=chief or distributed.ADDRESS)
    else:
        search.tune(data, model, chief=(chief or distributed.ADDRESS) if role else "")


def promote(config: Config, name: str, version: str, force: str, rollback: str, history: str) -> None:
    """Move the alias `champion` if the challenger earns it; or go back to the champion before; or tell the history."""
    forced, back, listed = _flag("force", force), _flag("rollback", rollback), _flag("history", history)
    if listed + back + bool(forced or version) > 1:
        raise ConfigError("history, rollback and a promotion (version, force) are three things; ask for one")
    from genrelab.evaluation import promotion

    if listed:
        print(promotion.history(name))
    elif back:
        print(promotion.sentence(name, promotion.rollback(config, name)))
    else:
        print(promotion.sentence(name, promotion.promote(config, name, version, force=forced)))


def replicate(config: Config, fast: str) -> None:
    """Run the thesis's experiments and set its tables beside ours."""
    small = _flag("fast", fast)
    from genrelab.data import dvc

    dvc.reproduce(f"features@{config.dataset}-{config.feature}")
    from genrelab.experiments import replication

    replication.replicate(config, fast=small)


def leakage(config: Config, model: str, seeds: str) -> None:
    """Train a model on slices divided at random, by clip and honestly; show the gaps."""
    number = parse_scalar(seeds or str(config.leakage.seeds))
    if not isinstance(number, int) or isinstance(number, bool) or number < 2:
        raise ConfigError(f"seeds must be a whole number of 2 or more, got '{seeds}'")
    from genrelab.experiments import leakage

    leakage.leakage(config, model, number)


def evaluate(config: Config, model_uri: str, dataset: str) -> None:
    """Score a saved model on the test part of the corpus it was trained on, or on another corpus, `dataset`."""
    from genrelab.evaluation import evaluate

    evaluate.evaluate(config, model_uri, dataset)


def compare(config: Config, runs: str) -> None:
    """Compare the latest scored runs on the same corpus, task, split and test clips, or the runs that are named."""
    from genrelab.evaluation import comparison
    from genrelab.tracking import runs as tracking
    from genrelab.training import experiment_data

    data = experiment_data.split(config)
    found = comparison.compare(data, runs)
    with tracking.run(f"compare {config.dataset} {config.task}", "compare", config, {"dataset": config.dataset}):
        tracking.log_data(config, "", data.version)
        comparison.report(found, data)


def main(config: Config) -> None:
    """The whole line: data, each model of params.yaml trained and scored, and their leaderboard."""
    from genrelab.classifiers import ensemble_spec
    from genrelab.data import dvc

    modules = {model: ensemble_spec.load(model, config) for model in config.models}
    settled = [ensemble_spec.takes(module, model, config) for model, module in modules.items()]
    kinds = {kind for own in settled for kind in own.feature.split("+")}
    dvc.reproduce(*dvc.feature_stages(config, sorted(kinds)))
    from genrelab.evaluation import comparison
    from genrelab.tracking import runs
    from genrelab.training import experiment_data, series

    data = experiment_data.split(config)
    each = {model: experiment_data.load(config, model) for model in config.models}
    with runs.run(f"main {config.dataset} {config.task}", "main", config, {"dataset": config.dataset}) as run_id:
        runs.log_data(config, "", data.version)
        series.train_each(each, run_id)
        print()
        comparison.leaderboard(data)


def zoo(config: Config, models: str, budget: str, folds: str) -> None:
    """Train and score many models on the same clips, each on its own; compare them; write the table."""
    if folds:
        config = in_folds(config, folds)
    from genrelab.experiments import zoo

    zoo.zoo(config, models, budget, folds)


def predict(config: Config, model_uri: str, audio: str, output: str, top_k: str, timeline: str, explain: str) -> None:
    """Say what genres sound files are of, by a saved model."""
    with_windows, with_pictures = _flag("timeline", timeline), _flag("explain", explain)
    from genrelab.inference import predict

    predict.predict(
        config,
        model_uri,
        audio,
        output=output,
        top_k=top_k,
        timeline=with_windows,
        explain=with_pictures,
        workers=workers(config),
    )


def similar(config: Config, model_uri: str, audio: str, corpus: str, n: str, output: str) -> None:
    """Name the clips of a corpus that a saved model finds most like a song."""
    number = parse_scalar(n or "10")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise ConfigError(f"n must be a whole number of at least 1, got '{n}'")
    from genrelab.inference import similarity as neighbours

    neighbours.similar(config, model_uri, audio, corpus or config.dataset, n=number, output=output)


def _flag(name: str, text: str) -> bool:
    """Return what the word of an option says: true or, also where it is left out, false."""
    value = parse_scalar(text or "false")
    if not isinstance(value, bool):
        raise ConfigError(f"{name} must be true or false, got '{text}'")
    return value


def ui(config: Config, port: str) -> None:
    """Serve the MLflow UI until interrupted."""
    from genrelab.tracking import ui as server

    server.serve(port)


def workers(config: Config) -> int:
    """Return the number of processes for parallel work."""
    import joblib

    return config.workers or joblib.cpu_count()
