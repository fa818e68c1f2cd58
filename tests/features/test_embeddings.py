"""Frozen embeddings: layers, pooling, several encoders, and vectors of one's own."""

import numpy as np
import pytest
from encoder_weights import cnn14_file
from sounds import noises

from genrelab import config
from genrelab.data import feature_store
from genrelab.encoders import cnn14
from genrelab.errors import ConfigError, DataError
from genrelab.features import embeddings
from genrelab.features._base import Feature
from genrelab.features.embeddings import Params
from genrelab.state import digests

NOISE = np.random.default_rng(1).normal(0, 0.1, 32000).astype(np.float32)


def params(**words) -> Params:
    return config.validate(Params, words, "features.embeddings")


@pytest.fixture
def weights(tmp_path):
    return str(cnn14_file(tmp_path / "cnn14.npz"))


def test_several_layers_stand_side_by_side_or_are_averaged(weights):
    frames = cnn14.encode(NOISE, weights)
    both = params(encoder="cnn14", path=weights, layers="block4+block6")
    assert embeddings.blocks(both) == {"cnn14.block4": 3, "cnn14.block6": 5}
    np.testing.assert_array_equal(
        embeddings.extract(NOISE, both), np.concatenate([frames["block4"][0], frames["block6"][0]])
    )
    one = params(encoder="cnn14", path=weights, layers="block4", combine="mean")
    assert embeddings.blocks(one) == {"cnn14": 3}
    with pytest.raises(ConfigError, match=r"combine: mean needs layers of one size, .* block4 3, block6 5"):
        embeddings.shape(both.with_values(combine="mean"))


def test_pooling_is_over_frames(weights):
    y = np.concatenate([NOISE] * 22)
    frames = cnn14.encode(y, weights)["embedding"]
    assert len(frames) == 2
    found = {
        how: embeddings.extract(y, params(encoder="cnn14", path=weights, pooling=how))
        for how in ("mean", "mean_std", "max")
    }
    np.testing.assert_allclose(found["mean"], frames.mean(axis=0))
    np.testing.assert_allclose(found["mean_std"], np.concatenate([frames.mean(axis=0), frames.std(axis=0)]))
    np.testing.assert_allclose(found["max"], frames.max(axis=0))


def test_several_encoders_follow_one_another_and_the_feature_knows_its_blocks():
    two = params(encoder="MSD_vgg+MTT_vgg", layers="pool5+tags")
    assert embeddings.blocks(two) == {
        "MSD_vgg.pool5": 256,
        "MSD_vgg.tags": 50,
        "MTT_vgg.pool5": 256,
        "MTT_vgg.tags": 50,
    }
    shape = Feature({"embeddings": two}).input_shape
    assert shape == (612,)
    assert dict(shape.blocks) == embeddings.blocks(two)
    assert sum(embeddings.blocks(params(encoder="MSD_musicnn+MTT_vgg", layers="all")).values()) == 2318


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ({"encoder": "MSD_music"}, "no 'MSD_music' among the encoders; did you mean 'MSD_musicnn'"),
        ({"encoder": "MSD_vgg+MSD_vgg"}, "encoder must have each name once"),
        ({"encoder": "MSD_vgg+cnn14"}, "must have the same sample rate: MSD_vgg 16000 Hz, cnn14 32000 Hz"),
        ({"encoder": "MSD_vgg", "sample_rate": 22050}, "sample_rate must be 16000 Hz, .* got 22050"),
        ({"encoder": "onnx"}, "encoder onnx needs sample_rate"),
        ({"encoder": "MSD_vgg+MTT_vgg", "path": "x"}, "path is the file of one encoder"),
        ({"vectors": "a.npz", "path": "x"}, "vectors and path are both given"),
        ({"sha256": "abc"}, "sha256"),
        ({"pooling": "median"}, "pooling"),
    ],
)
def test_what_is_wrong_with_its_parameters_is_one_line(words, fault):
    with pytest.raises(ConfigError, match=fault) as caught:
        params(**words)
    assert "\n" not in str(caught.value)


def test_a_layer_that_there_is_not_is_one_line():
    with pytest.raises(ConfigError, match="MSD_vgg has no layer 'pool6'; did you mean 'pool"):
        embeddings.shape(params(encoder="MSD_vgg", layers="pool6"))
    with pytest.raises(ConfigError, match="layers: MTT_musicnn has none of pool5; it has max, mean, penultimate, tags"):
        embeddings.shape(params(encoder="MSD_vgg+MTT_musicnn", layers="pool5"))


def test_another_file_than_that_of_the_digest_is_refused(weights, tmp_path):
    right = digests.of_file(tmp_path / "cnn14.npz")
    assert embeddings.made_from(params(encoder="cnn14", path=weights, sha256=right))
    with pytest.raises(DataError, match=f"cnn14.npz has SHA-256 {right}, not {'0' * 64}"):
        embeddings.made_from(params(encoder="cnn14", path=weights, sha256="0" * 64))
    with pytest.raises(DataError, match=r"features\.embeddings\.path: there is no file .*gone\.npz"):
        embeddings.shape(params(encoder="cnn14", path=str(tmp_path / "gone.npz")))


@pytest.fixture
def sounds(tmp_path):
    return noises(tmp_path, 3, 1.0)


def store(tmp_path, sounds, **words):
    target = tmp_path / "embeddings.zarr"
    feature_store.write(target, sounds, "embeddings", params(**words), partial=tmp_path / "partial", workers=1)
    return target


@pytest.mark.parametrize("form", ["an array for each clip", "ids and vectors"])
def test_vectors_of_ones_own_are_stored_by_clip(tmp_path, sounds, form):
    ids = [sound.clip for sound in sounds]
    vectors = np.random.default_rng(0).normal(size=(3, 7))
    if form == "ids and vectors":
        np.savez(tmp_path / "mine.npz", ids=ids[::-1], vectors=vectors[::-1])
    else:
        np.savez(tmp_path / "mine.npz", **dict(zip(ids, vectors, strict=True)))
    target = store(tmp_path, sounds, vectors=str(tmp_path / "mine.npz"))
    np.testing.assert_array_equal(feature_store.read(target, ids), vectors.astype(np.float32))
    assert embeddings.blocks(params(vectors=str(tmp_path / "mine.npz"))) == {"vectors": 7}


def test_other_vectors_in_the_file_are_stored_anew(tmp_path, sounds, capsys):
    for value, said in ((0.0, False), (0.0, True), (1.0, False)):
        np.savez(tmp_path / "mine.npz", **{sound.clip: np.full(4, value) for sound in sounds})
        target = store(tmp_path, sounds, vectors=str(tmp_path / "mine.npz"))
        assert ("unchanged" in capsys.readouterr().out) == said
        assert (feature_store.read(target, [sounds[0].clip]) == value).all()


def test_a_sound_has_none_of_these_vectors(tmp_path):
    np.savez(tmp_path / "mine.npz", a=np.ones(3))
    with pytest.raises(DataError, match="cannot predict sound files"):
        embeddings.extract(NOISE, params(vectors=str(tmp_path / "mine.npz")))


@pytest.mark.parametrize(
    ("arrays", "fault"),
    [
        ({"other": np.ones(4)}, "has no vector for 3 of the corpus's 3 clips, such as '.*'; its ids look like 'other'"),
        (
            {"a": np.ones(4), "b": np.ones(5)},
            r"must have a row of 4 numbers for each clip, but that of 'b' is .* \(5,\)",
        ),
        (
            {"a": np.ones((2, 4))},
            r"must have a row of 8 numbers for each clip, but that of 'a' is float64 of shape \(2, 4\)",
        ),
        ({"a": np.array([1.0, np.nan])}, "must have finite numbers .*, but those of 'a' are not"),
        ({"a": np.array([1.0, 1e300])}, "must have finite numbers .*, but those of 'a' are not"),
        ({"a": np.array(["x", "y"])}, "must have a row of 2 numbers"),
        ({"ids": np.array(["a"]), "vectors": np.ones((2, 3))}, r"got \(1,\) and \(2, 3\)"),
        ({"ids": np.array(["a", "a"]), "vectors": np.ones((2, 3))}, "has an id twice"),
        ({}, "holds no array"),
    ],
)
def test_a_file_that_does_not_fit_is_one_line(tmp_path, sounds, arrays, fault):
    np.savez(tmp_path / "mine.npz", **arrays)
    with pytest.raises(DataError, match=fault) as caught:
        store(tmp_path, sounds, vectors=str(tmp_path / "mine.npz"))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "embeddings.zarr").exists()


def test_a_file_that_is_no_npz_is_one_line(tmp_path, sounds):
    (tmp_path / "mine.npz").write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(DataError, match=r"mine\.npz is not an \.npz file of plain arrays"):
        store(tmp_path, sounds, vectors=str(tmp_path / "mine.npz"))
    with pytest.raises(DataError, match=r"features\.embeddings\.vectors: there is no file .*gone\.npz"):
        store(tmp_path, sounds, vectors=str(tmp_path / "gone.npz"))
