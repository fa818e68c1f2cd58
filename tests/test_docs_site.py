"""The documentation site: every page is in it, and every verb and plug-in is in its reference."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from genrelab import verbs

DOCS = Path("docs")


def test_every_page_is_named_in_the_navigation():
    named = set(re.findall(r"[\w/-]+\.md", Path("mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]))
    assert named == {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}


def test_every_group_of_verbs_has_a_page():
    assert {page.stem for page in (DOCS / "verbs").iterdir()} == set(verbs.GROUPS) - {"stages"}


@pytest.mark.parametrize("group", ["models", "features", "encoders", "splits"])
def test_every_plug_in_is_in_the_reference(group):
    text = (DOCS / "reference" / "plugins.md").read_text(encoding="utf-8")
    own = sorted(path.stem for path in Path("src/genrelab", group).glob("[!_]*.py"))
    assert re.findall(rf"^::: genrelab\.{group}\.(\w+)$", text, re.MULTILINE) == own


@pytest.mark.slow
@pytest.mark.skipif(find_spec("mkdocs") is None, reason="the extra docs is not installed")
def test_the_site_is_built_without_a_warning(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert 'id="genrelab.verbs.training.train"' in (tmp_path / "site/verbs/training/index.html").read_text()
