"""What every feature of the catalog keeps: shape, type, finite values for any sound."""

import pickle

import numpy as np
import pytest
import soundfile

from genrelab import plugins
from genrelab.config import Checks
from genrelab.features._base import Feature
from genrelab.inference.windows import AudioFrontend

RATE = 22050


@pytest.fixture(params=plugins.names("features"))
def feature(request):
    return plugins.load("features", request.param)


def sounds():
    rng = np.random.default_rng(0)
    time = np.arange(3 * RATE) / RATE
    return {
        "noise": rng.normal(0, 0.2, 3 * RATE),
        "sine": np.sin(2 * np.pi * 440 * time),
        "silence": np.zeros(RATE),
        "click": np.eye(1, RATE, 100)[0],
        "one sample": np.ones(1),
        "long": rng.normal(0, 0.2, 40 * RATE),
        "faint": rng.normal(0, 1e-5, RATE),
        "loud": rng.normal(0, 100, RATE),
    }


@pytest.mark.parametrize("sound", sounds())
def test_any_sound_gives_finite_values_of_the_promised_shape(feature, sound):
    params = feature.Params()
    found = feature.extract(sounds()[sound].astype(np.float32), params)
    assert found.shape == feature.shape(params)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()


def test_it_is_a_pure_function(feature):
    y = sounds()["noise"].astype(np.float32)
    before = y.copy()
    np.testing.assert_array_equal(feature.extract(y, feature.Params()), feature.extract(y, feature.Params()))
    np.testing.assert_array_equal(y, before)


def test_its_params_have_defaults_and_a_sample_rate_and_its_docstring_a_source(feature):
    assert feature.Params().sample_rate > 0
    assert "Source" in feature.__doc__


def test_a_feature_of_frames_says_how_long_they_are_and_what_follows_a_short_sound(feature):
    if not hasattr(feature, "frame_rate"):
        assert "frames" not in feature.Params.model_fields
        return
    params = feature.Params()
    rate, pad_value = feature.frame_rate(params), feature.pad_value(params)
    assert feature.seconds(params) == pytest.approx(feature.shape(params)[-1] / rate)
    noise = np.random.default_rng(0).normal(0, 0.2, 3 * params.sample_rate).astype(np.float32)
    found = feature.extract(noise, params)
    sounding = np.flatnonzero((found != pad_value).any(axis=0))
    assert sounding[0] == 0
    assert len(sounding) == pytest.approx(3 * rate, abs=2)
    assert (found[:, sounding[-1] + 1 :] == pad_value).all()


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
    heard = listener.hear(tmp_path / "song.wav")
    assert heard.features.shape == (1, *feature.shape(feature.Params()))
    assert pickle.loads(pickle.dumps(listener)) == listener  # worker processes are handed one
