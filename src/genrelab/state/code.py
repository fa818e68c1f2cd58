"""Digest the code behind a result: the source of modules and of everything that they import from the same packages.

Trainings, searches, features and surveys are identified by this digest together with their data and settings. They are
not resumed, reused or kept once their code changes; a change to other code does not affect them.
"""

import ast
import hashlib
import importlib.util
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

OWN = "genrelab"
# What these decide (parameters, chosen plug-ins) is part of every key by value; neither wording nor the place of work
# changes a result. The package's own __init__ is a lazy index of everything.
LEFT_OUT = frozenset({OWN, *(f"{OWN}.{name}" for name in ("config", "errors", "parallel", "plugins"))})


def digest(*modules: str, root: Path | None = None) -> str:
    """Return a digest of the source of `modules` and of what they import, directly or indirectly.

    Parameters
    ----------
    modules
        Dotted names, such as `genrelab.models.cnn` or `my_plugins.models.tiny`.
    root
        Folder that holds the packages; by default, Python's import path.

    Returns:
    -------
    str
        64 hex digits. Imports anywhere in a file are followed within the packages of `modules` and within genrelab.
        Installed libraries and modules that are imported by a computed name do not count.
    """
    found = hashlib.sha256()
    for name, path in sorted(sources(*modules, root=root).items()):
        content = path.read_bytes()
        found.update(f"{name} {len(content)}\n".encode())
        found.update(content)
    return found.hexdigest()


def sources(*modules: str, root: Path | None = None) -> dict[str, Path]:
    """Return the files that `digest` reads, by module name; ModuleNotFoundError if one of `modules` is missing."""
    packages = {name.partition(".")[0] for name in (*modules, OWN)}
    places = {package: _place(package, root) for package in packages}
    found: dict[str, Path] = {}
    todo = list(modules)
    while todo:
        name = todo.pop()
        if name in found or name in LEFT_OUT:
            continue
        path = _file(name, places)
        if path is None:
            if name in modules:
                raise ModuleNotFoundError(f"there is no source of a module {name}", name=name)
            continue
        found[name] = path
        parent = name.rpartition(".")[0]
        todo += [parent] if parent else []
        stat = path.stat()
        package = name if path.name == "__init__.py" else parent
        todo += [one for one in _imports(path, package, stat.st_mtime_ns, stat.st_size) if one.split(".")[0] in places]
    return found


def _place(package: str, root: Path | None) -> Path:
    """Return the folder or the file of a top-level package or module."""
    if root is not None:
        return root / package if (root / package).is_dir() else root / f"{package}.py"
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.origin:
        raise ModuleNotFoundError(f"there is no source of a module {package}", name=package)
    return Path(spec.origin).parent if spec.submodule_search_locations else Path(spec.origin)


def _file(name: str, places: dict[str, Path]) -> Path | None:
    """Return the file of a module; None if the name is not a module, such as that of a function."""
    package, *parts = name.split(".")
    place = places[package]
    if place.suffix == ".py":
        return place if not parts and place.is_file() else None
    base = place.joinpath(*parts)
    for path in (base / "__init__.py", base.with_name(f"{base.name}.py")):
        if path.is_file():
            return path
    return None


@cache
def _imports(path: Path, package: str, changed: int, size: int) -> tuple[str, ...]:
    """Return the imported names of a file that may be modules; parse it again if its mtime or size changes."""
    tree = ast.parse(path.read_bytes(), filename=os.fspath(path))
    return tuple(dict.fromkeys(name for node in ast.walk(tree) for name in _imported(node, package)))


def _imported(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            parents = package.split(".")
            base = ".".join([*parents[: len(parents) - node.level + 1], *([node.module] if node.module else [])])
        yield base
        yield from (f"{base}.{alias.name}" for alias in node.names)
