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


def tones(seconds: float, rate: int) -> np.ndarray:
    """Two tones that come and go twice a second, over a little noise: something for each feature to describe."""
    time = np.arange(int(seconds * rate)) / rate
    noise = np.random.default_rng(0).normal(0, 0.003, len(time))
    beats = np.sin(2 * np.pi * time) ** 8
    return (beats * (0.3 * np.sin(2 * np.pi * 440 * time) + 0.1 * np.sin(2 * np.pi * 3000 * time)) + noise).astype("f4")


@pytest.mark.parametrize("gain", [-80, -40, 20])
def test_the_level_does_not_matter_or_the_module_says_why_it_does(feature, gain):
    params = feature.Params()
    y = tones(8, params.sample_rate)
    plain, other = (feature.extract(y * np.float32(10 ** (db / 20)), params) for db in (0, gain))
    if reason := getattr(feature, "FOLLOWS_LEVEL", ""):
        assert reason
        assert not np.allclose(plain, other, rtol=1e-3, atol=1e-2), "it says that it follows the level, and does not"
    else:
        np.testing.assert_allclose(other, plain, rtol=1e-3, atol=1e-2)


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
