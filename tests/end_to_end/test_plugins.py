"""A package from outside: installed, its model trained, registered, and served where the package is not installed."""

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from tracking_store import served

pytestmark = pytest.mark.end_to_end
PACKAGE = Path(__file__).parents[1] / "plugin_package"
ANSWER = """
import json, sys
import mlflow, pandas as pd
model = mlflow.pyfunc.load_model(sys.argv[1])
answer = model.predict(pd.DataFrame({"audio": [open(sys.argv[2], "rb").read()]}))
import genrelab_example
print("ANSWER", json.dumps([answer.iloc[0].drop("top").to_dict(), genrelab_example.__file__]))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """A folder into which the package is installed."""
    source, target = tmp_path_factory.mktemp("source") / "package", tmp_path_factory.mktemp("site")
    shutil.copytree(PACKAGE, source)
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--target", str(target), str(source)], check=True, capture_output=True)
    return target


@pytest.fixture(scope="module")
def with_plugins(clone, site):
    """The clone in an environment in which the package is installed, and its feature computed."""
    shutil.copytree(site, clone.root / "src", dirs_exist_ok=True)  # the stages' PYTHONPATH is src
    clone.params(features__contrast={}, splits__every_fifth={})
    yield clone
    remove(clone)


def remove(clone) -> None:
    """Uninstall the package."""
    clone.run("git", "checkout", "params.yaml")
    clone.run("git", "clean", "-fdqx", "src")


@pytest.fixture(scope="module", params=["contrast_neighbours", pytest.param("contrast_net", marks=pytest.mark.long)])
def trained(request, with_plugins) -> str:
    output = with_plugins.genrelab("train", "--model", request.param, "--split", "every_fifth", "--task", "style")
    return next(line.split()[-1] for line in output.splitlines() if line.startswith("registered: "))


def without(clone) -> dict[str, str]:
    return {**clone.env, "PYTHONPATH": "", "MLFLOW_TRACKING_URI": f"sqlite:///{clone.root / 'mlflow.db'}"}


def test_its_plug_ins_keep_the_contracts(site):
    code = (
        "from genrelab import testing, plugins\n"
        "testing.check_feature('contrast'); testing.check_split('every_fifth')\n"
        "testing.check_model('contrast_net'); testing.check_model('contrast_neighbours')"
    )
    env = {**os.environ, "PYTHONPATH": f"{Path('src').absolute()}{os.pathsep}{site}"}
    subprocess.run([sys.executable, "-c", code], env=env, check=True)


def test_a_process_without_the_package_answers_by_the_code_that_the_version_carries(with_plugins, trained, tmp_path):
    clip = next((with_plugins.root / "data/tiny/clips").rglob("*.flac"))
    lines = tmp_path / "genres.jsonl"
    with_plugins.genrelab("predict", "--model_uri", trained, "--audio", str(clip), "--output", str(lines))
    predicted = json.loads(lines.read_text())["probabilities"]
    command = [sys.executable, "-c", ANSWER, trained, str(clip)]
    done = subprocess.run(command, cwd=tmp_path, env=without(with_plugins), capture_output=True, text=True, check=True)
    answer, code = json.loads(done.stdout.partition("ANSWER ")[2])
    assert {name: answer[name] for name in predicted} == pytest.approx(predicted, abs=1e-6)
    assert Path(code).parts[-3] == "code"


def test_predict_says_which_package_is_missing(with_plugins, trained, site):
    clip = next((with_plugins.root / "data/tiny/clips").rglob("*.flac"))
    remove(with_plugins)
    output = with_plugins.genrelab("predict", "--model_uri", trained, "--audio", str(clip), rc=2)
    assert "from the package genrelab-example, which is not installed; install it" in output
    assert "Traceback" not in output
    shutil.copytree(site, with_plugins.root / "src", dirs_exist_ok=True)
    with_plugins.params(features__contrast={}, splits__every_fifth={})


def test_it_is_served_without_the_package(with_plugins, tmp_path):
    clip = next((with_plugins.root / "data/tiny/clips").rglob("*.flac"))
    with served("models:/tiny-style/1", tmp_path, without(with_plugins)) as address:
        body = {"dataframe_records": [{"audio": base64.b64encode(clip.read_bytes()).decode()}]}
        answer = requests.post(address, json=body, timeout=60)
        assert answer.ok, answer.text
        assert answer.json()["predictions"][0]["label"] in ("Eclectic", "Pop")
