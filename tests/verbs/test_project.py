"""The project's files, its configuration as it is shown, and the schema of params.yaml."""

import json
from pathlib import Path

import pytest
import yaml

from genrelab import config
from genrelab.errors import ConfigError
from genrelab.state.home import named_path
from genrelab.verbs import project

SHOWN = {"epochs": "3", "hp.conv1.units": "64"}


def test_the_shown_config_says_what_is_the_models_own():
    lines = project.show_config(config.load(overrides=SHOWN)).splitlines()
    assert "  epochs: 3" in lines
    assert "  batch_size: 20  # unless the model has its own" in lines
    assert "  conv1.units: 64" in lines
    assert lines[-1] == f"# config hash: {config.load(overrides=SHOWN).config_hash}"


def test_the_shown_config_is_yaml_that_resolves_to_the_same(tmp_path):
    shown = project.show_config(config.load(overrides=SHOWN))
    (tmp_path / "params.yaml").write_text(shown, encoding="utf-8")
    assert config.load(tmp_path / "params.yaml").config_hash == config.load(overrides=SHOWN).config_hash


@pytest.mark.slow
def test_with_a_model_the_values_are_those_of_its_training():
    lines = project.show_config(config.load(), model="zhang_cnn").splitlines()
    assert "feature: stft  # as zhang_cnn has it" in lines
    assert any(line.endswith("# as zhang_cnn has it") and line.startswith("  seconds: 3") for line in lines)
    with pytest.raises(ConfigError, match="did you mean 'zhang_cnn'"):
        project.show_config(config.load(), model="zhang_cn")


def test_the_schema_is_current(capsys):
    project.schema()
    assert Path("params.schema.json").read_text(encoding="utf-8") == capsys.readouterr().out, (
        "renew it: genrelab schema > params.schema.json"
    )
    assert (
        Path("params.yaml")
        .read_text(encoding="utf-8")
        .startswith("# yaml-language-server: $schema=params.schema.json\n")
    )


def test_the_schema_knows_what_the_config_has():
    schema = json.loads(Path("params.schema.json").read_text(encoding="utf-8"))
    params = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    assert {*schema["properties"]} == {*params}
    assert {*schema["properties"]["features"]["properties"]} >= {*params["features"]}
    mel = schema["properties"]["features"]["properties"]["mel"]
    assert {*mel["properties"]} == {*params["features"]["mel"]}


@pytest.mark.parametrize("name", ["params.yaml", "dvc.yaml", "params.schema.json"])
def test_the_package_carries_the_repositorys_own_files(name):
    assert (project.SHIPPED / name).read_bytes() == Path(name).read_bytes()


@pytest.mark.slow
def test_init_makes_an_empty_folder_a_project_and_leaves_what_is_there(tmp_path, capsys):
    (tmp_path / "params.yaml").write_text("seed: 1\n", encoding="utf-8")
    project.init(folder=tmp_path)
    assert "params.yaml exists already" in capsys.readouterr().out
    assert (tmp_path / "params.yaml").read_text(encoding="utf-8") == "seed: 1\n"
    stages = (tmp_path / "dvc.yaml").read_text(encoding="utf-8")
    assert "src" not in stages
    assert yaml.safe_load(stages)["stages"]["dataset"]["do"]["cmd"] == "python -m genrelab dataset"
    assert (tmp_path / ".dvc").is_dir()
    assert not [*tmp_path.glob("*.partial")]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be made a project"):
        project.init(folder=tmp_path / "file")


def test_without_params_yaml_the_cure_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"there is no params.yaml in .*genrelab init"):
        config.load()
    assert config.load_or_default({"epochs": "3"}).training.epochs == 3


def test_genrelab_home_is_where_the_project_lies(tmp_path, monkeypatch):
    text = Path("params.yaml").read_text(encoding="utf-8").replace("seed: 0  ", "seed: 7  ", 1)
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("GENRELAB_HOME", str(tmp_path))
    assert config.load().seed == 7
    assert config.load("params.yaml").seed == 0  # that of the current folder, which is named


def test_paths_in_params_yaml_are_relative_to_the_project(tmp_path, monkeypatch):
    monkeypatch.setenv("GENRELAB_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", "/home/someone")
    assert named_path("music") == tmp_path / "music"
    assert named_path("~/music") == Path("/home/someone/music")
    assert named_path("/music") == Path("/music")


def test_show_config_shows_no_secret():
    source = "https://me:$MUSIC@host/a.zip?token=secret"
    shown = project.show_config(config.load(overrides={"corpora.away": f"{{kind: gtzan, source: '{source}'}}"}))
    assert "secret" not in shown
    assert "source: https://***@host/a.zip?***" in shown
