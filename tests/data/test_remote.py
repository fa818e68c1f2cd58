"""Features and sounds in a DVC remote, as `dvc push` puts them there: read from it, whole or not at all."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from sounds import noises

from genrelab import config
from genrelab.corpus import Clip
from genrelab.data import feature_store, remote
from genrelab.errors import ConfigError, DataError
from genrelab.features import mel
from genrelab.state import digests

PARAMS = Path("params.yaml").resolve()
MEL = mel.Params(n_mels=16, frames=40, n_fft=512, f_max=8000)
CHOICES = {"dataset": "noise", "corpora.noise.kind": "synthetic"}
OUTS = ("data/noise/clips", "data/noise/features/mel.zarr")


@pytest.fixture(scope="module")
def pushed(tmp_path_factory):
    """The folder of a project whose corpus and features lie in its remote alone, pushed by DVC; and the clips."""
    from dvc.repo import Repo

    root = tmp_path_factory.mktemp("project")
    sounds = noises(root / "noises", feature_store.SHARD + 3, 1.0)
    (root / OUTS[0] / "noise").mkdir(parents=True)
    clips = []
    for sound in sounds:
        shutil.copy(sound.path, root / OUTS[0] / "noise")
        sha256 = digests.of_file(sound.path)
        clips.append(Clip(sound.clip, f"clips/noise/{sound.path.name}", "noise", "", 1.0, sha256))
    feature_store.write(root / OUTS[1], sounds, "mel", MEL, partial=root / "partial", workers=1)
    repo = Repo.init(str(root), no_scm=True)
    with repo.config.edit() as settings:
        settings["remote"]["storage"] = {"url": str(root / "storage")}
    added = [repo.add(str(root / out))[0].outs[0].hash_info.value for out in OUTS]
    repo.push(remote="storage")
    outs = [{"path": out, "md5": md5} for out, md5 in zip(OUTS, added, strict=True)]
    (root / "dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": {"features@noise-mel": {"outs": outs}}}))
    (root / "data").rename(root / "built")
    return root, clips


@pytest.fixture
def project(pushed, tmp_path, monkeypatch):
    """A copy of it as the working directory, and its clips."""
    shutil.copytree(pushed[0], tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("noises", "cache"))
    text = (tmp_path / ".dvc/config").read_text()
    (tmp_path / ".dvc/config").write_text(text.replace(str(pushed[0]), str(tmp_path)))
    monkeypatch.chdir(tmp_path)
    return tmp_path, pushed[1]


def settings(name: str = "storage"):
    return config.load(PARAMS, {**CHOICES, "remote": f"'{name}'"})


def test_features_are_read_from_the_remote_as_they_were_built(project):
    root, clips = project
    ids = [clip.id for clip in reversed(clips)]
    place = remote.features(settings(), "mel")
    reader = feature_store.Reader(place, ids)
    built = feature_store.read(root / "built/noise/features/mel.zarr", ids)
    np.testing.assert_array_equal(reader.read(np.arange(len(ids))), built)
    np.testing.assert_array_equal(reader.read(np.array([2])), built[2:3])
    assert feature_store.left_out(place) == {}
    assert not (root / "data").exists()


def test_what_is_here_goes_first_and_without_a_remote_nothing_is_looked_for(project):
    root, _ = project
    path = Path("data/noise/features/mel.zarr")
    assert remote.features(settings(""), "mel") == path
    (root / "built").rename(root / "data")
    assert remote.features(settings(), "mel") == path


def test_a_shard_that_the_remote_has_lost_is_a_line_and_no_zeros(project):
    root, clips = project
    reader = feature_store.Reader(remote.features(settings(), "mel"), [clip.id for clip in clips])
    shard = (root / "built/noise/features/mel.zarr/c/0/0/0").read_bytes()
    kept = [path for path in (root / "storage").rglob("*") if path.is_file()]
    next(path for path in kept if path.read_bytes() == shard).unlink()
    with pytest.raises(
        DataError, match=r"features/mel.zarr of 'noise' in the remote 'storage' cannot be read"
    ) as error:
        reader.read(np.arange(len(clips)))
    assert len(str(error.value).splitlines()) == 1


def test_sounds_are_copied_once_each_under_its_own_name(project):
    root, clips = project
    found = remote.sounds(settings(), clips[:2])
    assert [path.read_bytes() for path in found] == [
        (root / "built/noise" / clip.path).read_bytes() for clip in clips[:2]
    ]
    assert [path.name for path in found] == [Path(clip.path).name for clip in clips[:2]]
    shutil.rmtree(root / "storage")
    assert remote.sounds(settings(), clips[:2]) == found
    with pytest.raises(DataError, match="lacks this version of data/noise/clips"):
        remote.sounds(settings(), clips)
    assert not [*remote.copies().glob(".partial*")]


def test_a_remote_that_lacks_the_version_or_that_there_is_not_is_a_line_with_the_cure(project):
    root, _ = project
    with pytest.raises(ConfigError, match="there is no 'stroage'; did you mean 'storage'"):
        remote.features(settings("stroage"), "mel")
    with pytest.raises(DataError, match=r"dvc\.lock names no version of data/noise/features/mfcc\.zarr"):
        remote.features(settings(), "mfcc")
    shutil.rmtree(root / "storage")
    with pytest.raises(DataError, match="where it was built: dvc push -r storage"):
        remote.features(settings(), "mel")
