"""The Python API: the examples of its docstrings, run one after another on the clone's corpus."""

import shutil

import pytest
from examples import run_example

import genrelab as gl

pytestmark = pytest.mark.end_to_end


# One after another: the first makes the version that the next ones use.
EXAMPLES = ("train", "compare", "predict", "evaluate", "similar", "drift", "export", "promote", "robustness")
# Whose verbs other tests here run whole, as they do `leakage` and `replicate`.
LONG = ("tune", "explore", "audit", "zoo")


def test_the_examples_run(in_clone):
    shutil.copy(next((in_clone.root / "data/tiny/clips").rglob("*.flac")), "song.flac")
    for name in EXAMPLES:
        run_example(getattr(gl, name))


@pytest.mark.long
@pytest.mark.parametrize("name", LONG)
def test_so_do_those_that_take_long(in_clone, name):
    run_example(getattr(gl, name))


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
