"""What the stages of dvc.yaml do, on a corpus of a few sounds."""

import shutil

import numpy as np
import pytest
import soundfile
from model_inputs import weights_or_skip

from genrelab import config, corpus, plugins
from genrelab.data import audio, dvc, feature_store
from genrelab.errors import ConfigError
from genrelab.verbs import stages


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """A corpus `mine` of two classes in tmp_path, checked; a function from a feature to the config."""
    shutil.copy("params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name in ("a/1", "a/2", "b/3"):
        path = tmp_path / "music" / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, rng.normal(0, 0.1, 22050), 22050)
    overrides = {
        "dataset": "mine",
        "corpora.mine": f"{{kind: folder, source: {tmp_path / 'music'}}}",
        "workers": "1",
    }
    stages.dataset(config.load(overrides=overrides))
    return lambda feature: config.load(overrides=overrides | {"feature": feature})


def test_a_pass_over_the_clips_computes_all_features_that_are_asked_for(settings, monkeypatch):
    monkeypatch.setenv(dvc.TOGETHER, "mel, mfcc,ssd")
    decoded, decode = [], audio.decode
    monkeypatch.setattr(audio, "decode", lambda path, **words: decoded.append(path) or decode(path, **words))
    paths = [stages.features(settings(kind)) for kind in ("mel", "mfcc", "ssd")]
    assert len(decoded) == 3
    ids = corpus.read("mine").ids
    assert [feature_store.read(path, ids).shape[:2] for path in paths] == [(3, 128), (3, 39), (3, 24)]
    assert not list(paths[0].parents[1].glob(".partial/*/array.zarr"))


def test_one_feature_alone_is_computed_alone(settings):
    assert stages.features(settings("ssd")).exists()
    assert not (stages.features(settings("mel")).parents[1] / ".partial" / "mfcc").exists()


def test_an_unknown_feature_is_one_line(settings, monkeypatch):
    monkeypatch.setenv(dvc.TOGETHER, "mel,mfc")
    with pytest.raises(ConfigError, match=r"GENRELAB_FEATURES must be all or features .* got 'mfc'; did you mean"):
        stages.features(settings("mel"))


@pytest.fixture(params=plugins.names("features"))
def kind(request):
    if request.param == "embeddings":
        weights_or_skip()
    return request.param


def test_a_clip_that_no_longer_decodes_costs_each_feature_that_clip_alone(kind, settings):
    clips = corpus.read("mine").clips
    lost = corpus.folder("mine") / clips[1].path
    lost.write_bytes(b"no sound")
    path = stages.features(settings(kind))
    assert list(feature_store.left_out(path)) == [clips[1].id]
    assert np.isfinite(feature_store.read(path, [clips[0].id, clips[2].id])).all()
