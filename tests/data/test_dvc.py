"""DVC's files, damaged by kills and merges."""

import shutil
from pathlib import Path

import pytest
import yaml

from genrelab import config
from genrelab.data import dvc
from genrelab.errors import ConfigError, DataError

PARAMS = Path("params.yaml").resolve()


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "content", ["", "<<<<<<< HEAD\nschema: '2.0'\n=======\n>>>>>>> other\n", "schema: '2.0'\n", "stages: 3\n"]
)
def test_a_damaged_lock_is_a_line_with_the_cure(checkout, content):
    (checkout / "dvc.lock").write_text(content)
    for verb in (
        lambda: dvc.require(config.load(PARAMS), ["mel"]),
        lambda: dvc.reproduce(config.load(PARAMS), "dataset@synthetic"),
    ):
        with pytest.raises(DataError, match=r"dvc.lock is damaged.*git checkout dvc.lock") as caught:
            verb()
        assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(("content", "stays"), [("", False), ('{"a": ', False), ("{}", True)])
def test_dvcs_list_of_readers_and_writers_is_removed_where_it_is_torn(checkout, capfd, content, stays):
    path = checkout / ".dvc/tmp/rwlock"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    with pytest.raises(DataError, match="dvc repro"):  # there is no project here
        dvc.reproduce(config.load(PARAMS), "dataset@synthetic")
    assert path.exists() == stays
    assert ("left incomplete by a kill" in capfd.readouterr().out) != stays


def test_a_stage_of_dvc_stands_for_a_corpus_and_a_feature():
    found = config.load(PARAMS)
    assert dvc.of_stage("dataset@synthetic", found) == {"dataset": "synthetic"}
    assert dvc.of_stage("features@synthetic-mel", found) == {"dataset": "synthetic", "feature": "mel"}
    stft = {"dataset": "synthetic", "feature": "stft"}
    assert (
        dvc.of_stage("on_request/dvc.yaml:features@synthetic-stft", found) == stft
    )  # as DVC calls it from the project
    assert dvc.of_stage("../dvc.yaml:dataset@synthetic", found) == {"dataset": "synthetic"}  # and within on_request/
    named = config.load(PARAMS, {"corpora.synthetic-mel.kind": "synthetic"})  # as a feature's stage is
    assert dvc.of_stage("dataset@synthetic-mel", named) == {"dataset": "synthetic-mel"}
    assert dvc.of_stage("features@synthetic-mel-timbre", named) == {"dataset": "synthetic-mel", "feature": "timbre"}
    with pytest.raises(ConfigError, match="DVC stage 'dataset@a; touch x ;' names no corpus"):
        dvc.of_stage("dataset@a; touch x ;", found)


def test_no_shell_reads_a_name_of_params_yaml():
    stages = yaml.safe_load(PARAMS.with_name("dvc.yaml").read_text(encoding="utf-8"))["stages"]
    commands = [stage.get("do", stage)["cmd"] for stage in stages.values()]
    assert len(commands) == 5
    assert not [command for command in commands if "$" in command]


@pytest.mark.parametrize("name", ["dvc.lock", "on_request/dvc.lock"])
def test_each_lock_that_is_damaged_is_named(checkout, name):
    (checkout / "on_request").mkdir()
    (checkout / name).write_text("")
    with pytest.raises(DataError, match=rf"{name} is damaged.*git checkout {name}"):
        dvc.require(config.load(PARAMS), ["stft"])


def test_a_hash_is_that_of_the_stage_in_force(checkout):
    out = "data/synthetic/features/stft.zarr"
    for path, md5 in (("dvc.lock", "1"), ("on_request/dvc.lock", "2")):
        (checkout / path).parent.mkdir(exist_ok=True)
        stages = {"features@synthetic-stft": {"outs": [{"path": out, "md5": md5}]}}
        (checkout / path).write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}))
    assert dvc.digest(config.load(PARAMS), out) == "2"
    data = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    data["features"]["stft"], data["on_request"] = data["on_request"]["stft"], None
    (checkout / "params.yaml").write_text(yaml.safe_dump(data))
    assert dvc.digest(config.load("params.yaml"), out) == "1"
    with pytest.raises(DataError, match="names no version of data/synthetic/clips"):
        dvc.digest(config.load("params.yaml"), "data/synthetic/clips")


def test_settings_of_dvc_in_conflict_are_a_line(checkout):
    (checkout / ".dvc").mkdir()
    (checkout / ".dvc/config").write_text("<<<<<<< HEAD\n[core]\n=======\n>>>>>>> other\n")
    lock = {"schema": "2.0", "stages": {"dataset@synthetic": {"outs": [{"path": "data/synthetic/clips", "md5": "1"}]}}}
    (checkout / "dvc.lock").write_text(yaml.safe_dump(lock))
    with pytest.raises(DataError, match=r"\.dvc/config cannot be read") as caught:
        dvc.build_missing(config.load(PARAMS), [])
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("remote", ["", "storage"])
def test_what_is_locked_and_not_here_is_built_unless_a_remote_may_have_it(checkout, monkeypatch, remote):
    out, asked = {"path": "data/synthetic/clips.csv", "md5": "1"}, []
    lock = {"schema": "2.0", "stages": {"dataset@synthetic": {"outs": [out]}}}
    (checkout / "dvc.lock").write_text(yaml.safe_dump(lock))
    monkeypatch.setattr(dvc, "reproduce", lambda config, *stages, kinds: asked.extend(stages))
    found = config.load(PARAMS, {"remote": remote} if remote else {})
    dvc.build_missing(found, [])
    assert asked == ([] if remote else ["dataset@synthetic"])
    (checkout / "data/synthetic").mkdir(parents=True)
    (checkout / out["path"]).touch()
    dvc.build_missing(found, ["stft"])
    assert asked[-1] == "on_request/dvc.yaml:features@synthetic-stft"


@pytest.mark.parametrize("remote", [True, False])
def test_a_corpus_that_is_not_here_is_pulled_where_there_is_a_remote(checkout, remote):
    (checkout / ".dvc").mkdir()
    url = "s3://bucket/prefix"
    settings = f"[core]\n    remote = storage\n['remote \"storage\"']\n    url = {url}\n" if remote else ""
    (checkout / ".dvc/config").write_text(settings)
    stages = ["source@synthetic", "dataset@synthetic", "features@synthetic-mel"]
    lock = {"schema": "2.0", "stages": {stage: {"outs": []} for stage in stages}}
    (checkout / "dvc.lock").write_text(yaml.safe_dump(lock))
    with pytest.raises(DataError, match="is not on this machine; ") as caught:
        dvc.require(config.load(PARAMS), ["mel"])
    assert (f"fetch it with: dvc pull {' '.join(stages)}, or" in str(caught.value)) == remote
    assert str(caught.value).endswith("build it with: dvc repro features@synthetic-mel")


def test_tables_that_are_not_here_are_fetched_from_the_remote(tmp_path, monkeypatch):
    from dvc.repo import Repo

    monkeypatch.chdir(tmp_path)
    table = Path("data/noise/clips.csv")
    table.parent.mkdir(parents=True)
    table.write_text("id\n")
    repo = Repo.init(".", no_scm=True)
    with repo.config.edit() as settings:
        settings["remote"]["storage"] = {"url": str(tmp_path / "storage")}
    outs = [{"path": str(table), "md5": repo.add(str(table))[0].outs[0].hash_info.value}]
    repo.push(remote="storage")
    Path("dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": {"dataset@noise": {"outs": outs}}}))
    table.unlink()
    shutil.rmtree(".dvc/cache")
    choices = {"dataset": "noise", "corpora.noise.kind": "synthetic"}
    dvc.pull_tables(config.load(PARAMS, choices))
    assert not table.exists()  # no remote is named
    dvc.pull_tables(config.load(PARAMS, {**choices, "remote": "storage"}))
    assert table.read_text() == "id\n"
