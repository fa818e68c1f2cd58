"""The notebooks of examples/ run from the first cell to the last, and say what they promise."""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.end_to_end


def run(name: str) -> dict:
    """Run the code cells of a notebook one after another, and return its variables."""
    cells = json.loads(Path(name).read_text(encoding="utf-8"))["cells"]
    names: dict = {}
    for number, cell in enumerate(cells):
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"{name}, cell {number}", "exec"), names)
    return names


@pytest.fixture
def in_examples(in_clone, monkeypatch):
    monkeypatch.setenv("GENRELAB_HOME", "..")
    monkeypatch.chdir(in_clone.root / "examples")


def test_five_lines(in_examples):
    names = run("five_lines.ipynb")
    assert 0 <= names["result"].metrics["test_accuracy"] <= 1
    assert "svm" in set(names["board"].model)


@pytest.mark.long
def test_your_own_music(in_examples):
    names = run("your_own_music.ipynb")
    assert list(names["clips"][names["clips"].status != "ok"].id) == ["march/broken.wav"]
    assert names["at_random"].metrics["test_accuracy"] >= names["apart"].metrics["test_accuracy"]
    assert names["final"].version == "1"
