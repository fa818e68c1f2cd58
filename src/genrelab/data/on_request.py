"""The stages of on-request features, kept in on_request/dvc.yaml once somebody asks for them.

DVC computes, pushes and pulls everything that a dvc.yaml names. So the features under `on_request` in params.yaml get
their stage only when a model or `genrelab build` asks for them: a copy of the `features` stage in dvc.yaml, with the
parameters under `on_request`.
"""

from collections.abc import Collection
from typing import Any

import yaml

from genrelab.config import Config
from genrelab.data import lock_file
from genrelab.errors import DataError
from genrelab.state import files
from genrelab.state.home import home, state_folder
from genrelab.state.locks import exclusive_lock

FILE, LOCK = "on_request/dvc.yaml", "on_request/dvc.lock"
STAGE = f"{FILE}:features"  # prefix of DVC's names for these stages
HEADER = """\
# Written by genrelab: the features under on_request in params.yaml that have been asked for. Commit it with the
# dvc.lock next to it, from which it is rebuilt if lost.
"""


def name(dataset: str, kind: str) -> str:
    """Return DVC's name, in the project's folder, for the stage of an on-request feature."""
    return f"{STAGE}@{dataset}-{kind}"


def ask(config: Config, stages: Collection[str]) -> None:
    """Add those of `stages` that belong to on-request features to the file, and keep those that it already has.

    Stages that params.yaml no longer has on request are dropped. Raises DataError if the file is damaged, or if
    dvc.yaml has no stage `features`.
    """
    asked = {stage.removeprefix(f"{STAGE}@") for stage in stages if stage.startswith(f"{STAGE}@")}
    if not asked and not any((home() / path).exists() for path in (FILE, LOCK)):
        return
    with exclusive_lock(state_folder() / "on_request", FILE, wait=True):
        _write(config, asked | _written() | _computed())


def withdraw(config: Config) -> None:
    """After a failure, remove stages that were never computed: they would make `dvc repro -P` fail again."""
    if (home() / FILE).exists():
        with exclusive_lock(state_folder() / "on_request", FILE, wait=True):
            _write(config, _computed())


def _computed() -> set[str]:
    """Return the stages that DVC has run, as <corpus>-<feature>."""
    return {stage.partition("@")[2] for stage in lock_file.read(LOCK)}


def _written() -> set[str]:
    """Return the stages in the file, as <corpus>-<feature>."""
    path = home() / FILE
    if not path.exists():
        return set()
    try:
        return {*yaml.safe_load(path.read_text(encoding="utf-8"))["stages"]["features"]["foreach"].keys()}
    except (yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError):
        raise DataError(f"{FILE} is damaged, or in conflict after a merge; remove it to have it rebuilt") from None


def _write(config: Config, wanted: Collection[str]) -> None:
    """Write the wanted stages that params.yaml has on request; if there are none, remove the file."""
    path = home() / FILE
    items = {
        f"{corpus}-{kind}": {"corpus": corpus, "feature": kind}
        for corpus in config.corpora
        for kind in config.on_request
        if f"{corpus}-{kind}" in wanted and config.feature_group(kind) == "on_request"
    }
    if not items:
        path.unlink(missing_ok=True)
        return
    text = HEADER + yaml.safe_dump(_stages(items), sort_keys=False, width=120)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(exist_ok=True)
        files.write_text(path, text)


def _stages(items: dict[str, dict[str, str]]) -> dict[str, Any]:
    try:
        stage = yaml.safe_load((home() / "dvc.yaml").read_text(encoding="utf-8"))["stages"]["features"]
        rest = {key: stage[key] for key in ("cmd", "outs")} | {"deps": stage.get("deps", [])}
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        raise DataError(
            "features on request need a stage `features` with a matrix in dvc.yaml, as genrelab init writes it"
        ) from None
    return {
        "vars": ["../params.yaml"],
        "stages": {
            "features": {
                "foreach": items,
                "do": {"wdir": "..", **rest, "params": ["on_request.${item.feature}"]},
            }
        },
    }
