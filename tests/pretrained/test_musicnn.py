"""The nets built anew, against what the original graphs answered, and their patches."""

import numpy as np
import pytest
from model_inputs import weights_or_skip
from untraced import outputs

from genrelab.layers import Patches, PatchMean
from genrelab.layers.keras_backend import keras
from genrelab.pretrained import musicnn
from genrelab.pretrained import weights as pretrained

# Tags 0, 10, 20, 30 and 40 that TensorFlow 1's graphs, saved beside the weights, gave for this input.
INPUT = np.random.default_rng(0).uniform(0, 4, (3, 187, 96)).astype(np.float32)
ORIGINAL = {
    "MSD_musicnn": [0.027063, 0.001293, 2e-06, 0.022477, 0.000343],
    "MSD_vgg": [0.076025, 0.003284, 0.016745, 0.11175, 0.021513],
    "MTT_musicnn": [0.000106, 0.005448, 0.005914, 3.7e-05, 0.000376],
    "MTT_vgg": [0.114086, 0.037688, 0.037609, 0.004632, 0.003502],
}


@pytest.fixture(scope="module", autouse=True)
def weights():
    weights_or_skip()


@pytest.mark.parametrize("net", pretrained.NETS)
def test_it_names_the_tags_of_the_original(net):
    found = outputs(musicnn.tagger(net, 96, 187), INPUT.transpose(0, 2, 1)[..., np.newaxis])
    assert found.shape == (3, 50)
    np.testing.assert_allclose(found[0, ::10], ORIGINAL[net], atol=1e-5)


def test_a_net_was_trained_on_as_many_tags_as_have_names():
    assert {name: len(tags) for name, tags in musicnn.TAGS.items()} == {"MTT": 50, "MSD": 50}


@pytest.mark.parametrize("net", ["MSD_musicnn", "MTT_vgg"])
def test_a_clips_embedding_is_the_mean_of_its_patches(net):
    x = INPUT[:2].transpose(0, 2, 1)[..., np.newaxis]
    one = outputs(musicnn.embedder(net, 96, 187), x)
    both = np.concatenate([x[:1], x[1:]], axis=2)
    whole = outputs(musicnn.embedder(net, 96, 374), both)
    assert whole.shape == (1, musicnn.EMBEDDING[net.partition("_")[2]])
    np.testing.assert_allclose(whole[0], one.mean(axis=0), rtol=1e-4, atol=1e-5)
    padded = outputs(musicnn.embedder(net, 96, 561), np.pad(both, [(0, 0), (0, 0), (0, 187), (0, 0)]))
    np.testing.assert_allclose(padded, whole, rtol=1e-4, atol=1e-5)


def test_the_two_corpora_and_the_two_nets_hear_differently():
    x = INPUT.transpose(0, 2, 1)[..., np.newaxis]
    msd, mtt = (outputs(musicnn.embedder(f"{name}_vgg", 96, 187), x) for name in ("MSD", "MTT"))
    assert not np.allclose(msd, mtt, atol=0.1)


def test_patches_follow_one_another_and_a_short_input_is_one():
    x = np.arange(2 * 3 * 10, dtype=np.float32).reshape(2, 3, 10, 1)
    found = np.asarray(Patches(4)(x))
    assert found.shape == (4, 4, 3, 1)
    np.testing.assert_array_equal(found[1, :, :, 0], x[0, :, 4:8, 0].T)
    np.testing.assert_array_equal(found[2, :, :, 0], x[1, :, :4, 0].T)
    short = np.asarray(Patches(16)(x))
    assert short.shape == (2, 16, 3, 1)
    np.testing.assert_array_equal(short[0, :10, :, 0], x[0, :, :, 0].T)
    assert (short[:, 10:] == 0).all()


def test_patches_that_a_clip_does_not_fill_do_not_count_but_for_the_first():
    patches = np.ones((4, 2, 2, 1), np.float32)
    patches[1:] = 0
    values = np.array([[1.0], [3.0], [5.0], [7.0]], np.float32)
    found = np.asarray(PatchMean(2)([keras.ops.convert_to_tensor(values), keras.ops.convert_to_tensor(patches)]))
    np.testing.assert_allclose(found, [[1.0], [5.0]])


def test_only_the_bands_that_it_was_trained_on_are_taken():
    with pytest.raises(ValueError, match="96 mel bands, got 128"):
        musicnn.embedder("MSD_vgg", 128, 187)
