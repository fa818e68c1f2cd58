"""The documentation's Python runs against this code, and its links lead somewhere."""

import ast
import importlib
import re
from pathlib import Path

import pytest

PAGES = [Path("README.md"), Path("CONTRIBUTING.md"), *sorted(Path("docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_what_its_python_imports_is_there(page):
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("genrelab"):
                for alias in node.names:
                    module = importlib.import_module(node.module)
                    if not hasattr(module, alias.name):
                        importlib.import_module(f"{node.module}.{alias.name}")


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_its_links_lead_to_files(page):
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{page} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_the_source_files_it_names_are_there(page):
    for name in re.findall(r"`?(src/genrelab/[\w/]+(?:\.py)?)", page.read_text(encoding="utf-8")):
        assert Path(name).exists(), f"{page} names {name}"
