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
    """Give features on request of `config.dataset` their stages, where `stages` names any; the others are kept.

    Those that params.yaml no longer has on request are dropped. DataError where the file is damaged, or where dvc.yaml
    has no stage of features.
    """
    wanted = {
        f"{config.dataset}-{kind}": {"corpus": config.dataset, "feature": kind}
        for kind in config.on_request
        if name(config.dataset, kind) in stages
    }
    if not wanted and not any((home() / path).exists() for path in (FILE, LOCK)):
        return
    with exclusive_lock(state_folder() / "on_request", FILE, wait=True):
        _write({**_written(config), **_computed(config), **wanted})


def withdraw(config: Config) -> None:
    """Take back what was asked for and never computed, after a failure: `dvc repro -P` would fail by it again."""
    if (home() / FILE).exists():
        with exclusive_lock(state_folder() / "on_request", FILE, wait=True):
            _write(_computed(config))


def _computed(config: Config) -> dict[str, dict[str, str]]:
    """Return the stages that on_request/dvc.lock knows, of what params.yaml has on request."""
    known = lock_file.read(LOCK)
    return {
        f"{corpus}-{kind}": {"corpus": corpus, "feature": kind}
        for corpus in config.corpora
        for kind in config.on_request
        if config.feature_group(kind) == "on_request" and f"features@{corpus}-{kind}" in known
    }


def _written(config: Config) -> dict[str, dict[str, str]]:
    """Return the stages that the file holds, of what params.yaml has on request."""
    path = home() / FILE
    if not path.exists():
        return {}
    try:
        items = yaml.safe_load(path.read_text(encoding="utf-8"))["stages"]["features"]["foreach"]
        found = {str(item): {key: str(of[key]) for key in ("corpus", "feature")} for item, of in items.items()}
    except (yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError):
        raise DataError(f"{FILE} is damaged, or in conflict after a merge; remove it, and it is written anew") from None
    return {
        item: of
        for item, of in found.items()
        if of["corpus"] in config.corpora and config.feature_group(of["feature"]) == "on_request"
    }


def _write(items: dict[str, dict[str, str]]) -> None:
    path = home() / FILE
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
