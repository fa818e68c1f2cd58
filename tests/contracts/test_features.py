"""What every feature of the catalog keeps: shape, type, finite values for any sound."""

import pickle

import numpy as np
import pytest
import soundfile
from model_inputs import weights_or_skip

from genrelab import plugins, testing
from genrelab.config import Checks
from genrelab.features._base import Feature
from genrelab.inference.frontend import AudioFrontend

RATE = 22050


@pytest.fixture(params=plugins.names("features"))
def feature(request):
    if request.param == "embeddings":
        weights_or_skip()
    return plugins.load("features", request.param)


@pytest.mark.parametrize("check", testing.features.CHECKS, ids=lambda check: check.__name__)
def test_it_keeps_what_features_of_other_packages_must_keep_too(feature, check):
    check(feature)


PARAMS = {
    "mel": [
        {},
        {"sample_rate": 44100},
        {"sample_rate": 16000, "n_fft": 1024, "n_mels": 64},
        {"f_min": 300, "f_max": 6000},
    ],
    "stft": [{}, {"sample_rate": 44100}, {"bands": 200}, {"n_fft": 2048, "sample_rate": 16000, "window": "parzen"}],
    "scattering": [{}, {"sample_rate": 22050}, {"j": 9, "q": 12}],
    "ssd": [{}, {"sample_rate": 44100, "n_fft": 1024}, {"n_fft": 2048}],
    "musicnn": [{}],
}


@pytest.mark.parametrize("hertz", [500.0, 2000.0])
@pytest.mark.parametrize(("kind", "words"), [(kind, words) for kind, each in PARAMS.items() for words in each])
def test_a_tone_is_loudest_in_the_row_of_its_frequency(kind, words, hertz):
    feature = plugins.load("features", kind)
    params = feature.Params(**words)
    y = 0.3 * np.sin(2 * np.pi * hertz * np.arange(4 * params.sample_rate) / params.sample_rate)
    found = feature.extract(y.astype(np.float32), params)
    rows = np.asarray(feature.frequencies(params))
    assert rows.shape == found.shape[:1]
    column = feature.MOMENTS.index("mean") if kind == "ssd" else round(2 * feature.frame_rate(params))
    assert rows[found[:, column].argmax()] == pytest.approx(
        hertz, rel=0.15
    )  # a Bark band is a fifth of its centre wide


def test_every_feature_whose_rows_are_frequencies_is_tried_above():
    named = {kind for kind in plugins.names("features") if hasattr(plugins.load("features", kind), "frequencies")}
    assert named == {*PARAMS}


@pytest.mark.parametrize("rate", [16000, 44100])
def test_a_click_after_a_second_is_where_a_second_is_at_any_rate(feature, rate):
    if not hasattr(feature, "frame_rate") or feature.__name__.endswith("musicnn"):  # whose rate is fixed
        pytest.skip("has no time, or one sample rate")
    params = feature.Params(sample_rate=rate)
    y = np.random.default_rng(0).normal(0, 1e-4, 3 * rate)
    y[rate : rate + rate // 50] += np.random.default_rng(1).normal(0, 0.3, rate // 50)
    found = feature.extract(y.astype(np.float32), params)
    width = round(3 * feature.frame_rate(params))
    level = found[:1] if feature.__name__.endswith("mfcc") else found
    loudest = level[:, :width].mean(axis=0).argmax()
    assert loudest / feature.frame_rate(params) == pytest.approx(1.0, abs=1.5 / feature.frame_rate(params))


@pytest.mark.parametrize("rate", [44100, 16000])
def test_a_registered_model_hears_it_in_a_sound_file_of_any_rate(feature, rate, tmp_path):
    kind = feature.__name__.rpartition(".")[2]
    own = Feature({kind: feature.Params()})
    listener = AudioFrontend.of(
        {
            "feature": own.name,
            "feature_params": own.dump(),
            "window_seconds": own.seconds or 30.0,
            "checks": Checks(min_seconds=1.0, silence_db=-60.0, max_minutes=1.0).model_dump(),
        }
    )
    soundfile.write(tmp_path / "song.wav", np.random.default_rng(0).normal(0, 0.1, 3 * rate), rate)
    heard = listener.extract(tmp_path / "song.wav")
    assert heard.features.shape == (1, *feature.shape(feature.Params()))
    assert pickle.loads(pickle.dumps(listener)) == listener  # worker processes are handed one
