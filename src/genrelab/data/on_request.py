"""The stages of features on request: on_request/dvc.yaml, which holds those that somebody has asked for.

What a dvc.yaml names, DVC wants computed, pushed and pulled. So the features under `on_request` in params.yaml get
their stage when a model or `genrelab build` asks for them: that of dvc.yaml's features, with the parameters that stand
under `on_request`.
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
STAGE = f"{FILE}:features"  # what DVC calls such stages begins so
HEADER = """\
# Written by genrelab: the features of params.yaml's on_request that have been asked for. Commit it as you do dvc.lock;
# it is written anew by what that knows.
"""


def name(dataset: str, kind: str) -> str:
    """Return how DVC calls the stage of a feature on request, in the project's folder."""
    return f"{STAGE}@{dataset}-{kind}"


def ask(config: Config, stages: Collection[str]) -> None:
    """Give those of `stages` that are of features on request a place in the file; those that it has are kept.

    What params.yaml no longer has on request is dropped. DataError where the file is damaged, or where dvc.yaml has no
    stage of features.
    """
    asked = {stage.removeprefix(f"{STAGE}@") for stage in stages if stage.startswith(f"{STAGE}@")}
    if not asked and not any((home() / path).exists() for path in (FILE, LOCK)):
        return
    with exclusive_lock(state_folder() / "on_request", FILE, wait=True):
        _write(config, asked | _written() | _computed())


def withdraw(config: Config) -> None:
    """Take back what was asked for and never computed, after a failure: `dvc repro -P` would fail by it again."""
    if (home() / FILE).exists():
        with exclusive_lock(state_folder() / "on_request", FILE, wait=True):
            _write(config, _computed())


def _computed() -> set[str]:
    """Return what DVC has run, as <corpus>-<feature>."""
    return {stage.partition("@")[2] for stage in lock_file.read(LOCK)}


def _written() -> set[str]:
    """Return what the file holds, as <corpus>-<feature>."""
    path = home() / FILE
    if not path.exists():
        return set()
    try:
        return {*yaml.safe_load(path.read_text(encoding="utf-8"))["stages"]["features"]["foreach"].keys()}
    except (yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError):
        raise DataError(f"{FILE} is damaged, or in conflict after a merge; remove it, and it is written anew") from None


def _write(config: Config, wanted: Collection[str]) -> None:
    """Write the stages of what is wanted and params.yaml has on request; without any there is no file."""
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
            "dvc.yaml has no stage `features` with a matrix, as genrelab init writes it; features on request need it"
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
