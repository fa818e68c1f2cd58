"""The four nets of musicnn as encoders: the same as the feature musicnn, with more layers."""

import numpy as np
import pytest
from model_inputs import weights_or_skip

from genrelab import plugins
from genrelab.features import embeddings, musicnn
from genrelab.pretrained import weights

NOISE = np.random.default_rng(0).normal(0, 0.1, 16000 * 7).astype(np.float32)


@pytest.mark.parametrize("net", weights.NETS)
def test_the_mean_of_its_frames_is_the_embedding_of_the_feature_musicnn(net):
    weights_or_skip()
    found = embeddings.extract(NOISE, embeddings.Params(encoder=net))
    np.testing.assert_allclose(found, musicnn.extract(NOISE, musicnn.Params(embedding=net)), rtol=1e-4, atol=1e-5)


def test_a_frame_is_a_patch_of_three_seconds():
    weights_or_skip()
    encoder = plugins.load("encoders", "MTT_vgg")
    found = encoder.encode(NOISE, None)
    assert {layer: vectors.shape for layer, vectors in found.items()} == {
        layer: (2, size) for layer, size in encoder.layers(None).items()
    }
    assert pytest.approx(2.99, abs=0.01) == encoder.FRAME_SECONDS
    assert found["tags"].min() >= 0
    assert found["tags"].max() <= 1
