import itertools
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sounds import RATE, tone, write

from genrelab.classifiers.reference import Reference
from genrelab.classifiers.saved_model import SavedModel
from genrelab.config import Checks
from genrelab.data.audio import AudioError
from genrelab.features import mel
from genrelab.features._base import Feature
from genrelab.inference import frontend, windows
from genrelab.inference.frontend import AudioFrontend, Windows

PARAMS = mel.Params(frames=130, n_mels=32)
WIDTH = 130 * PARAMS.hop  # samples
LISTENER = AudioFrontend(
    Feature({"mel": PARAMS}), Checks(min_seconds=1.0, silence_db=-60.0, max_minutes=1.0), mel.seconds(PARAMS)
)


@given(st.integers(1, 5000), st.integers(1, 700))
def test_windows_follow_each_other_and_leave_out_less_than_half_of_one(length, width):
    found = frontend.windows(length, width)
    assert found[0][0] == 0
    assert all(before[1] == after[0] for before, after in itertools.pairwise(found))
    if len(found) == 1:
        assert found == [(0, length)]
        assert 2 * length < 3 * width + 1
    else:
        assert {end - start for start, end in found[:-1]} == {width}
        assert 2 * (found[-1][1] - found[-1][0]) >= width
        assert 2 * (length - found[-1][1]) < width


@pytest.mark.parametrize("seconds", [2.0, 6.0, 6.037, 8.9])
def test_a_sound_of_one_window_is_heard_as_the_feature_store_has_it(tmp_path, seconds):
    samples = tone(seconds, hz=300) * np.linspace(0.1, 1, round(seconds * RATE))[:, None].astype(np.float32)
    path = write(tmp_path / "a.wav", samples, subtype="FLOAT")
    windows = LISTENER.extract(path)
    np.testing.assert_array_equal(windows.features, mel.extract(samples[:, 0], PARAMS)[np.newaxis])
    assert windows.spans == [(0, pytest.approx(seconds, abs=1e-4))]


def test_a_long_sound_is_heard_in_windows(tmp_path):
    samples = np.concatenate([tone(WIDTH / RATE, hz=hz) for hz in (200, 900, 3000)])[: round(2.6 * WIDTH)]
    path = write(tmp_path / "a.wav", samples, subtype="FLOAT")
    windows = LISTENER.extract(path)
    assert windows.features.shape == (3, 32, 130)
    np.testing.assert_array_equal(windows.features[1], mel.extract(samples[WIDTH : 2 * WIDTH, 0], PARAMS))
    assert windows.spans[-1] == (pytest.approx(2 * WIDTH / RATE), pytest.approx(windows.seconds))
    again = LISTENER.extract(path.read_bytes())
    np.testing.assert_array_equal(again.features, windows.features)


def test_what_cannot_be_used_is_said(tmp_path):
    loud = write(tmp_path / "a.wav", tone(level=1e30), subtype="FLOAT")
    with pytest.raises(AudioError, match=r"peaks at 1e\+30 of full scale"):
        LISTENER.extract(loud)
    with pytest.raises(AudioError, match=r"lasts 1\.0 minutes, more than 1"):
        LISTENER.extract(write(tmp_path / "b.flac", tone(61.0)))


def test_an_attempt_returns_the_fault(tmp_path):
    assert frontend.extract_or_error(LISTENER, write(tmp_path / "a.wav")).seconds == 2
    assert frontend.extract_or_error(LISTENER, tmp_path / "none.wav").status == "unreadable"
    os.mkfifo(tmp_path / "b.wav")
    assert frontend.extract_or_error(LISTENER, tmp_path / "b.wav").reason == "cannot be read: is not a regular file"


def test_a_model_of_before_there_were_windows_has_its_features_width():
    about = {"feature": "mel", "feature_params": PARAMS.model_dump(), "checks": LISTENER.checks.model_dump()}
    assert AudioFrontend.of(about) == LISTENER
    assert AudioFrontend.of(about | {"window_seconds": 30.0}).window == 30


class Counting:
    """A model whose probabilities are the features themselves."""

    def __init__(self):
        self.sizes = []

    def predict_proba(self, x):
        self.sizes.append(len(x))
        return x

    def answer(self, x):
        return self.predict_proba(x), x[:, :1]


def test_sounds_are_judged_in_batches_and_each_gets_its_own_windows():
    sounds = [Windows(1.0, [], np.full((n, 2), i, np.float32)) for i, n in enumerate((1, 40, 3, 2, 30))]
    model = Counting()
    found = list(windows.answers(SavedModel({}, model, None), sounds))
    for sound, answer in zip(sounds, found, strict=True):
        np.testing.assert_array_equal(answer.windows, sound.features)
        assert answer.drift is None
    assert model.sizes == [41, 35]
    assert list(windows.answers(SavedModel({}, model, None), [])) == []
    # As versions of before there was drift ask, whose pyfunc.py may meet this code.
    for sound, probabilities in zip(sounds, windows.predict_windows(model, sounds), strict=True):
        np.testing.assert_array_equal(probabilities, sound.features)


def test_a_sounds_drift_is_that_of_the_mean_of_its_windows():
    known = Reference.of(np.array([[0.0], [1.0]]), np.array([[2.0]]), 0)
    sounds = [Windows(2.0, [], np.array([[1.0, 0.0], [3.0, 0.0]])), Windows(1.0, [], np.array([[8.0, 0.0]]))]
    near, far = windows.answers(SavedModel({}, Counting(), None, known), sounds)
    assert near.drift == pytest.approx(1)
    assert far.drift > 3
    assert near.windows.shape == (2, 2)


def test_a_sound_whose_feature_cannot_be_computed_is_named_with_the_reason(tmp_path, monkeypatch):
    def fails(y, params):
        raise KeyError("a plug-in's fault")

    monkeypatch.setattr(mel, "extract", fails)
    with pytest.raises(AudioError, match="the feature mel cannot be computed: KeyError"):
        LISTENER.extract(write(tmp_path / "a.wav"))
