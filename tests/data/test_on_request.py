"""Features on request have a stage from when they are first asked for."""

import shutil
from pathlib import Path

import pytest
import yaml

from genrelab import config
from genrelab.data import on_request
from genrelab.errors import DataError

PARAMS, STAGES = Path("params.yaml").resolve(), Path("dvc.yaml").resolve()
FOREACH = "stages: {features: {foreach: [mel], do: {cmd: echo}}}\n"
STFT, MFCC = (on_request.name("synthetic", kind) for kind in ("stft", "mfcc"))


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(STAGES, "dvc.yaml")
    return tmp_path


def written() -> dict:
    return yaml.safe_load(Path(on_request.FILE).read_text(encoding="utf-8"))["stages"]["features"]


def test_nothing_is_written_before_one_is_asked_for(project):
    on_request.ask(config.load(PARAMS), ["features@synthetic-mel", "dataset@synthetic"])
    assert [path.name for path in project.iterdir()] == ["dvc.yaml"]


def test_a_stage_is_that_of_the_features_with_the_parameters_that_stand_there(project):
    on_request.ask(config.load(PARAMS), [STFT])
    plain = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))["stages"]["features"]
    assert written()["foreach"] == {"synthetic-stft": {"corpus": "synthetic", "feature": "stft"}}
    stage = written()["do"]
    assert stage["wdir"] == ".."
    assert stage["params"] == ["on_request.${item.feature}"]
    assert {key: stage[key] for key in ("cmd", "deps", "outs")} == {key: plain[key] for key in ("cmd", "deps", "outs")}


def test_those_asked_for_before_are_kept_but_for_what_params_yaml_has_elsewhere(project):
    other = {"corpora.other.kind": "synthetic", "dataset": "other"}
    on_request.ask(config.load(PARAMS), [STFT])
    on_request.ask(config.load(PARAMS), [MFCC])
    on_request.ask(config.load(PARAMS, other), [on_request.name("other", "stft")])
    assert [*written()["foreach"]] == ["synthetic-mfcc", "synthetic-stft", "other-stft"]
    data = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    data["features"]["stft"] = data["on_request"]["stft"]  # in both places, of which the first counts
    Path("params.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    on_request.ask(config.load("params.yaml", other), [])
    assert [*written()["foreach"]] == ["synthetic-mfcc"]
    on_request.ask(config.load("params.yaml"), [STFT])  # which is no longer the name of its stage
    assert [*written()["foreach"]] == ["synthetic-mfcc"]


def test_what_was_never_computed_is_taken_back_after_a_failure(project):
    on_request.ask(config.load(PARAMS), [STFT, MFCC])
    Path(on_request.LOCK).write_text(yaml.safe_dump({"stages": {"features@synthetic-stft": {"outs": []}}}))
    on_request.withdraw(config.load(PARAMS))
    assert [*written()["foreach"]] == ["synthetic-stft"]
    Path(on_request.LOCK).unlink()
    on_request.withdraw(config.load(PARAMS))
    assert not Path(on_request.FILE).exists()
    on_request.withdraw(config.load(PARAMS))


def test_without_the_file_it_is_written_by_what_dvc_has_run(project):
    Path(on_request.LOCK).parent.mkdir()
    stages = {f"features@{item}": {"outs": []} for item in ("synthetic-stft", "gone-stft", "synthetic-mel")}
    Path(on_request.LOCK).write_text(yaml.safe_dump({"stages": stages}))
    on_request.ask(config.load(PARAMS), [])
    assert [*written()["foreach"]] == ["synthetic-stft"]


@pytest.mark.parametrize("text", ["", "<<<<<<< HEAD\n", "stages: 3\n", "stages: {features: {foreach: [a]}}\n"])
def test_a_damaged_file_is_a_line_with_the_cure(project, text):
    Path(on_request.FILE).parent.mkdir()
    Path(on_request.FILE).write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"on_request/dvc.yaml is damaged.*remove it"):
        on_request.ask(config.load(PARAMS), [])


@pytest.mark.parametrize("text", [None, "stages: {}\n", "stages: 3\n", FOREACH])
def test_without_a_stage_of_features_there_is_none_on_request(project, text):
    Path("dvc.yaml").unlink() if text is None else Path("dvc.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"need a stage `features` with a matrix in dvc\.yaml"):
        on_request.ask(config.load(PARAMS), [STFT])
    assert not Path(on_request.FILE).exists()
