"""The environments of `mlflow run`: one list of pins, and conda as its default manager."""

import os
import re
import shutil
from pathlib import Path

import pytest
import yaml

CONDA = """#!/bin/sh
echo "$@" >> "{log}"
case "$*" in *"env list --json"*) echo '{{"envs": []}}';; esac
"""


def test_conda_takes_the_pins_of_the_lock_file():
    dependencies = yaml.safe_load(Path("conda.yaml").read_text())["dependencies"]
    assert {"pip": ["-r requirements.txt"]} in dependencies
    assert "python=3.11" in dependencies  # uv reads it too, and ignores ranges


def test_the_lock_file_pins_what_pyproject_asks_for_and_holds_no_address():
    import tomllib

    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    locked = Path("requirements.txt").read_text()
    for requirement in asked:
        name = re.split(r"[<>=\[; ]", requirement)[0].lower().replace("_", "-")
        assert re.search(rf"^{name}(\[.*\])?==", locked, re.MULTILINE), name
    assert "://" not in locked
    assert "--index" not in locked


def test_every_dependency_has_its_reason_in_the_contributors_guide():
    import tomllib

    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    guide = Path("CONTRIBUTING.md").read_text()
    reasons = {name for row in re.findall(r"^\| ([\w, -]+) \|", guide, re.MULTILINE) for name in row.split(", ")}
    asked = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert {re.split(r"[<>=\[]", requirement)[0] for requirement in asked} <= reasons


@pytest.mark.end_to_end
def test_conda_makes_the_environment_and_the_entry_point_runs_in_it(clone, tmp_path, monkeypatch):
    """With a stand-in for conda that installs nothing: the environment is this one."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "etc/profile.d").mkdir(parents=True)
    log = tmp_path / "log"
    (tmp_path / "bin/conda").write_text(CONDA.format(log=log))
    (tmp_path / "bin/conda").chmod(0o755)
    (tmp_path / "etc/profile.d/conda.sh").write_text(f'conda() {{ echo "$@" >> "{log}"; }}\n')
    monkeypatch.setitem(clone.env, "MLFLOW_CONDA_HOME", str(tmp_path))
    said = clone.run("mlflow", "run", ".", "-e", "promote", "-P", "name=nobody", rc=1)
    assert "there is no registered model 'nobody'" in said
    said = log.read_text()
    assert re.search(r"env create -n mlflow-\w+ --file .*conda\.yaml", said)
    assert re.search(r"^activate mlflow-\w+$", said, re.MULTILINE)


@pytest.mark.end_to_end
def test_without_conda_and_without_a_manager_the_activated_environment_is_taken(clone, tmp_path, monkeypatch):
    """With what `make setup` puts into .venv/bin where there is no conda."""
    bin = tmp_path / "bin"
    bin.mkdir()
    shutil.copy("tools/conda", bin / "conda")
    (bin / "activate").write_text(f"echo activated {tmp_path} >&2\n")
    monkeypatch.setitem(clone.env, "PATH", f"{bin}{os.pathsep}{clone.env['PATH']}")
    clone.env.pop("CONDA_EXE", None)
    said = clone.run("mlflow", "run", ".", "-e", "promote", "-P", "name=nobody", rc=1)
    assert f"activated {tmp_path}" in said
    assert "there is no registered model 'nobody'" in said
    assert clone.run("conda", "install", "x", rc=1) == (
        "genrelab: there is no conda on this machine; this one only serves mlflow run\n"
    )
