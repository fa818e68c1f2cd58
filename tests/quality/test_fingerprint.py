import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sounds import chords

from genrelab.data import audio
from genrelab.quality import fingerprint
from genrelab.quality.fingerprint import HOP, RATE, WINDOW

MUSIC = chords(6.0, seed=0)


def share(some, others):
    """Of the landmarks of `some`, how many `others` have at the same time."""
    return len({*zip(*some, strict=True)} & {*zip(*others, strict=True)}) / len(some[0])


def test_a_hash_is_made_of_two_frequencies_and_the_time_between():
    # Two tone bursts, the second 0.5 s after the first: one pair of peaks.
    t = np.arange(RATE // 5) / RATE
    samples = np.zeros(2 * RATE, np.float32)
    for start, hz in ((0.5, 1000), (1.0, 2000)):
        samples[int(start * RATE) :][: len(t)] = np.sin(2 * np.pi * hz * t) * np.hanning(len(t))
    hashes, times = fingerprint.extract(samples)
    assert (hashes.dtype, times.dtype) == (np.uint32, np.int32)
    parts = [(h >> 15, h >> 6 & 511, h & 63) for h in map(int, hashes)]
    bins = [round(hz * WINDOW / RATE) - fingerprint.BINS.start for hz in (1000, 2000)]
    apart = round(0.5 * RATE / HOP)
    assert parts == [(*bins, apart // fingerprint.STEP)]
    assert times[0] == pytest.approx((0.6 * RATE - WINDOW / 2) / HOP, abs=1)


def test_music_has_some_landmarks_a_second_in_order():
    hashes, times = fingerprint.extract(MUSIC)
    assert 5 < len(hashes) / 6 < 40
    assert (np.diff(times) >= 0).all()
    assert hashes.max() < 2**24


@given(power=st.integers(-12, 12))
@settings(max_examples=8, deadline=None)
def test_gain_leaves_landmarks_as_they_are(power):
    # By powers of two, which float32 multiplies exactly.
    for found, expected in zip(
        fingerprint.extract(MUSIC * np.float32(2.0**power)), fingerprint.extract(MUSIC), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


@given(frames=st.integers(0, 200))
@settings(max_examples=8, deadline=None)
def test_whole_hops_of_silence_in_front_move_all_landmarks(frames):
    hashes, times = fingerprint.extract(MUSIC)
    moved = fingerprint.extract(np.concatenate([np.zeros(frames * HOP, np.float32), MUSIC]))
    # Peaks near the beginning may be outdone by new ones: frames that hold its onset after silence.
    rest = times > 2 * fingerprint.NEAR_FRAMES
    assert share((hashes[rest], times[rest] + frames), moved) == 1


@given(start=st.integers(0, HOP - 1))
@settings(max_examples=8, deadline=None)
def test_a_cut_between_two_frames_leaves_many_hashes(start):
    hashes, _ = fingerprint.extract(MUSIC)
    assert np.isin(fingerprint.extract(MUSIC[start:])[0], hashes).mean() > 0.25  # of others, next to none
    assert np.isin(fingerprint.extract(chords(6.0, seed=1))[0], hashes).mean() < 0.05


@pytest.mark.parametrize("length", [0, 1, WINDOW - 1, WINDOW, WINDOW + 1, RATE])
@pytest.mark.parametrize("level", [0.0, 0.5, -1.0])
def test_silence_and_constants_have_no_landmarks(length, level):
    hashes, times = fingerprint.extract(np.full(length, level, np.float32))
    assert (hashes.shape, times.shape) == ((0,), (0,))
    assert (hashes.dtype, times.dtype) == (np.uint32, np.int32)


@pytest.mark.parametrize("seconds", [0.2, 1.0, 5.0])
def test_noise_and_chirps_have_few(seconds):
    t = np.arange(int(seconds * RATE)) / RATE
    noise = np.random.default_rng(0).standard_normal(len(t)).astype(np.float32)
    chirp = np.sin(2 * np.pi * (200 + 300 * t) * t).astype(np.float32)
    for samples in (noise, chirp):
        assert len(fingerprint.extract(samples)[0]) <= 40 * seconds


def test_sound_that_is_not_finite_has_none():
    samples = MUSIC.copy()
    samples[RATE] = np.nan
    assert not len(fingerprint.extract(samples)[0])


def test_real_music_has_the_landmarks_that_memory_is_reckoned_with():
    folder = os.environ.get("GENRELAB_GTZAN_MINI")
    if not folder:
        pytest.skip("GENRELAB_GTZAN_MINI names no folder with real clips")
    path = sorted(Path(folder).rglob("*.flac"))[0]
    samples = audio.load(path, RATE)
    assert 300 < len(fingerprint.extract(samples)[0]) * 30 * RATE / len(samples) < 600
