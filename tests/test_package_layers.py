"""Imports point one way, and the command line starts without heavy packages."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path("src/genrelab")
# From the top of the house to its ground: a package may import from the layers below its own, and from itself.
LAYERS = [
    {"__main__"},
    {"cli"},
    {"verbs"},
    {"app", "testing"},
    {"experiments", "inference"},
    {"evaluation", "tuning"},
    {"quality", "training"},
    {"tracking"},
    {"classifiers", "splits"},
    {"datasets", "encoders", "models"},
    {"data", "features"},
    {"config", "pretrained"},
    {"plugins"},
    {"corpus", "parallel"},
    {"state"},
    {"composing", "console", "html", "layers", "metrics", "plots"},
    {"keras_import"},
    {"errors"},
]
HEAVY = ["tensorflow", "keras", "mlflow", "librosa", "sklearn", "matplotlib", "pandas", "zarr", "pydantic"]


def layer(package: str) -> int:
    return next(i for i, names in enumerate(LAYERS) if package in names)


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "genrelab":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("genrelab."):
            found.add(node.module.split(".")[1])
    return found


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=str)
def test_imports_point_down(path):
    own = path.relative_to(SOURCE).with_suffix("").parts[0]
    if own != "__init__":
        for other in imported(path) - {own}:
            assert layer(other) > layer(own), f"{own} imports {other}"


def test_few_modules_stay_at_the_top():
    assert len([*SOURCE.glob("*.py")]) <= 8


@pytest.mark.parametrize("path", sorted(SOURCE.glob("models/*.py")), ids=str)
def test_models_do_not_know_tensorflow(path):
    assert "tensorflow" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "owner"), [("mlflow", {"tracking", "inference"}), ("matplotlib", {"plots"})])
def test_one_module_talks_to_it(name, owner):
    for path in SOURCE.rglob("*.py"):
        if path.relative_to(SOURCE).parts[0] not in owner:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    names = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
                    assert name not in {n.split(".")[0] for n in names}, path


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from genrelab.cli import parse\n"
        "try: parse(['--help'])\nexcept SystemExit: print('after', *sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(HEAVY) & set(result.stdout.rpartition("after")[2].split())


def test_the_config_is_checked_before_anything_heavy_is_imported():
    code = "import sys; from genrelab import config; config.load(); print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not ({*HEAVY, "scipy.signal"} - {"pydantic", "pandas"}) & set(result.stdout.split())


@pytest.mark.parametrize(
    ("modules", "needed"),
    [
        ("genrelab.inference.frontend, genrelab.features.mel", {"pydantic"}),  # by worker processes
        ("genrelab.inference.predict", {"pydantic", "pandas", "mlflow"}),
    ],
)
def test_what_decodes_and_predicts_waits_for_no_more_than_it_needs(modules, needed):
    code = f"import sys, {modules}; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(HEAVY) & set(result.stdout.split()) == needed
