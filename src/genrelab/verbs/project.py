"""The project itself: its files, its resolved configuration, and the MLflow UI."""

from __future__ import annotations

import json
from collections.abc import Container
from pathlib import Path
from typing import TYPE_CHECKING

from genrelab.console import say
from genrelab.errors import ConfigError, masked
from genrelab.verbs import check_port, config_or_default

if TYPE_CHECKING:
    from genrelab.config import Config


SHIPPED = Path(__file__).parents[1] / "project"  # the repository's own files, which the package carries


def init(*, folder: str | Path = "") -> Path:
    """Make a folder a project by adding missing files: params.yaml, its JSON schema, dvc.yaml, and DVC's own files.

    Parameters:
        folder: the folder; if not given, the one that GENRELAB_HOME names, or else the current folder.

    Returns:
        The folder.

    Raises:
        ConfigError: the folder cannot be written.
        DataError: `dvc init` failed.

    Example:
        >>> folder = init(folder="lab")                                         # doctest: +ELLIPSIS
        written: lab/params.yaml
        written: lab/...
        >>> sorted(path.name for path in folder.iterdir())
        ['.dvc', '.dvcignore', 'dvc.yaml', 'params.schema.json', 'params.yaml']
    """
    from genrelab.data import dvc
    from genrelab.state.home import home

    target = Path(folder).expanduser() if folder else home()
    texts = {name: (SHIPPED / name).read_text(encoding="utf-8") for name in ("params.yaml", "params.schema.json")}
    texts["dvc.yaml"] = _for_installed((SHIPPED / "dvc.yaml").read_text(encoding="utf-8"))
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            if (target / name).exists():
                say(f"{target / name} exists already and is left unchanged")
            else:
                partial = target / f"{name}.partial"
                partial.write_text(text, encoding="utf-8")
                partial.replace(target / name)
                say(f"written: {target / name}")
    except OSError as error:
        raise ConfigError(f"{target.absolute()} cannot be made a project: {error.strerror}") from None
    dvc.initialise(target)
    say("next: name your corpus in params.yaml, then run: dvc repro")
    return target


def _for_installed(stages: str) -> str:
    """Return dvc.yaml for a folder without the code: stages run the installed package and depend on no source file."""
    kept = [line for line in stages.splitlines() if not line.strip().startswith("- src/")]
    return "\n".join(kept).replace("PYTHONPATH=src ", "") + "\n"


def schema() -> str:
    """Print the JSON schema of params.yaml, which editors use to complete and check it.

    Returns:
        The printed text.
    """
    from genrelab.verbs import params_schema

    text = json.dumps(params_schema.schema(), indent=1, ensure_ascii=False)
    say(text)
    return text


def show_config(config: Config | None = None, *, model: str = "") -> str:
    """Print the resolved configuration, which of its values are the model's own, and its hash.

    Parameters:
        config: params.yaml with overrides.
        model: a model, such as cnn, whose own values fill what params.yaml leaves open.

    Returns:
        The printed text: YAML whose last line is a comment with the config hash, the one that runs are tagged with.

    Raises:
        ConfigError: a name or a value is wrong.
    """
    config = config_or_default(config)
    left_open = config.left_to_model
    if model:
        from genrelab.classifiers import ensemble_spec

        config = ensemble_spec.takes(ensemble_spec.load(model, config), model, config)
    text = _commented(config, left_open, f"# as {model} has it" if model else "# unless the model has its own")
    say(text)
    return text


def _commented(config: Config, names: Container[str], comment: str) -> str:
    """Return a config as YAML, with a comment on the values with these dotted names, and its hash on the last line."""
    import yaml

    lines, group = [], ""
    for line in yaml.safe_dump(config.model_dump(), sort_keys=False, allow_unicode=True).splitlines():
        indent, name = len(line) - len(line.lstrip()), line.strip().partition(":")[0]
        group = group if indent else name
        dotted = f"{group}.{name}" if indent == 2 else name
        lines.append(f"{line}  {comment}" if indent <= 2 and dotted in names else line)
    return masked("\n".join([*lines, f"# config hash: {config.config_hash}"]))


def ui(*, port: int = 5000) -> None:
    """Serve the MLflow UI on 127.0.0.1 until interrupted.

    Parameters:
        port: the port to listen on, 1...65535.

    Raises:
        ConfigError: the port is out of range.
        GenreLabError: another service uses the port, or the server does not start.
    """
    check_port(port)
    from genrelab.tracking import ui as server

    server.serve(port)
