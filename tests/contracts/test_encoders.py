"""What every encoder keeps: facts of its weights, shapes, finite values, the same twice."""

import numpy as np
import pytest
from encoder_weights import for_encoder
from model_inputs import weights_or_skip

from genrelab import plugins, testing
from genrelab.errors import ConfigError
from genrelab.features import embeddings


@pytest.fixture(params=plugins.names("encoders"))
def encoder(request, tmp_path):
    """An encoder's name, its tiny weights (None: its own), the sample rate if it leaves that open."""
    if request.param == "onnx":
        pytest.importorskip("onnxruntime")
    path, rate = for_encoder(request.param, tmp_path)
    if path is None:
        weights_or_skip()
    return request.param, path, rate


def test_it_keeps_what_encoders_of_other_packages_must_keep_too(encoder):
    testing.check_encoder(*encoder)


def test_its_embeddings_are_rows_of_what_blocks_promise(encoder):
    name, path, rate = encoder
    params = embeddings.Params(encoder=name, path=str(path or ""), sample_rate=rate, layers="all", pooling="mean_std")
    y = np.random.default_rng(0).normal(0, 0.1, 2 * params.sample_rate).astype(np.float32)
    found = embeddings.extract(y, params)
    assert found.shape == embeddings.shape(params) == (sum(embeddings.blocks(params).values()),)
    assert all(block.startswith(f"{name}.") for block in embeddings.blocks(params))
    assert len(embeddings.made_from(params)) == 64


@pytest.mark.parametrize("name", plugins.names("encoders"))
def test_weights_whose_digest_is_known_are_fetched_and_others_are_a_file(name):
    rate = 16000 if name == "onnx" else 0
    if plugins.load("encoders", name).SHA256:
        with pytest.raises(ConfigError, match=f"path must stay empty: encoder {name} fetches its own weights"):
            embeddings.shape(embeddings.Params(encoder=name, path="mine.npz"))
    else:
        with pytest.raises(ConfigError, match=f"path must name the weights of encoder {name}: "):
            embeddings.shape(embeddings.Params(encoder=name, sample_rate=rate))
