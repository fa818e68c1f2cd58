"""The front end of the pretrained nets against librosa, and the embeddings."""

import librosa
import numpy as np
import pytest
from model_inputs import weights_or_skip

from genrelab.features import musicnn
from genrelab.features.musicnn import Params
from genrelab.pretrained.musicnn import EMBEDDING

NOISE = np.random.default_rng(0).normal(0, 0.1, 16000 * 7).astype(np.float32)


def test_it_is_librosas_mel_spectrogram_of_power_compressed():
    found = musicnn.extract(NOISE, Params())
    power = librosa.feature.melspectrogram(y=NOISE, sr=16000, n_fft=512, hop_length=256, n_mels=96)
    assert found.shape == (96, 1876)
    np.testing.assert_allclose(found[:, : power.shape[1]], np.log10(10000 * power + 1), rtol=1e-5)
    assert (found[:, power.shape[1] :] == 0).all()


def test_thirty_seconds_are_ten_patches():
    assert musicnn.seconds(Params()) >= 30
    assert Params().frames // 187 == 10


@pytest.mark.parametrize("net", ["MSD_musicnn", "MTT_vgg"])
def test_an_embedding_is_a_vector_that_tells_sounds_apart(net):
    weights_or_skip()
    params = Params(embedding=net, frames=400)
    found = musicnn.extract(NOISE, params)
    assert found.shape == musicnn.shape(params) == (EMBEDDING[net.partition("_")[2]],)
    tone = np.sin(2 * np.pi * 440 * np.arange(16000 * 7) / 16000).astype(np.float32)
    assert np.corrcoef(found, musicnn.extract(tone, params))[0, 1] < 0.9
