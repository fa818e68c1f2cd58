"""Where a clip ends, and that nothing behind it is heard."""

import numpy as np
import pytest

from genrelab.features._width import sounding_lengths
from genrelab.layers import (
    SoundingLength,
    SoundingMax,
    SoundingMean,
    SoundingSteps,
    TimeShift,
    WindowMoments,
    ZeroPadding,
)


def clips(*lengths: int, pad_value: float = -80.0, frames: int = 12) -> np.ndarray:
    """Return spectrograms (clips, 4, frames, 1) with sound in so many frames."""
    x = np.random.default_rng(0).uniform(-60, 0, (len(lengths), 4, frames, 1)).astype(np.float32)
    for clip, length in zip(x, lengths, strict=True):
        clip[:, length:] = pad_value
    return x


@pytest.mark.parametrize("pad_value", [-80.0, 0.0])
def test_a_clip_is_as_long_as_it_sounds(pad_value):
    x = clips(12, 7, 1, 0, pad_value=pad_value)
    np.testing.assert_array_equal(SoundingLength()(x), [12, 7, 1, 1])
    np.testing.assert_array_equal(sounding_lengths(x[..., 0]), [12, 7, 1, 1])


def test_silence_within_a_clip_is_part_of_it():
    x = clips(9)
    x[:, :, 3:5] = -80.0
    np.testing.assert_array_equal(SoundingLength()(x), [9])


def test_steps_are_rounded_down_and_one_is_left():
    x = np.ones((3, 3, 2), np.float32)
    np.testing.assert_array_equal(
        SoundingSteps(stride=4)(x, np.array([12, 7, 2], np.int32)),
        [[True, True, True], [True, False, False], [True, False, False]],
    )


def test_what_follows_is_zero_and_has_no_share_in_mean_and_maximum():
    x, length = -np.abs(clips(12, 5)) - 1, np.array([12, 5], np.int32)
    kept = np.asarray(ZeroPadding(axis=2)(x, length))
    np.testing.assert_array_equal(kept[1, :, :5], x[1, :, :5])
    assert (kept[1, :, 5:] == 0).all()
    np.testing.assert_array_equal(kept[0], x[0])
    np.testing.assert_allclose(np.asarray(SoundingMean(axis=2)(x, length))[1], x[1, :, :5].mean(axis=1), rtol=1e-5)
    np.testing.assert_array_equal(np.asarray(SoundingMax(axis=2)(x, length))[1], x[1, :, :5].max(axis=1))


def test_a_shift_leaves_padding_where_it_is():
    x = clips(12, 5)
    moved = np.asarray(TimeShift(0.5)(x, training=True, length=SoundingLength()(x)))
    np.testing.assert_array_equal(moved[1, :, 5:], x[1, :, 5:])
    np.testing.assert_allclose(np.sort(moved[1, :, :5], axis=1), np.sort(x[1, :, :5], axis=1))


def test_moments_of_whole_clips_are_the_same_with_their_lengths():
    x = np.random.default_rng(0).normal(5, 1, (2, 20, 3)).astype(np.float32)
    layer = WindowMoments(8, 4)
    np.testing.assert_allclose(layer(x, np.array([20, 20], np.int32)), layer(x), atol=1e-4)
