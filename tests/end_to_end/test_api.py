"""The Python API: the examples of its docstrings, run one after another on the clone's corpus."""

import doctest
import os
import shutil

import pytest

import genrelab as gl

pytestmark = pytest.mark.end_to_end


@pytest.fixture
def in_clone(clone, client, monkeypatch):
    """The clone's folder as the working directory of this process."""
    for name in [name for name in os.environ if name.startswith("MLFLOW_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(clone.root)
    return clone


def test_the_examples_run(in_clone):
    shutil.copy(next((in_clone.root / "data/tiny/clips").rglob("*.flac")), "song.flac")
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for function in (gl.train, gl.tune, gl.compare, gl.predict, gl.evaluate, gl.explore, gl.audit):
        for test in doctest.DocTestFinder(recurse=False).find(function, function.__name__, globs={"gl": gl}):
            runner.run(test)
    assert runner.tries >= 15
    assert not runner.failures


def test_a_project_is_used_from_another_folder(in_clone, tmp_path, monkeypatch):
    song = str(next((in_clone.root / "data/tiny/clips").rglob("*.flac")).resolve())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GENRELAB_HOME", str(in_clone.root))
    trained = gl.train("svm", gl.load_config(overrides={"seed": 5, "metrics.bootstrap": 100}))
    assert list(gl.predict(f"models:/tiny-genre/{trained.version}", song).status) == ["ok"]
    assert len(gl.similar(f"models:/tiny-genre/{trained.version}", song, gl.load_config(), n=2)) == 2
    with pytest.raises(gl.GenreLabError, match="does not exist"):
        gl.predict(f"models:/tiny-genre/{trained.version}", "missing.flac")
    assert [*tmp_path.iterdir()] == []
