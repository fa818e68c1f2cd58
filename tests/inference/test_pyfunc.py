"""The registered model by itself: what it says of sounds, of hostile ones, and what it does not load."""

import dataclasses
import functools
import io
import json
import struct
from concurrent.futures import ThreadPoolExecutor

import keras
import mlflow
import numpy as np
import pandas as pd
import pytest
import skops.io
import soundfile
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sounds import RATE, tone

from genrelab import plugins
from genrelab.classifiers import factory, hyperparameters
from genrelab.classifiers.base import ABOUT
from genrelab.classifiers.nets import KerasClassifier
from genrelab.classifiers.pipelines import SklearnClassifier
from genrelab.classifiers.reference import Reference
from genrelab.data import audio
from genrelab.errors import ModelError
from genrelab.features import mel
from genrelab.inference import limits, pyfunc

PARAMS = mel.Params(frames=130, n_mels=32)
CLASSES = ["low", "middle", "high"]
PITCHES = [150, 900, 5000]  # Hz


def sound(samples, rate=RATE, **how):
    stream = io.BytesIO()
    soundfile.write(stream, samples, rate, **{"format": "WAV", **how})
    return stream.getvalue()


def noisy(hz, seconds=6.0, seed=0):
    samples = tone(seconds, hz=hz)
    return samples + np.random.default_rng(seed).normal(0, 0.02, samples.shape).astype(np.float32)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model that tells low from high, loaded from where training would have saved it."""
    folder = tmp_path_factory.mktemp("model")
    module = plugins.load("models", "svm")
    hp = hyperparameters.choose(module, {}, mel.shape(PARAMS), len(CLASSES))
    net = factory.build(module, hp, mel.shape(PARAMS), len(CLASSES), seed=0)
    y = np.arange(24) % len(CLASSES)
    x = np.stack([mel.extract(noisy(PITCHES[c] * (0.9 + 0.02 * i), seed=i)[:, 0], PARAMS) for i, c in enumerate(y)])
    net.pipeline.fit(x, y)
    net.temperature = 1.5
    net.save(folder)
    about = {
        "classes": CLASSES,
        "feature": "mel",
        "feature_params": PARAMS.model_dump(),
        "window_seconds": mel.seconds(PARAMS),
        "checks": {"min_seconds": 1.0, "silence_db": -60.0, "max_minutes": 1.0},
    }
    (folder / ABOUT).write_text(json.dumps(about))
    found = pyfunc.GenreModel()
    found.load(folder)
    return found


def ask(model, *sounds, **params):
    return model.predict(None, pd.DataFrame({"audio": list(sounds)}), params)


def test_it_names_each_sound(model):
    found = ask(model, *(sound(noisy(hz)) for hz in PITCHES), top_k=2)
    assert list(found.label) == CLASSES
    np.testing.assert_allclose(found[CLASSES].sum(axis=1), 1)
    assert [len(top) for top in found.top] == [2, 2, 2]
    assert [len(top) for top in ask(model, sound(noisy(150))).top] == [3]


def test_it_says_how_far_a_sound_lies_from_its_training_clips_if_it_knows(model):
    assert "drift" not in ask(model, sound(noisy(150)))  # a version of before
    x = np.stack([mel.extract(noisy(hz, seed=i)[:, 0], PARAMS) for hz in PITCHES for i in range(6)])
    embeddings = model.model.classifier.embed(x)
    knowing = pyfunc.GenreModel()
    known = Reference.of(embeddings[::2], embeddings[1::2], 0)
    knowing.model, knowing.about = dataclasses.replace(model.model, reference=known), model.about
    knowing.frontend = model.frontend
    found = ask(knowing, sound(noisy(150, seed=9)), sound(np.random.default_rng(0).normal(0, 0.3, 6 * RATE)))
    assert list(found.columns) == ["label", "probability", "top", "drift", *CLASSES]
    assert found.drift[0] < 1.5 < 3 < found.drift[1]


def test_a_long_sound_has_the_mean_of_its_windows(model):
    width = PARAMS.frames * PARAMS.hop
    parts = [noisy(hz, width / RATE) for hz in PITCHES]
    whole = ask(model, sound(np.concatenate(parts), subtype="FLOAT"))[CLASSES].to_numpy()[0]
    each = ask(model, *(sound(part, subtype="FLOAT") for part in parts))[CLASSES].to_numpy()
    np.testing.assert_allclose(whole, each.mean(axis=0), atol=1e-9)


WAV = sound(tone(2.0))


def patched(place, form, value, data=WAV):
    data = bytearray(data)
    struct.pack_into(form, data, place, value)
    return bytes(data)


def aiff(chunk, offset, form, value):
    data = sound(tone(2.0), format="AIFF")
    return patched(data.find(chunk) + offset, form, value, data)


HOSTILE = {
    "empty": (b"", "is empty"),
    "text": (b"this is no sound\n" * 20, "cannot be decoded"),
    "an ID3 tag alone": (b"ID3" + bytes(1000), "cannot be decoded"),
    "a cut FLAC": (sound(noisy(440), format="FLAC")[:20_000], "breaks off"),
    "a small FLAC of three hours": (sound(np.zeros(3 * 3600 * 8000, np.int16), 8000, format="FLAC"), "180.0 minutes"),
    "a WAV that claims 4 GB": (patched(40, "<I", 0xFFFF_FFF0), "promises 4294967280 bytes"),
    "an AIFF that claims 4 GB": (aiff(b"SSND", 4, ">I", 0xFFFF_FFF0), "promises 4294967280 bytes"),
    "a WAV of 65535 channels": (patched(22, "<H", 65535), "header is damaged"),
    "a WAV of no channel": (patched(22, "<H", 0), "header is damaged"),
    "an AIFF of 65535 channels": (aiff(b"COMM", 8, ">H", 65535), "header is damaged"),
    "a WAV at 0 Hz": (patched(24, "<I", 0), "sample rate of 0 Hz"),
    "a WAV at 1 Hz": (patched(24, "<I", 1), "minutes"),
    "a WAV at 2 GHz": (patched(24, "<I", 0x7FFF_FFFF), "no samples|less than"),
    "NaN": (sound(np.full(RATE * 2, np.nan), subtype="FLOAT"), "NaN or infinite"),
    "infinity": (sound(np.where(np.arange(RATE * 2) == 5, np.inf, 0.1), subtype="FLOAT"), "NaN or infinite"),
    "far beyond full scale": (sound(tone(2.0, level=1e30), subtype="FLOAT"), r"peaks at 1e\+30 of full scale"),
    "silence": (sound(np.zeros(RATE * 2)), "peaks at -inf dB"),
    "one sample": (sound(np.zeros(1)), "less than checks.min_seconds"),
    "text that is no bytes": ("UklGRg==", "must be the bytes of a sound file, got str"),
    "a number": (5, "got int"),
    "nothing": (None, "got NoneType"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_sound_is_refused_by_row_and_reason(model, kind):
    data, reason = HOSTILE[kind]
    with pytest.raises(mlflow.MlflowException, match=reason) as caught:
        ask(model, sound(noisy(440)), data)
    assert "row 1" in str(caught.value)
    assert caught.value.get_http_status_code() == 400


def test_too_large_a_file_is_refused_before_it_is_decoded(model, monkeypatch):
    monkeypatch.setattr(pyfunc, "MAX_BYTES", len(WAV) - 1)
    monkeypatch.setattr(audio, "load", lambda *_, **__: pytest.fail("decoded"))
    with pytest.raises(mlflow.MlflowException, match=f"row 0 has {len(WAV)} bytes, more than {len(WAV) - 1}"):
        ask(model, WAV)


@pytest.mark.parametrize("top_k", [0, -1, 4, 10**30, "three", 2.5, True, [1]])
def test_a_top_k_that_is_none_is_refused(model, top_k):
    with pytest.raises(mlflow.MlflowException, match="top_k must be a whole number from 1 to 3") as caught:
        ask(model, WAV, top_k=top_k)
    assert caught.value.get_http_status_code() == 400


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (pd.DataFrame({"audio": []}), "1 to 32 rows, got 0"),
        (pd.DataFrame({"audio": [WAV] * (pyfunc.MAX_ROWS + 1)}), "1 to 32 rows, got 33"),
        (pd.DataFrame({"sound": [WAV]}), "column 'audio'"),
        ([WAV], "column 'audio'"),
    ],
)
def test_a_table_of_another_shape_is_refused(model, table, reason):
    with pytest.raises(mlflow.MlflowException, match=reason):
        model.predict(None, table, {})


def test_a_net_with_code_in_it_is_not_loaded(tmp_path):
    net = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Lambda(lambda x: x)])
    net.save(tmp_path / KerasClassifier.FILE)
    with pytest.raises(ModelError, match=r"cannot load safely.*[Ll]ambda") as caught:
        factory.load(tmp_path)
    assert "\n" not in str(caught.value)


class Foreign(keras.layers.Layer):
    """A layer of neither Keras nor genrelab."""

    def call(self, x):
        return x


class Stranger(TransformerMixin, BaseEstimator):
    """A step of neither scikit-learn nor genrelab."""

    def fit(self, X, y=None):
        return self


def test_a_net_with_a_foreign_class_is_not_loaded(tmp_path):
    keras.Sequential([keras.Input((4, 4, 1)), Foreign()]).save(tmp_path / KerasClassifier.FILE)
    with pytest.raises(ModelError, match=r"cannot load safely.*Foreign"):
        factory.load(tmp_path)


@pytest.mark.parametrize(("step", "named"), [(Stranger(), "Stranger"), (FunctionTransformer(func=print), "print")])
def test_a_pipeline_with_a_foreign_class_or_function_is_not_loaded(tmp_path, step, named):
    skops.io.dump(Pipeline([("step", step)]), tmp_path / SklearnClassifier.FILE)
    with pytest.raises(ModelError, match=f"{named}.* not from scikit-learn, genrelab or a plug-in"):
        factory.load(tmp_path)


def test_a_file_that_is_no_model_is_an_error_of_one_line(tmp_path):
    for file in (KerasClassifier.FILE, SklearnClassifier.FILE):
        path = tmp_path / file
        path.write_bytes(b"no model")
        with pytest.raises(ModelError):
            factory.load(tmp_path)
        path.unlink()


def test_decoded_sound_counts_by_its_channels_whatever_its_header_has_stated(model, monkeypatch):
    monkeypatch.setattr(audio, "header", lambda data: audio.Stated(0.1, 1, 8000))
    monkeypatch.setattr(limits, "Cost", functools.partial(limits.Cost, channel_seconds=20))
    one = sound(noisy(440, 2.0)[:, :1].repeat(8, 1))
    assert len(ask(model, one)) == 1
    with pytest.raises(mlflow.MlflowException, match="holds at least 32 s of sound, each channel counted") as caught:
        ask(model, one, one)
    assert caught.value.get_http_status_code() == 400


def test_many_small_files_that_decode_to_hours_are_refused_before_they_are_decoded(model, monkeypatch):
    monkeypatch.setattr(audio, "decode", lambda *_, **__: pytest.fail("decoded"))
    flac = sound(np.zeros(59 * 8000 * 1, np.int16)[:, None].repeat(8, 1), 8000, format="FLAC")
    with pytest.raises(mlflow.MlflowException, match="holds at least 3776 s of sound, each channel counted") as caught:
        ask(model, *[flac] * 8)
    assert caught.value.get_http_status_code() == 400


def test_requests_at_once_are_answered_as_they_are_alone(model):
    sounds = [sound(noisy(hz, seconds, seed)) for seed, (hz, seconds) in enumerate([(150, 6), (900, 20), (5000, 6)])]
    alone = [ask(model, one)[CLASSES].to_numpy() for one in sounds]
    with ThreadPoolExecutor(3) as pool:
        together = [*pool.map(lambda one: ask(model, one)[CLASSES].to_numpy(), sounds * 4)]
    for found, expected in zip(together, alone * 4, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_after_the_deadline_decoding_stops(model, monkeypatch):
    monkeypatch.setenv("MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT", "0")
    with pytest.raises(mlflow.MlflowException, match="not finished within 0 s") as caught:
        ask(model, WAV)
    assert caught.value.get_http_status_code() == 503
