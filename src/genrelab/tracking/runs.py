"""Open, name, describe, close and find MLflow runs; log their metrics, pictures, tables and parameters.

store.py decides which store they go to, experiments.py which experiment.
"""

import contextlib
import os
import tempfile
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import yaml
from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.meta_dataset import MetaDataset
from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID
from requests import RequestException
from sqlalchemy.exc import SQLAlchemyError

from genrelab.config import Config, flatten
from genrelab.corpus import csv_text
from genrelab.data import dvc
from genrelab.errors import ConfigError, GenreLabError, StoreError, masked, of_machine, why
from genrelab.features._base import Feature
from genrelab.tracking import environment, experiments, owners, store

KIND = "genrelab.kind"
NOTE = "mlflow.note.content"  # the UI shows it as the description
LEDGER = "ledger.before"  # tag: previous uses of the run's test part; see ledger.py
CUT_SHORT = "cut_short"  # tag: what cut a training short, and after how many steps
LIMIT = 500  # characters of a logged parameter, at most


def claim_project_run() -> None:
    """Mark the run that `mlflow run` opened as this process's; raise StoreError if there is no such run."""
    run_id = os.environ.get("MLFLOW_RUN_ID")
    if not run_id:
        return
    store.connect()
    uri = mlflow.get_tracking_uri()
    try:
        found = mlflow.MlflowClient().get_run(run_id)
    except MlflowException:
        raise StoreError(
            f"MLFLOW_RUN_ID names the run '{run_id}', which does not exist in {uri}; unset MLFLOW_RUN_ID"
        ) from None
    if found.info.lifecycle_stage != "active":
        raise StoreError(
            f"MLFLOW_RUN_ID names the run '{run_id}', which was deleted from {uri}; "
            f"restore it: mlflow runs restore --run-id {run_id}, or unset MLFLOW_RUN_ID"
        )
    for key, value in owners.tags().items():
        mlflow.MlflowClient().set_tag(run_id, key, value)


@contextlib.contextmanager
def run(
    name: str,
    kind: str,
    config: Config,
    tags: Mapping[str, str],
    *,
    nested: bool = False,
    parent: str = "",
    run_id: str = "",
) -> Iterator[str]:
    """Open a run (or claim the one that `mlflow run` opened) and yield its id; the outcome becomes its status.

    It logs the whole resolved config as config.yaml, the values that distinguish experiments as parameters too, and
    code and package versions as tags. A nested run is a child of `parent`, by default the active run; `run_id` is the
    id of a run to continue.
    """
    if not nested:
        store.connect()
        claim_project_run()
        with store.usable():
            owners.close_orphans()
            experiments.name_first()
            experiments.choose(kind)
    owner = owners.tags()
    # A worker's trial goes to the experiment of the chief's run, whatever the worker's own.
    experiment = mlflow.MlflowClient().get_run(parent).info.experiment_id if parent else None
    below = {MLFLOW_PARENT_RUN_ID: parent} if parent else {}
    claimed = not nested and "MLFLOW_RUN_ID" in os.environ  # it has a name already, which is replaced below
    for key, value in owner.items() if run_id else ():
        mlflow.MlflowClient().set_tag(run_id, key, value)  # before it runs: a kill in between must not leave it running
    with mlflow.start_run(
        run_id=run_id or None,
        experiment_id=experiment,
        run_name=None if claimed else name,
        nested=nested,
        tags={KIND: kind, **tags, **below, **owner},
    ) as active:
        try:
            mlflow.set_tag("mlflow.runName", name)
            mlflow.set_tags({"config.hash": config.config_hash, **environment.git(), **environment.packages()})
            _log_params(config)
            mlflow.log_text(_text_of(config), "config.yaml")
            yield active.info.run_id
        except KeyboardInterrupt:
            mlflow.end_run("KILLED")
            raise
        except (MlflowException, RequestException) as error:  # the latter if the server cannot store an artifact
            text = of_machine(error) or why(error)
            raise StoreError(f"the tracking store {mlflow.get_tracking_uri()} fails: {text}") from error
        except Exception as error:
            mlflow.set_tag("error", why(error))
            if not isinstance(error, GenreLabError):
                mlflow.log_text(masked(traceback.format_exc()), "traceback.txt")
            raise


def _text_of(config: Config) -> str:
    """Return the config as YAML, with no corpus but the run's own and with no password in an address."""
    values = config.model_dump()
    values["corpora"] = {config.dataset: config.corpora[config.dataset]}
    return masked(yaml.safe_dump(values, sort_keys=False, width=10**6, allow_unicode=True))


def _log_params(config: Config) -> None:
    """Log what distinguishes experiments: the choices made, and the parameters that are not at their defaults.

    config.yaml has everything; the UI repeats every parameter above each picture, so only a few are legible.
    """
    values = config.model_dump(include={"seed", "dataset", "feature", "task", "split"})
    values["features"] = {kind: one.non_default() for kind, one in Feature.of(config).params.items()}
    values["splits"] = {config.split: config.split_params(config.split)[1].non_default()}
    values["lockbox"] = config.lockbox or {}
    values["members"] = config.members
    values["slices"] = config.slices.model_dump() if config.slices.seconds else {}
    log_params({key: value for key, value in flatten(values).items() if value != {}})


def log_params(values: Mapping[str, Any]) -> None:
    """Log parameters of the active run, except those that it already has."""
    there = mlflow.get_run(mlflow.active_run().info.run_id).data.params
    mlflow.log_params({key: str(value)[:LIMIT] for key, value in values.items() if key not in there})


def note_failure(verb: str, message: str) -> None:
    """Name the run that `mlflow run` opened, and tag it with why it failed before it was claimed."""
    with contextlib.suppress(MlflowException, SQLAlchemyError):  # there may be no such run
        mlflow.MlflowClient().set_tag(os.environ["MLFLOW_RUN_ID"], "mlflow.runName", f"{verb} (failed)")
        mlflow.MlflowClient().set_tag(os.environ["MLFLOW_RUN_ID"], "error", masked(message))


def name_project_run(name: str) -> None:
    """Name the run that `mlflow run` opened for a verb that records nothing."""
    if "MLFLOW_RUN_ID" in os.environ:
        mlflow.MlflowClient().set_tag(os.environ["MLFLOW_RUN_ID"], "mlflow.runName", name)


def log_data(config: Config, feature: str, version: dvc.DataVersion) -> None:
    """Log corpus and features ("": none are used) as the run's inputs, with DVC's hashes as digests."""
    inputs = {config.dataset: (f"dataset@{config.dataset}", version.table)}
    if feature:
        stages = " ".join(dvc.feature_stages(config, feature.split("+")))
        inputs[f"{config.dataset}-{feature}"] = (stages, version.features)
    for name, (stage, digest) in inputs.items():
        source = CodeDatasetSource(tags={"dvc": stage})
        mlflow.log_input(MetaDataset(source, name=name, digest=digest), context="train and test" if feature else "all")
    tags = {"data.table": version.table, "data.clips": version.clips, "data.features": version.features}
    mlflow.set_tags({name: value for name, value in tags.items() if value})


def log_epoch(number: int, metrics: Mapping[str, float]) -> None:
    """Log the figures of one epoch as points of their curves."""
    mlflow.log_metrics(dict(metrics), step=number)


def last_epoch(name: str) -> int:
    """Return the number of the last epoch for which the active run has a figure, or 0."""
    history = mlflow.MlflowClient().get_metric_history(mlflow.active_run().info.run_id, name)
    return max((point.step for point in history), default=0)


def log_metrics(metrics: Mapping[str, float]) -> None:
    """Log final figures."""
    mlflow.log_metrics(dict(metrics))


def log_picture(figure: Any, key: str) -> None:
    """Log a matplotlib figure as an image for the chart view under `key`, and as the artifact `<key>.png`."""
    from genrelab import plots

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{key}.png"
        path.write_bytes(plots.png(figure))
        log_png(path)


def log_png(path: Path) -> None:
    """Log a PNG file as an image for the chart view under its name, and as an artifact."""
    mlflow.log_image(mlflow.Image(str(path)), key=path.stem, step=0, synchronous=True)  # or the run's end waits
    mlflow.log_artifact(str(path))


def log_table(table: pd.DataFrame, name: str, *, index: bool = False) -> None:
    """Log a table as the artifact `<name>.csv`, which `corpus.from_csv` can read."""
    mlflow.log_text(csv_text(table, index=index), f"{name}.csv")


def log_file(path: Path, folder: str | None = None) -> None:
    """Log a file as an artifact."""
    mlflow.log_artifact(str(path), folder)


def log_text(text: str, name: str) -> None:
    """Log text as an artifact."""
    mlflow.log_text(text, name)


def set_tags(tags: Mapping[str, str]) -> None:
    """Tag the active run."""
    mlflow.set_tags(dict(tags))


def set_parent(run_id: str, parent: str) -> None:
    """Make a run a child of another."""
    mlflow.MlflowClient().set_tag(run_id, MLFLOW_PARENT_RUN_ID, parent)


def describe(result: str, picture: str = "") -> None:
    """Describe the active run: the result in a sentence, a picture from its artifacts, and what the result rests on."""
    run = mlflow.get_run(mlflow.active_run().info.run_id)
    parts = [f"**{result}**"]
    if picture:
        parts.append(f"![{picture}](get-artifact?path={picture}&run_uuid={run.info.run_id})")
    if rests := _rests_on(run.data.tags):
        parts.append(f"Based on: {rests}.")
    mlflow.set_tag(NOTE, "\n\n".join(parts))


def _rests_on(tags: Mapping[str, str]) -> str:
    """Return what a run's figures rest on, from its tags: corpus and version, task, split, code, test ledger."""
    parts = []
    if "dataset" in tags:
        version = f" (version {tags['data.table'][:8]})" if "data.table" in tags else ""
        parts.append(f"corpus {tags['dataset']}{version}")
    parts += [f"{name} {tags[name]}" for name in ("task", "split") if tags.get(name)]
    if "git.commit" in tags:
        changed = ", with uncommitted changes" if tags.get("git.dirty") == "true" else ""
        parts.append(f"code {tags['git.commit'][:8]}{changed}")
    if LEDGER in tags:
        parts.append(tags[LEDGER])
    return "; ".join(parts)


def find(condition: str) -> list[Run]:
    """Return the runs of all experiments that meet a condition, latest first."""
    return mlflow.search_runs(
        [e.experiment_id for e in mlflow.search_experiments()],
        filter_string=condition,
        order_by=["attributes.start_time DESC"],
        output_format="list",
    )


def run_exists(run_id: str) -> bool:
    """Return whether a run exists and is not deleted."""
    try:
        return mlflow.MlflowClient().get_run(run_id).info.lifecycle_stage == "active"
    except MlflowException:
        return False


def finish(run_id: str) -> None:
    """Close a run whose work was completed after a kill."""
    mlflow.MlflowClient().set_terminated(run_id, "FINISHED")


def metrics_of(run_id: str) -> dict[str, float]:
    """Return the last value of each figure of a run."""
    return dict(mlflow.MlflowClient().get_run(run_id).data.metrics)


def tags_of(run_id: str) -> dict[str, str]:
    """Return the tags of a run."""
    return dict(mlflow.MlflowClient().get_run(run_id).data.tags)


def cut_short(run_id: str) -> str:
    """Return in words what cut a run's training short; "" if nothing did."""
    return str(mlflow.MlflowClient().get_run(run_id).data.tags.get(CUT_SHORT, ""))


def read_text(run_id: str, name: str) -> str:
    """Return a text artifact; raise ConfigError if there is no such run or artifact."""
    store.connect()
    try:
        return mlflow.artifacts.load_text(f"runs:/{run_id}/{name}")
    except (MlflowException, OSError) as error:
        raise ConfigError(f"run '{run_id}' has no {name}: {why(error)}") from None


def supersede_run(state: Path, run_id: str) -> bool:
    """Close the run of the process that last used the state in this folder; return whether there was one."""
    owner = state / "run"
    before = owner.read_text() if owner.exists() else ""
    if before:
        _supersede(before, by=run_id)
    owner.write_text(run_id)
    return bool(before)


def _supersede(run_id: str, by: str) -> None:
    """Close a run whose process is gone, and its parent; record which run continued the work."""
    client = mlflow.MlflowClient()
    with contextlib.suppress(MlflowException):  # it may be in another store, or deleted
        killed = client.get_run(run_id)
        client.set_tag(run_id, "resumed_by", by)
        working = mlflow.active_run().data.tags.get(MLFLOW_PARENT_RUN_ID)
        for dead in (run_id, killed.data.tags.get(MLFLOW_PARENT_RUN_ID)):
            if dead and dead != working and client.get_run(dead).info.status == "RUNNING":
                client.set_terminated(dead, "KILLED")


def scored(dataset: str) -> list[Run]:
    """Return the finished training runs with test figures on the corpus `dataset`, latest first."""
    store.connect()
    return [run for run in find(f"tags.dataset = '{dataset}' and tags.`{KIND}` = 'train'") if is_scored(run)]


def is_scored(run: Run) -> bool:
    """Return whether a run is a finished training with test figures."""
    data = run.data
    return data.tags.get(KIND) == "train" and run.info.status == "FINISHED" and has_test_figures(run)


def has_test_figures(run: Run) -> bool:
    """Return whether a run has test figures, for any kind of task."""
    return not run.data.metrics.keys().isdisjoint({"test_accuracy", "test_map"})


def beginning_with(digits: str) -> list[Run]:
    """Return the runs whose id begins with these hexadecimal digits."""
    store.connect()
    return find(f"attributes.run_id LIKE '{digits}%'")
