"""import genrelab as gl: what it exports, how quickly, and that the examples in its docstrings run."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from examples import run_example

import genrelab as gl
from genrelab.verbs import project

HEAVY = {"tensorflow", "keras", "mlflow", "librosa", "sklearn", "matplotlib", "pandas", "numpy", "pydantic", "click"}
FUNCTIONS = [name for name in gl.__all__ if inspect.isfunction(getattr(gl, name))]


def test_importing_it_imports_nothing_heavy():
    code = "import sys, genrelab; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(found.stdout.split())


def test_everything_it_names_is_there_and_its_types_are_known_to_checkers():
    tree = ast.parse(Path("src/genrelab/__init__.py").read_text(encoding="utf-8"))
    typed = {alias.asname for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert typed - {None} == {*gl.__all__}
    assert {*gl.__all__} <= {*dir(gl)}
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        gl.trian
    assert (Path(gl.__file__).parent / "py.typed").exists()


@pytest.mark.parametrize("name", [*FUNCTIONS, "Classifier.fit", "Classifier.predict_proba"])
def test_a_public_function_is_typed_and_described(name):
    function = getattr(gl.Classifier, name.partition(".")[2]) if "." in name else getattr(gl, name)
    signature = inspect.signature(function)
    annotations = [p.annotation for p in signature.parameters.values() if p.name != "self"]
    annotations.append(signature.return_annotation)
    assert inspect.Parameter.empty not in annotations
    assert not any("Any" in str(annotation) for annotation in annotations)
    for section in ("\nParameters:\n", "\nReturns:\n", "\nRaises:\n", *(["\nExample:\n"] if name in FUNCTIONS else [])):
        assert section in inspect.getdoc(function), section
    for parameter in signature.parameters:
        assert parameter == "self" or f"\n    {parameter}: " in inspect.getdoc(function)


def test_a_group_that_there_is_not_is_one_line():
    with pytest.raises(gl.GenreLabError, match="no plug-in group 'model'; did you mean 'models'"):
        gl.names("model")


def test_the_examples_run():
    for documented in (gl, gl.load_config, gl.names):
        run_example(documented)


@pytest.mark.slow
def test_the_longer_examples_run(tmp_path, monkeypatch):
    run_example(gl.Classifier)
    monkeypatch.chdir(tmp_path)
    run_example(project.init, init=project.init)
