"""Print the import graph of the package: rooms, arrows between them, and cycles.

A room is a module or sub-package directly inside the package. An arrow leads from a room to every room that it imports,
also inside functions. `python benchmarks/import_graph.py [folder]` prints the graph of `folder`, by default of
src/genrelab; for an earlier state, run `git worktree add ../then <commit>` first.
"""

import ast
import sys
from collections import defaultdict
from pathlib import Path


def arrows(package: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for path in package.rglob("*.py"):
        own = path.relative_to(package).with_suffix("").parts[0]
        found[own] |= set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == package.name:
                found[own] |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package.name}."):
                found[own].add(node.module.split(".")[1])
            elif isinstance(node, ast.Import):
                found[own] |= {a.name.split(".")[1] for a in node.names if a.name.startswith(f"{package.name}.")}
    rooms = set(found)
    return {room: others & rooms - {room} for room, others in found.items() if room != "__init__"}


def layers(graph: dict[str, set[str]]) -> tuple[list[list[str]], list[str]]:
    """Return the layers from the bottom up, and the rooms that a cycle keeps out of them."""
    left, found = dict(graph), []
    while ready := sorted(room for room, others in left.items() if not others & set(left)):
        found.append(ready)
        left = {room: others for room, others in left.items() if room not in ready}
    return found, sorted(left)


def main() -> None:
    package = Path(sys.argv[1] if len(sys.argv) > 1 else "src/genrelab")
    graph = arrows(package)
    found, circles = layers(graph)
    modules = len([*package.glob("*.py")])
    print(f"{modules} modules at the top; {len(graph)} rooms, {sum(map(len, graph.values()))} arrows, ", end="")
    print(f"{len(found)} layers, in circles: {', '.join(circles) or 'none'}")
    for rooms in reversed(found):
        print("  " + " ".join(rooms))


if __name__ == "__main__":
    main()
