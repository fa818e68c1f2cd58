"""Which code a result rests on: the source of modules and of everything of the same packages that they import.

Trainings, searches, features and surveys are known by such a digest beside their data and settings, so that none is
resumed, reused or kept once its code has changed, and all are when other code has.
"""

import ast
import hashlib
import importlib.util
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

OWN = "genrelab"
# What these decide (parameters, chosen plug-ins) is part of every key by value, and wording changes no result, nor does
# where work is done. The package's own __init__ is a lazy list of all that there is.
LEFT_OUT = frozenset({OWN, *(f"{OWN}.{name}" for name in ("config", "errors", "parallel", "plugins"))})


def digest(*modules: str, root: Path | None = None) -> str:
    """Return a digest of the source of `modules` and of what they import, directly or not.

    Parameters
    ----------
    modules
        Dotted names, such as `genrelab.models.cnn` or `my_plugins.models.tiny`.
    root
        Folder that holds the packages; by default they are looked for where Python finds them.

    Returns:
    -------
    str
        64 hex digits. Imports are followed within the packages that `modules` belong to and within genrelab, wherever
        they stand in a file; installed libraries do not count, nor do modules that are imported by a computed name.
    """
    found = hashlib.sha256()
    for name, path in sorted(sources(*modules, root=root).items()):
        content = path.read_bytes()
        found.update(f"{name} {len(content)}\n".encode())
        found.update(content)
    return found.hexdigest()


def sources(*modules: str, root: Path | None = None) -> dict[str, Path]:
    """Return the files that `digest` reads, by the name of the module; ModuleNotFoundError for one that is missing."""
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
    """Return the file of a module; None for a name that is none, as that of a function is."""
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
    """Return what may be modules among the imports of a file; it is parsed again once its time or size has changed."""
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
