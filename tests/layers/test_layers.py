"""What is done to spectrograms in training alone."""

import numpy as np
import pytest

from genrelab.layers import AdditiveNoise, Equaliser, Gain, Masks, PitchShift, TimeShift
from genrelab.layers.augmentation import FLOOR, KNOTS
from genrelab.layers.keras_backend import keras

LAYERS = [Gain(6.0), AdditiveNoise(40.0), TimeShift(0.5), Masks(0.3), Equaliser(10.0), PitchShift(0.3)]


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return np.random.default_rng(0).uniform(FLOOR, 0, (6, 16, 30, 1)).astype(np.float32)


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_it_rests_outside_of_training(layer, x):
    np.testing.assert_array_equal(np.asarray(layer(x)), x)
    np.testing.assert_array_equal(np.asarray(layer(x, training=False)), x)


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_it_changes_each_clip_in_its_own_way_and_anew(layer, x):
    same = np.repeat(x[:1], 6, axis=0)
    first, second = np.asarray(layer(same, training=True)), np.asarray(layer(same, training=True))
    assert first.shape == x.shape
    assert np.isfinite(first).all()
    assert len({clip.tobytes() for clip in first}) > 1
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_a_net_with_it_is_saved_and_loaded_safely(layer, x, tmp_path):
    inputs = keras.Input(x.shape[1:])
    renamed = type(layer)(layer.strength, name="change")
    keras.Model(inputs, keras.layers.Flatten()(renamed(inputs))).save(tmp_path / "net.keras")
    again = keras.saving.load_model(tmp_path / "net.keras", safe_mode=True)
    assert again.get_layer("change").strength == layer.strength
    np.testing.assert_array_equal(again.predict_on_batch(x), x.reshape(len(x), -1))


def test_gain_is_one_number_a_clip_within_its_bounds(x):
    by = np.asarray(Gain(6.0)(np.repeat(x, 50, axis=0), training=True)) - np.repeat(x, 50, axis=0)
    assert np.ptp(by, axis=(1, 2, 3)).max() < 1e-3
    assert np.abs(by).max() <= 6.001
    assert np.abs(by).max() > 5


def test_noise_raises_what_is_soft_and_leaves_what_is_loud(x):
    loud, soft = np.zeros_like(x), np.full_like(x, -120)
    layer = AdditiveNoise(40.0)
    assert np.abs(np.asarray(layer(loud, training=True))).max() < 0.1
    heard = np.asarray(layer(soft, training=True)).mean(axis=(1, 2, 3))
    assert (heard > FLOOR - 5).all()
    assert (heard < FLOOR + 40).all()


def test_a_shift_loses_nothing_and_stays_within_its_bounds():
    ramp = np.broadcast_to(np.arange(100, dtype=np.float32)[None, None, :, None], (50, 2, 100, 1))
    moved = np.asarray(TimeShift(0.1)(ramp, training=True))
    np.testing.assert_array_equal(np.sort(moved, axis=2), ramp)
    by = (moved[:, 0, 0, 0] + 50) % 100 - 50
    assert np.abs(by).max() <= 10
    assert len(set(by)) > 5


def test_masks_hide_at_most_their_share_and_nothing_else(x):
    ones = np.ones((80, 20, 40, 1), np.float32)
    kept = np.asarray(Masks(0.2)(ones, training=True))[..., 0]
    assert set(np.unique(kept)) == {0.0, 1.0}
    bands, frames = kept.max(axis=2) == 0, kept.max(axis=1) == 0
    np.testing.assert_array_equal(kept == 0, bands[:, :, None] | frames[:, None, :])
    assert bands.mean(axis=1).max() <= 0.4
    assert frames.mean(axis=1).max() <= 0.4
    assert bands.any()
    assert frames.any()


def test_an_equaliser_turns_bands_the_same_in_all_frames_neighbours_alike_and_within_its_bounds():
    x = np.zeros((200, 51, 7, 1), np.float32)
    by = np.asarray(Equaliser(10.0)(x, training=True))[..., 0]
    np.testing.assert_array_equal(by, np.repeat(by[:, :, :1], 7, axis=2))
    curve = by[:, :, 0]
    assert np.abs(curve).max() <= 10
    assert np.abs(curve).max() > 9
    assert np.abs(np.diff(curve)).max() <= 20 * (KNOTS - 1) / 50 + 1e-4
    assert np.abs(np.corrcoef(curve[:, 0], curve[:, -1])[0, 1]) < 0.3  # not a gain: lows and highs on their own


def test_a_pitch_shift_moves_all_frames_alike_and_fills_with_the_outermost_band():
    ramp = np.broadcast_to(np.arange(100, dtype=np.float32)[None, :, None, None], (60, 100, 3, 1))
    moved = np.asarray(PitchShift(0.1)(ramp, training=True))[..., 0]
    by = moved[:, 50, 0].astype(int) - 50
    assert set(by) <= set(range(-10, 11))
    assert min(by) < -5
    assert max(by) > 5
    for clip, one in zip(moved, by, strict=True):
        np.testing.assert_array_equal(clip, np.repeat(np.clip(np.arange(100) + one, 0, 99)[:, None], 3, axis=1))
