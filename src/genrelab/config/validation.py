"""Validate values against a section of parameters; an error is one line."""

from collections.abc import Iterator
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from genrelab.errors import ConfigError, suggest

M = TypeVar("M", bound=BaseModel)


def validate(model: type[M], data: Any, where: str) -> M:
    """Return `data` as a validated `model`, or raise a one-line ConfigError about the first fault.

    `where` is the dotted name of `data` in params.yaml.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ConfigError(_explain(model, error.errors()[0], where)) from None


def _explain(model: type[BaseModel], fault: Any, where: str) -> str:
    path = [str(part) for part in fault["loc"]]
    if path[:1] == ["tasks"] and len(path) > 2 and path[2] in ("multilabel", "classes"):
        del path[2]  # the kind of task that pydantic took it for
    if path[:1] in (["hp"], ["members"]) and len(path) > 2:
        fault = {**fault, "msg": "it must be a finite number, a word, true or false"}
        del path[2:]  # the type that pydantic tried first
    dotted = ".".join([*([where] if where else []), *path])
    value = fault["input"]
    if fault["type"] == "extra_forbidden":
        known = [*_fields(model, path[:-1]), *(getattr(model, "ALIASES", ()) if len(path) == 1 else ())]
        return f"unknown parameter '{dotted}'{suggest(path[-1], known)}"
    if fault["type"] == "missing":
        return f"parameter '{dotted}' is missing from params.yaml"
    if fault["type"] == "value_error":
        prefix = f"parameter '{dotted}': " if dotted else ""
        return f"{prefix}{fault['ctx']['error']}"
    if fault["type"] == "string_pattern_mismatch":
        rule = "a name consists of letters, digits, - and _, and begins with a letter or digit"
        return f"parameter '{dotted.removesuffix('.[key]')}' is wrong: {rule}, got {value!r}"
    expected = fault["msg"][0].lower() + fault["msg"][1:]
    return f"parameter '{dotted}' is wrong: {expected}, got {value!r}"


def _fields(model: type[BaseModel], path: list[str]) -> list[str]:
    """Return the field names of the section at `path` below `model`."""
    for part in path:
        if part not in model.model_fields:
            continue  # the key of a mapping, such as a task's name
        inner = next(_sections(model.model_fields[part].annotation), None)
        if inner is None:
            return []
        model = inner
    return list(model.model_fields)


def _sections(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the sections that an annotation names, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _sections(inner)
