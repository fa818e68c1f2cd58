"""The JSON schema of params.yaml, built from the models that validate it and the parameters of all plug-ins."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from genrelab import plugins
from genrelab.config import MODEL_DEFAULTS, Config

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """Return the schema; values left to the model may be null, and dotted names may be nested."""
    whole = Config.model_json_schema()
    for dotted in MODEL_DEFAULTS:
        group, _, name = dotted.rpartition(".")
        where = whole["$defs"][group.capitalize()] if group else whole
        where["properties"][name] = {"anyOf": [where["properties"][name], {"type": "null"}]}
    properties = whole["properties"]
    for name in ("hp", "members"):
        properties[name] = {"type": "object", "title": name.capitalize(), "default": {}}
    for group in ("features", "splits"):
        properties[group]["properties"] = {name: _params(group, name, whole["$defs"]) for name in plugins.names(group)}
    properties["on_request"]["properties"] = {
        name: {"$ref": f"#/properties/features/properties/{name}"} for name in plugins.names("features")
    }
    kinds = [_corpus(kind, whole["$defs"]) for kind in plugins.names("datasets")]
    (name,) = properties["corpora"]["patternProperties"]
    properties["corpora"]["patternProperties"][name] = {"anyOf": kinds}
    return {"$schema": DRAFT, **whole, "title": "params.yaml of genrelab"}


def _params(group: str, name: str, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a plug-in's parameters; add the schemas that it refers to to the definitions."""
    params: type[BaseModel] = plugins.load(group, name).Params
    found = params.model_json_schema()
    definitions.update(found.pop("$defs", {}))
    return {**found, "title": f"{group}.{name}"}


def _corpus(kind: str, definitions: dict[str, Any]) -> dict[str, Any]:
    found = _params("datasets", kind, definitions)
    properties: Mapping[str, Any] = found.get("properties", {})
    required = [*found.get("required", []), "kind"]
    return {**found, "properties": {"kind": {"const": kind}, **properties}, "required": required}
