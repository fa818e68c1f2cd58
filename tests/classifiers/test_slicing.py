"""Clips cut into slices, and the slices' answers put together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from training_data import PARAMS

from genrelab import config, plugins
from genrelab.classifiers import factory, hyperparameters
from genrelab.classifiers.base import FitSettings
from genrelab.classifiers.factory import Examples, Sliced
from genrelab.classifiers.slicing import Slicing, slicing
from genrelab.config import Training
from genrelab.data.streamed import Streamed
from genrelab.errors import ConfigError

BANDS, FRAMES = 4, 60


def spectrograms(*lengths: int) -> np.ndarray:
    """Numbered frames, then padding."""
    x = np.full((len(lengths), BANDS, FRAMES), -80, np.float32)
    for clip, length in zip(x, lengths, strict=True):
        clip[:, :length] = -np.arange(length) - 1
    return x


@given(st.lists(st.integers(1, FRAMES), min_size=1, max_size=5), st.integers(1, FRAMES), st.integers(1, FRAMES))
def test_slices_are_the_clips_own_stretches_and_hold_no_padding_if_one_fits(lengths, width, hop):
    x = spectrograms(*lengths)
    slices, owner = Slicing(width, hop, "mean", -80).cut(x)
    assert slices.shape == (len(owner), BANDS, width)
    assert sorted(set(owner)) == list(range(len(lengths)))
    for clip, length in enumerate(lengths):
        mine = slices[owner == clip]
        assert len(mine) == max(1, (length - width) // hop + 1)
        for i, found in enumerate(mine):
            np.testing.assert_array_equal(found, x[clip, :, i * hop : i * hop + width])
        assert (mine > -80).all() == (length >= width)


def test_a_streams_slices_are_a_stream_of_the_same_slices():
    x, cut = spectrograms(60, 5, 33, 47), Slicing(10, 6, "mean", -80)
    wanted, owners = cut.cut(x)
    slices, owner = cut.cut(Streamed(x.shape, x.__getitem__, np.array([3, 3, 4, 5])))
    assert isinstance(slices, Streamed)
    np.testing.assert_array_equal(owner, owners)
    np.testing.assert_array_equal(slices.shards, np.array([3, 3, 4, 5])[owner])
    np.testing.assert_array_equal(slices[:], wanted)
    np.testing.assert_array_equal(slices[[11, 0, 11]], wanted[[11, 0, 11]])


def test_silence_is_one_slice():
    slices, owner = Slicing(10, 5, "mean", -80).cut(spectrograms(FRAMES) * 0 - 80)
    assert slices.shape == (1, BANDS, 10)
    assert list(owner) == [0]


def test_the_mean_of_slices_is_the_clips_answer():
    p = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]])
    found = Slicing(1, 1, "mean", -80).together(p, np.array([0, 0, 1]))
    np.testing.assert_allclose(found, [[0.65, 0.35], [0.2, 0.8]])


def test_the_geometric_mean_wants_all_slices_and_no_slice_decides_alone():
    geometric = Slicing(1, 1, "geometric", -80)
    p = np.array([[0.9, 0.1], [0.4, 0.6]])
    found = geometric.together(p, np.zeros(2, int))
    np.testing.assert_allclose(found, [np.array([0.36**0.5, 0.06**0.5]) / (0.36**0.5 + 0.06**0.5)])
    p = np.array([[0.0, 1.0], *[[0.999, 0.001]] * 9])
    assert geometric.together(p, np.zeros(10, int))[0].argmax() == 0


@given(st.integers(0, 99))
def test_the_slices_of_one_tag_decide_on_it_as_those_of_two_classes_do(seed):
    p = np.random.default_rng(seed).uniform(size=(7, 1))
    owner = np.array([0, 0, 0, 1, 1, 2, 2])
    tags = Slicing(1, 1, "log_odds", -80).together(p, owner)
    classes = Slicing(1, 1, "geometric", -80).together(np.hstack([1 - p, p]), owner)
    np.testing.assert_allclose(tags[:, 0], classes[:, 1])


def test_the_majority_wins_and_the_mean_decides_between_equals():
    majority = Slicing(1, 1, "majority", -80)
    p = np.array([[0.99, 0.01], [0.45, 0.55], [0.45, 0.55]])
    assert majority.together(p, np.zeros(3, int)).argmax() == 1  # by the mean it would be 0
    p = np.array([[0.9, 0.1], [0.4, 0.6]])
    assert majority.together(p, np.zeros(2, int)).argmax() == 0


@given(st.integers(1, 5), st.integers(2, 4), st.integers(0, 99))
def test_clips_probabilities_sum_to_one_and_follow_the_votes(clips, classes, seed):
    rng = np.random.default_rng(seed)
    owner = np.sort(np.concatenate([np.arange(clips), rng.integers(0, clips, 12)]))
    p = rng.dirichlet(np.ones(classes), len(owner))
    for vote in ("mean", "geometric", "majority"):
        found = Slicing(1, 1, vote, -80).together(p, owner)
        np.testing.assert_allclose(found.sum(axis=1), 1)
        assert (found > 0).all()
    for clip in range(clips):
        votes = np.bincount(p[owner == clip].argmax(axis=1), minlength=classes)
        assert votes[found[clip].argmax()] == votes.max()


def loaded(**overrides: str):
    return config.load(PARAMS, overrides)


def test_whole_clips_are_the_default():
    assert slicing(loaded()) is None


def test_ten_slices_of_three_seconds_fit_into_thirty():
    found = slicing(loaded(**{"slices.seconds": "3"}))
    assert len(found.starts(np.zeros((1, 646)))) == 10
    assert found.hop == found.width
    assert slicing(loaded(**{"slices.seconds": "3", "slices.hop": "1.5"})).hop == found.width // 2


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"slices.seconds": "60"}, r"slices\.seconds must be in 0\.19\.\.\.30\.65, .* got 60"),
        ({"slices.seconds": "0.01"}, r"slices\.seconds must be in"),
        ({"slices.hop": "1", "slices.seconds": "0"}, r"slices\.hop.* is 1, but there are no slices"),
        ({"slices.seconds": "-1"}, r"slices\.seconds.* greater than or equal to 0, got -1"),
        ({"slices.seconds": "3", "slices.vote": "loudest"}, r"slices\.vote.* 'geometric' or 'majority', got 'loudest'"),
        ({"slices.seconds": "3", "features.mel.fit": "resize"}, r"needs features\.mel\.fit = pad, got resize"),
    ],
)
def test_what_cannot_be_cut_is_said(overrides, message):
    with pytest.raises(ConfigError, match=message):
        slicing(loaded(**overrides))


@pytest.mark.parametrize("model", ["cnn", "svm"])
def test_a_model_of_any_family_judges_clips_by_slices(model, tmp_path):
    rng, cut = np.random.default_rng(0), Slicing(40, 20, "mean", -80)
    y = np.arange(12) % 2
    x = rng.uniform(-79, 0, (12, 128, 100)).astype(np.float32)
    x[:, :40] += 20 * y[:, None, None]
    module = plugins.load("models", model)
    hp = hyperparameters.choose(module, {}, (128, 40), 2)
    net = factory.build(module, hp, (128, 40), 2, 0, cut)
    training, epochs = Training(epochs=1, batch_size=8, early_stopping=0, restore_best=False), []
    net.fit(Examples(x, y), Examples(x, y), FitSettings(training, 0, tmp_path / "fit", epochs.append))
    p, owner = net.of_slices(x)
    assert len(owner) == 12 * 4
    np.testing.assert_allclose(net.predict_proba(x), p.reshape(12, 4, 2).mean(axis=1), atol=1e-6)
    assert net.embed(x).shape[0] == 12
    streamed = Streamed(x.shape, x.__getitem__)
    np.testing.assert_allclose(net.predict_proba(streamed), net.predict_proba(x), atol=1e-6)
    net.temperature = 2.0
    (tmp_path / "saved").mkdir()
    net.save(tmp_path / "saved")
    again = factory.load(tmp_path / "saved")
    assert isinstance(again, Sliced)
    np.testing.assert_allclose(again.predict_proba(x), net.predict_proba(x), atol=1e-6)


def test_slices_saved_under_an_older_name_are_loaded(tmp_path):
    module, cut = plugins.load("models", "svm"), Slicing(40, 20, "mean", -80)
    hp = hyperparameters.choose(module, {}, (128, 40), 2)
    net = factory.build(module, hp, (128, 40), 2, 0, cut)
    x = np.random.default_rng(0).uniform(-79, 0, (12, 128, 100)).astype(np.float32)
    part = Examples(x, np.arange(12) % 2)
    training = Training(epochs=1, batch_size=8, early_stopping=0, restore_best=False)
    net.fit(part, part, FitSettings(training, 0, tmp_path / "fit"))
    (tmp_path / "saved").mkdir()
    net.save(tmp_path / "saved")
    file = tmp_path / "saved/slices.json"
    file.write_text(file.read_text().replace('"pad_value"', '"floor"'))
    assert factory.load(tmp_path / "saved").slicing == cut
