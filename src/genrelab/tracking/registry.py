"""The model registry: register, load and describe versions, and move the champion alias."""

import contextlib
import tempfile
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import mlflow
import yaml
from mlflow.entities import Run
from mlflow.exceptions import MlflowException

import genrelab
from genrelab import plugins
from genrelab.classifiers import reference, saved_model
from genrelab.classifiers.base import TOP
from genrelab.classifiers.saved_model import SavedModel
from genrelab.errors import ModelError
from genrelab.tracking import environment, runs, store
from genrelab.tracking.runs import KIND

CHAMPION = "champion"  # alias of the version that serves
DECISIONS = "\n\n### Decisions on the champion\n\n"  # heading of the decisions on a version, below its model card
LONGEST_DESCRIPTION = 5000  # characters that a registry's store accepts
CARD = "model_card.md"  # artifact of the run that registered a version


def register(
    folder: Path,
    name: str,
    classes: Sequence[str],
    description: str,
    tags: Mapping[str, str],
    packages: Sequence[str] = (),
    *,
    multilabel: bool = False,
) -> str:
    """Log the classifier in `folder` as a model that takes sound, register it, and return its version number.

    Its answers have a column `drift` if `folder` holds a reference and, with `multilabel`, a column `tags`, those at or
    above their thresholds. The version carries the code of genrelab and of `packages`, importable packages of external
    plug-ins.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema
    from mlflow.types.schema import Array

    package = Path(genrelab.__file__).parent
    signature = ModelSignature(
        inputs=Schema([ColSpec("binary", "audio")]),
        outputs=Schema(
            [
                *(ColSpec("string", "label"), ColSpec("double", "probability")),
                ColSpec(Array(DataType.string), "top"),
                *([ColSpec(Array(DataType.string), "tags")] if multilabel else []),
                *([ColSpec("double", "drift")] if (folder / reference.FILE).exists() else []),
                *(ColSpec("double", name) for name in classes),
            ]
        ),
        params=ParamSchema([ParamSpec("top_k", "long", min(TOP, len(classes)))]),
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "An input example was not provided|.*input example", UserWarning)
        info = mlflow.pyfunc.log_model(
            name="model",
            python_model=str(package / "inference" / "pyfunc.py"),
            artifacts={"classifier": str(folder)},
            code_paths=[str(package), *(str(plugins.code_of(name)) for name in packages)],
            signature=signature,
            pip_requirements=environment.serving_requirements(),
        )
    client = mlflow.MlflowClient()
    with contextlib.suppress(MlflowException):  # it already exists, or another run is creating it right now
        client.create_registered_model(
            name,
            description=f"Names the {'tags' if multilabel else 'genres'} of sounds: {', '.join(classes)}. Each "
            "version's description is its model card and begins with its result. Load the serving version with "
            f"`models:/{name}@{CHAMPION}`.",
        )
    version = client.create_model_version(
        name, info.model_uri, info.run_id, tags=dict(tags), description=description, model_id=info.model_id
    )
    while version.status == "PENDING_REGISTRATION":
        time.sleep(0.2)
        version = client.get_model_version(name, version.version)
    return str(version.version)


def load_model(uri: str) -> SavedModel:
    """Return the model behind an MLflow URI: `models:/<name>/<version>`, `models:/<name>@champion`, `runs:/<id>/model`.

    This installation's code loads the saved classifier, not the copy that the version carries for servers: so no code
    from a registry runs here, and versions registered by older code load as well. Raises ModelError if there is no such
    model, or if genrelab did not make it.
    """
    store.connect()
    try:
        with tempfile.TemporaryDirectory() as copies:
            folder = Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=copies))
            described = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
            artifacts = described["flavors"]["python_function"].get("artifacts", {})
            if "classifier" not in artifacts:
                raise ModelError(f"model '{uri}' was not made by genrelab")
            return saved_model.load(folder / artifacts["classifier"]["path"])
    except (MlflowException, OSError, ValueError, KeyError) as error:  # depending on the kind of address
        raise ModelError(f"model '{uri}' cannot be loaded: {str(error).splitlines()[0]}") from None


class Version(NamedTuple):
    """A version of a registered model: its run, its tags, and the run's tags and figures."""

    run_id: str
    tags: dict[str, str]
    run_tags: dict[str, str]
    metrics: dict[str, float]


def latest_uri(preferred: str) -> str:
    """Return the address of a model's latest version: of `preferred` if it is registered, else of the only model.

    Raises ModelError if there is none, or if several could be meant.
    """
    name = _only(preferred)
    return f"models:/{name}/{list(versions_of(name))[-1]}"


def serving_uri(preferred: str) -> str:
    """Return the address of a model's champion, or of its latest version if it has none; else like `latest_uri`."""
    name = _only(preferred)
    return f"models:/{name}@{CHAMPION}" if champion(name) else latest_uri(name)


def pinned_uri(uri: str) -> str:
    """Return the address of the version that an alias points to now; any other address unchanged."""
    name, at, alias = uri.removeprefix("models:/").partition("@")
    if not at or not uri.startswith("models:/"):
        return uri
    return f"models:/{name}/{mlflow.MlflowClient().get_model_version_by_alias(name, alias).version}"


def model_card(uri: str) -> str:
    """Return a version's model card in Markdown, or its description if it was registered before cards existed."""
    name, _, number = pinned_uri(uri).removeprefix("models:/").rpartition("/")
    version = mlflow.MlflowClient().get_model_version(name, number)
    with contextlib.suppress(MlflowException, OSError):
        return str(mlflow.artifacts.load_text(f"runs:/{version.run_id}/{CARD}"))
    return version.description or ""


def only_model() -> str:
    """Return the name of the only registered model; raise ModelError if there is none or more than one."""
    return _only("")


def _only(preferred: str) -> str:
    found = [name for name in models() if versions_of(name)]
    if preferred in found:
        return preferred
    if len(found) == 1:
        return found[0]
    if not found:
        raise ModelError("no model is registered yet; train one: mlflow run . -e train")
    raise ModelError(f"several models are registered; name one: {', '.join(found)}")


def models() -> list[str]:
    """Return the names of the registered models."""
    store.connect()
    return sorted(model.name for model in mlflow.MlflowClient().search_registered_models())


def versions_of(name: str) -> dict[str, Version]:
    """Return the versions of a registered model by number, oldest first; none if there is no such model."""
    store.connect()
    client, found = mlflow.MlflowClient(), {}
    name = name.replace("'", "")
    for version in sorted(client.search_model_versions(f"name = '{name}'"), key=lambda version: int(version.version)):
        tags, metrics = {}, {}
        with contextlib.suppress(MlflowException):  # it may have no run, or one that was deleted for good
            data = client.get_run(version.run_id or "none").data
            tags, metrics = data.tags, data.metrics
        found[str(version.version)] = Version(version.run_id, dict(version.tags), tags, metrics)
    return found


def champion(name: str) -> str:
    """Return the number of the version that has the alias `champion`, or ""."""
    return str(mlflow.MlflowClient().get_registered_model(name).aliases.get(CHAMPION, ""))


def set_champion(name: str, version: str) -> None:
    """Move the alias `champion` to a version; the registry does so in one step."""
    mlflow.MlflowClient().set_registered_model_alias(name, CHAMPION, version)


def note_decision(name: str, version: str, line: str) -> None:
    """Add a line on the champion below the model card in a version's description; each line once, latest last."""
    client = mlflow.MlflowClient()
    text = client.get_model_version(name, version).description or ""
    card, _, noted = text.partition(DECISIONS)
    lines = [kept for kept in noted.splitlines() if kept and kept != f"- {line}"] + [f"- {line}"]
    while len(lines) > 1 and len(card) + len(DECISIONS) + len("\n".join(lines)) > LONGEST_DESCRIPTION:
        lines = lines[1:]
    text = f"{card}{DECISIONS}" + "\n".join(lines)
    client.update_model_version(name, version, text[:LONGEST_DESCRIPTION])


def decisions(name: str) -> list[Run]:
    """Return the runs that record the decisions on a model's champion, latest first."""
    store.connect()
    return runs.find(f"tags.`{KIND}` = 'promote' and tags.registered_model = '{name}'")
