"""The command line, built from the verbs: signatures become options, docstrings become help.

The verbs import heavy packages (TensorFlow, MLflow, pydantic) only when they need them, so --help is fast.
"""

import inspect
import os
import re
import signal
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

import rich_click as click
from click.exceptions import NoArgsIsHelpError

import genrelab
from genrelab import console, verbs
from genrelab.console import warn
from genrelab.errors import ConfigError, GenreLabError, IncompleteError, StoreError, of_machine

PANELS = {
    "data": "Data",
    "training": "Training",
    "evaluation": "Evaluation",
    "inference": "Inference",
    "experiments": "Experiments",
    "project": "Project",
    "stages": "Stages of dvc.yaml",
}
COMMON = (
    "--dataset, --task, --split, --feature, --seed, --epochs, --batch_size, --early_stopping, --restore_best, --space, "
    "--oracle, --trials, --objective, --repeats, --refit"
)


class Invocation(NamedTuple):
    """A parsed command line: the verb, its function, its options, and overrides of params.yaml."""

    verb: str
    function: Callable[..., Any]
    options: dict[str, Any]
    overrides: dict[str, str]


class _Value(click.ParamType):
    """Convert a value to the verb's type; MLflow passes every value as text, an empty one if not given."""

    def __init__(self, parameter: inspect.Parameter) -> None:
        self.parameter = parameter
        self.name = {"bool": "true|false", "int": "number", "int | None": "number"}.get(parameter.annotation, "text")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        name, kind, default = self.parameter.name, self.parameter.annotation, self.parameter.default
        if not isinstance(value, str):
            return value
        if value == "" and default is not inspect.Parameter.empty:
            return default
        if kind in ("int", "int | None"):
            if not re.fullmatch(r"[+-]?\d+", value.strip()):
                raise ConfigError(f"{name} must be a whole number, got '{value}'")
            return int(value)
        if kind in ("bool", "bool | Sequence[str]") and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if kind == "bool":
            raise ConfigError(f"{name} must be true or false, got '{value}'")
        if kind.endswith("Sequence[str]"):
            return [part.strip() for part in value.split(",")]
        return value


KINDS = frozenset(
    {"str", "str | Path", "int", "int | None", "bool", "bool | Sequence[str]", "Sequence[str]", "Audio"}
)  # annotations that the command line can convert to


def summary(function: Callable[..., Any]) -> str:
    """Return the first line of a verb's docstring."""
    return (inspect.getdoc(function) or "").partition("\n")[0]


def parameter_help(function: Callable[..., Any]) -> dict[str, str]:
    """Return a verb's docstring text for each parameter."""
    _, _, rest = (inspect.getdoc(function) or "").partition("\nParameters:\n")
    section = re.split(r"\n(?=\S)", rest)[0]
    found: dict[str, str] = {}
    for entry in re.split(r"\n {4}(?=\w)", f"\n{section}"):
        name, _, text = entry.partition(":")
        found[name.strip()] = " ".join(text.split())
    return found


def _options(function: Callable[..., Any]) -> list[click.Parameter]:
    texts = parameter_help(function)
    parameters: list[click.Parameter] = []
    for name, parameter in inspect.signature(function).parameters.items():
        if name == "config":
            continue
        if parameter.annotation not in KINDS:
            raise TypeError(f"{function.__name__}({name}) has a type that cannot be given on a command line")
        required = parameter.default is inspect.Parameter.empty
        # A flag may stand alone, `--force`; MLflow writes `--force true`.
        more: dict[str, Any] = {} if required else {"default": parameter.default}
        if parameter.annotation.startswith("bool"):
            more |= {"is_flag": False, "flag_value": "true"}
        parameters.append(
            click.RichOption(
                [f"--{name}", name],
                type=_Value(parameter),
                required=required,
                show_default=parameter.annotation == "int",
                help=texts[name],
                **more,
            )
        )
    return parameters


def _command(group: str, verb: str) -> click.RichCommand:
    function = verbs.load(group, verb)

    @click.pass_context
    def read(ctx: click.Context, **options: Any) -> Invocation:
        return Invocation(verb, function, options, _overrides(ctx.args))

    return click.RichCommand(
        name=verb.replace("_", "-"),
        callback=read,
        params=_options(function),
        help=summary(function),
        epilog=f"Any value of params.yaml can be overridden: {COMMON}, --training.epochs, --hp.conv1.units ...",
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )


def program() -> click.RichGroup:
    """Return the whole command line."""
    group = click.RichGroup(
        name="genrelab",
        help="A laboratory for music genre classification.",
        epilog="Every verb is also an entry point: mlflow run . -e <verb> -P name=value. "
        'Completion: eval "$(_GENRELAB_COMPLETE=bash_source genrelab)", or zsh_source, fish_source.',
        panels=[
            click.RichCommandPanel(PANELS[name], commands=[verb.replace("_", "-") for verb in its])
            for name, its in verbs.GROUPS.items()
        ],
        context_settings={"token_normalize_func": lambda word: word.replace("_", "-")},
    )
    for name, its in verbs.GROUPS.items():
        for verb in its:
            group.add_command(_command(name, verb))
    return click.version_option(genrelab.__version__, prog_name="genrelab", message="%(prog)s %(version)s")(group)


def parse(words: Sequence[str]) -> Invocation:
    """Parse a command line; SystemExit after --help and --version."""
    try:
        found = program().main([*words], prog_name="genrelab", standalone_mode=False)
    except NoArgsIsHelpError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        message = error.format_message().strip().rstrip(".")
        raise ConfigError(f"{message[0].lower()}{message[1:]}; see genrelab --help") from None
    if not isinstance(found, Invocation):
        sys.exit(found or 0)
    return found


def _overrides(words: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--") or word == "--":
            raise ConfigError(f"got '{word}' where an option was expected; write --name value")
        name, equals, value = word[2:].partition("=")
        if not equals:
            if not rest:
                raise ConfigError(f"option --{name} has no value; write --name value")
            value = rest.pop(0)
        found[name if "." in name else name.replace("-", "_")] = value  # names after a dot are the user's own
    return found


def run(words: Sequence[str]) -> None:
    """Run one command line; expected errors are GenreLabErrors."""
    asked = parse(words)
    from genrelab import config

    if asked.verb not in verbs.LOCAL:  # local verbs record nothing
        _meet_store()
    if "config" in inspect.signature(asked.function).parameters:
        load = config.load_or_default if asked.verb in verbs.WITHOUT_PARAMS else config.load
        if asked.verb in verbs.GROUPS["stages"] and "dataset" not in asked.overrides and "DVC_STAGE" in os.environ:
            from genrelab.data import dvc

            asked.overrides.update(dvc.of_stage(os.environ["DVC_STAGE"], config.load()))
        asked.options["config"] = load(overrides=asked.overrides)
    elif asked.overrides:
        raise ConfigError(
            f"{asked.verb} has no option --{next(iter(asked.overrides))}; see genrelab {asked.verb} --help"
        )
    result = asked.function(**asked.options)
    # The table gives the reason for each unusable file; in addition, exit with code 3.
    attributes: Mapping[str, str] = getattr(result, "attrs", {})
    if attributes.get("left_out"):
        raise IncompleteError(attributes["left_out"])


def _meet_store() -> None:
    """Check the tracking store that the environment names, before long imports and long work."""
    if uri := os.environ.get("MLFLOW_TRACKING_URI"):
        from genrelab.tracking import contact

        contact.check(uri)
        contact.say_where(uri)
    if "MLFLOW_RUN_ID" in os.environ:
        from genrelab.tracking import runs

        runs.claim_project_run()


def main() -> NoReturn:
    """Run the command line of this process; exit with 0, 2 (error, one line), 3 (partly done) or 130 (interrupted)."""
    signal.signal(signal.SIGTERM, _interrupt)  # `kill` acts like Ctrl-C: the run is recorded and can be resumed
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    console.settle()
    try:
        run(sys.argv[1:])
        sys.stdout.flush()
    except GenreLabError as error:
        _fail(sys.argv[1:], str(error), noted=not isinstance(error, StoreError))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        warn("genrelab: interrupted; run the same command again to resume")
        sys.exit(130)
    except Exception as error:
        line = of_machine(error)
        if not line:
            raise
        _fail(sys.argv[1:], line, noted=False)
        sys.exit(2)
    sys.exit(0)


def _fail(words: Sequence[str], message: str, *, noted: bool) -> None:
    warn(f"genrelab: error: {message}")
    if noted and "MLFLOW_RUN_ID" in os.environ:
        from genrelab.tracking import runs

        runs.note_failure(words[0], message)


def _interrupt(number: int, frame: types.FrameType | None) -> Any:
    raise KeyboardInterrupt
