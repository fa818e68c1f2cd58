"""What experiments start from: clips of which a feature could not be computed are left out, and nobody else moves."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from genrelab import config, corpus
from genrelab.data import dvc
from genrelab.data.streamed import Streamed
from genrelab.errors import DataError
from genrelab.features._base import Feature
from genrelab.training import experiment_data
from genrelab.training.experiment_data import SplitFeatures, fingerprints
from genrelab.verbs import stages


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """The config of a built corpus of two classes with six clips each; DVC, which is not here, finds it current."""
    shutil.copy("params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name in (f"{label}/{i}" for label in "ab" for i in range(6)):
        path = tmp_path / "music" / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, rng.normal(0, 0.1, 22050), 22050)
    overrides = {"dataset": "mine", "corpora.mine": f"{{kind: folder, source: {tmp_path / 'music'}}}"}
    settings = config.load(overrides=overrides | {"workers": "1", "feature": "timbre"})
    stages.dataset(settings)
    monkeypatch.setattr(dvc, "require", lambda config, kinds: dvc.DataVersion("table", "clips", "features"))
    return settings


def lose(*ids: str) -> None:
    for clip in corpus.read("mine").clips:
        if clip.id in ids:
            (Path("data/mine") / clip.path).write_bytes(b"no sound")


def test_a_clip_without_the_feature_is_left_out_and_the_others_stay_in_their_parts(settings, capsys):
    (whole,) = experiment_data.split(settings).folds
    lost = whole.train[0]
    lose(lost)
    stages.features(settings)
    found = experiment_data.split(settings, ["timbre"])
    (fold,) = found.folds
    assert fold == corpus.Fold(whole.train[1:], whole.valid, whole.test)
    assert lost not in found.corpus.ids
    assert f"left out: 1 clip lacks a feature; {lost}: timbre cannot be decoded" in capsys.readouterr().out


def test_features_beyond_the_memory_allowed_are_streamed_and_are_the_same(settings, capsys):
    stages.features(settings)
    one, small = experiment_data.split(settings, ["timbre"]), settings.derive({"training.memory": 0})
    found = [
        SplitFeatures(each, one.corpus, one.folds, one.version, Feature.of(settings)) for each in (settings, small)
    ]
    assert [data.in_memory for data in found] == [True, False]
    assert "features take 0 MB, more than training.memory (0.0); they are read as needed" in capsys.readouterr().out
    ids = found[0].folds[0].train
    whole, streamed = (data.part(ids) for data in found)
    assert isinstance(streamed.x, Streamed)
    np.testing.assert_array_equal(streamed.x[:], whole.x)
    np.testing.assert_array_equal(streamed.shards, whole.shards)
    assert fingerprints(streamed.x) == fingerprints(whole.x)
    assert streamed.take([2, 0]).y.tolist() == whole.y[[2, 0]].tolist()


def test_what_lies_in_the_lockbox_is_in_no_part_nor_in_the_corpus(settings):
    whole = experiment_data.split(settings)
    closed = experiment_data.split(settings.derive({"lockbox": 0.34}))
    (fold,) = closed.folds
    assert len(closed.corpus.ids) == 8
    assert sorted((*fold.train, *fold.valid, *fold.test)) == sorted(closed.corpus.ids)
    assert {*closed.corpus.ids} < {*whole.corpus.ids}
    kfold = settings.derive({"lockbox": 0.34, "split": "kfold", "splits.kfold.folds": 2})
    assert experiment_data.split(kfold).corpus.ids == closed.corpus.ids
    assert settings.derive({"lockbox": 0.34}).config_hash != settings.config_hash


def test_a_part_all_of_whose_clips_lack_the_feature_is_one_line(settings):
    (whole,) = experiment_data.split(settings).folds
    lose(*whole.valid)
    stages.features(settings)
    with pytest.raises(DataError, match="every clip of the valid part lacks a feature"):
        experiment_data.split(settings, ["timbre"])
