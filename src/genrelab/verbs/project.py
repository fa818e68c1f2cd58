"""The project itself: its resolved configuration, and MLflow's pages on its runs."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

from genrelab.errors import ConfigError
from genrelab.verbs import config_or_default

if TYPE_CHECKING:
    from genrelab.config import Config


def show_config(config: Config | None = None, *, model: str = "") -> str:
    """Print the resolved configuration, which of its values are the model's own, and its hash.

    Parameters:
        config: params.yaml with overrides.
        model: what params.yaml leaves open is as this model has it, such as cnn.

    Returns:
        What is printed: YAML, whose last line is a comment with the config hash that runs are tagged with.

    Raises:
        ConfigError: a name or a value is wrong.
    """
    config = config_or_default(config)
    left_open = config.left_to_model
    if model:
        from genrelab.classifiers import ensemble_spec

        config = ensemble_spec.takes(ensemble_spec.load(model, config), model, config)
    text = _commented(config, left_open, f"# as {model} has it" if model else "# unless the model has its own")
    print(text)
    return text


def _commented(config: Config, names: Container[str], comment: str) -> str:
    """Return a config as YAML, with a comment on the values of these dotted names, and its hash on the last line."""
    import yaml

    lines, group = [], ""
    for line in yaml.safe_dump(config.model_dump(), sort_keys=False, allow_unicode=True).splitlines():
        indent, name = len(line) - len(line.lstrip()), line.strip().partition(":")[0]
        group = group if indent else name
        dotted = f"{group}.{name}" if indent == 2 else name
        lines.append(f"{line}  {comment}" if indent <= 2 and dotted in names else line)
    return "\n".join([*lines, f"# config hash: {config.config_hash}"])


def ui(config: Config | None = None, *, port: int = 5000) -> None:
    """Serve the MLflow UI on 127.0.0.1 until interrupted.

    Parameters:
        config: not used.
        port: its port, 1...65535.

    Raises:
        ConfigError: the port is no port.
        GenreLabError: something else is served there, or the server does not start.
    """
    if not 0 < port < 65536:
        raise ConfigError(f"port must be a number in 1...65535, got {port}")
    from genrelab.tracking import ui as server

    server.serve(port)
