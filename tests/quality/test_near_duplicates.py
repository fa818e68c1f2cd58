import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sounds import chords

from genrelab.data import audio
from genrelab.errors import DataError
from genrelab.quality import fingerprint
from genrelab.quality import near_duplicates as search
from genrelab.quality.fingerprint import HOP, RATE
from genrelab.quality.near_duplicates import Match, Prints, near_duplicates

SECONDS = HOP / RATE


def landmarks(seed, n=60, frames=1700):
    """Landmarks of no sound: random hashes at random times."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 2**24, n, dtype=np.uint32), np.sort(rng.integers(0, frames, n, dtype=np.int32))


def later(clip, frames):
    return clip[0], (clip[1] + frames).astype(np.int32)


def mixed(clip, other, share):
    """A clip of which the share `share` of landmarks, evenly spread, is kept, the rest replaced by those of another."""
    keep = np.floor(np.arange(1, len(clip[0]) + 1) * share) > np.floor(np.arange(len(clip[0])) * share)
    return np.where(keep, clip[0], other[0]), clip[1]


def test_gathers_prints():
    prints = Prints.of([landmarks(0, 5), landmarks(1, 0), landmarks(2, 7)])
    assert list(prints.starts) == [0, 5, 5, 12]
    assert [part.dtype for part in prints] == [np.uint32, np.int32, np.int64]
    np.testing.assert_array_equal(prints.of_clip(2), landmarks(2, 7))
    assert not len(prints.of_clip(1)[0])


@pytest.mark.parametrize(
    "clips",
    [
        [],
        [landmarks(0)],
        [landmarks(0, 0), landmarks(1, 0)],
        [landmarks(i) for i in range(50)],
    ],
)
def test_different_clips_are_no_duplicates(clips):
    assert near_duplicates(Prints.of(clips)) == []


@given(frames=st.integers(0, 1600), places=st.lists(st.integers(0, 9), min_size=2, max_size=2, unique=True))
@settings(deadline=None)
def test_a_copy_is_found_wherever_it_stands(frames, places):
    one, other = sorted(places)
    clips = [landmarks(i) for i in range(10)]
    clips[one] = later(clips[one], frames)
    clips[other] = landmarks(one)
    assert near_duplicates(Prints.of(clips)) == [Match(one, other, pytest.approx(frames * SECONDS), 60, 1.0)]


def test_the_offset_is_where_the_later_clip_begins_in_the_earlier():
    clip = landmarks(0, 300)
    part = clip[1] >= 400
    cut = clip[0][part], (clip[1][part] - 400).astype(np.int32)
    assert near_duplicates(Prints.of([clip, cut])) == [
        Match(0, 1, pytest.approx(400 * SECONDS), int(part.sum()), 1.0),
    ]
    assert near_duplicates(Prints.of([cut, clip]))[0].offset_seconds == pytest.approx(-400 * SECONDS)


def test_only_the_part_where_both_sound_counts():
    # The last third of one is the first third of the other.
    one, other = landmarks(0, 300), landmarks(1, 300)
    part = one[1] >= 1133
    count = int(part.sum())
    rest = other[1] >= 567
    both = (
        np.concatenate([one[0][part], other[0][rest]]),
        np.concatenate([one[1][part] - 1133, other[1][rest]]).astype(np.int32),
    )
    assert near_duplicates(Prints.of([one, both])) == [Match(0, 1, pytest.approx(1133 * SECONDS), count, 1.0)]


def test_matches_at_neighbouring_offsets_count_together():
    clip = landmarks(0)
    blurred = clip[0], clip[1] + np.arange(60, dtype=np.int32) % 2
    order = np.argsort(blurred[1], kind="stable")
    blurred = blurred[0][order], blurred[1][order]
    match = near_duplicates(Prints.of([clip, blurred]))[0]
    assert (match.matches, match.offset_seconds) == (60, pytest.approx(-0.5 * SECONDS))


@pytest.mark.parametrize(("share", "found"), [(0.30, True), (0.20, True), (0.10, False)])
def test_a_share_must_agree(share, found):
    clips = [landmarks(0, 100), mixed(landmarks(0, 100), landmarks(1, 100), share)]
    matches = near_duplicates(Prints.of(clips))
    assert [m.matches for m in matches] == ([round(100 * share)] if found else [])
    assert all(m.share == pytest.approx(share, abs=0.02) for m in matches)


@pytest.mark.parametrize(("count", "found"), [(search.MATCHES, 1), (search.MATCHES - 1, 0)])
def test_a_few_landmarks_are_too_few(count, found):
    assert len(near_duplicates(Prints.of([landmarks(0, count), landmarks(0, count)]))) == found


def test_only_clips_from_the_first_on_are_looked_up():
    prints = Prints.of([landmarks(0), landmarks(0), landmarks(1), landmarks(0), landmarks(1)])
    pairs = [(m.one, m.other) for m in near_duplicates(prints)]
    assert pairs == [(0, 1), (0, 3), (1, 3), (2, 4)]
    assert [(m.one, m.other) for m in near_duplicates(prints, first=4)] == [(2, 4)]


def test_a_crowd_of_copies_stays_joined_though_common_hashes_are_not_all_looked_up(monkeypatch):
    monkeypatch.setattr(search, "LOOKED_UP", 20)
    matches = near_duplicates(Prints.of([landmarks(0, 30)] * 100))
    assert {m.other for m in matches} == set(range(1, 100))
    assert all(m.other - m.one <= 20 for m in matches)


def test_too_many_clips_are_refused():
    prints = Prints(np.zeros(0, np.uint32), np.zeros(0, np.int32), np.zeros(search.CLIPS + 2, np.int64))
    with pytest.raises(DataError, match="1048577 clips are too many"):
        near_duplicates(prints)


def test_chords_are_told_apart_and_their_copies_are_not():
    sounds = [chords(6.0, seed) for seed in range(5)]
    cut = sounds[2][int(1.234 * RATE) :] * np.float32(0.3)
    prints = Prints.of(map(fingerprint.extract, [*sounds, cut]))
    (match,) = near_duplicates(prints)
    assert (match.one, match.other) == (2, 5)
    assert match.offset_seconds == pytest.approx(1.234, abs=0.03)


@pytest.mark.parametrize("percent", [-2, -1, -0.5, 0.5, 0.7, 1.3, 2])
def test_a_copy_at_another_speed_is_found_and_its_speed_is_told(percent):
    sounds = [chords(12.0, seed) for seed in range(3)]
    sped = audio.resample(sounds[1], round(RATE * (1 + percent / 100)), RATE)
    (match,) = near_duplicates(Prints.of(map(fingerprint.extract, [*sounds, sped])))
    assert (match.one, match.other) == (1, 3)
    assert match.speed == pytest.approx(1 + percent / 100, abs=0.003)
    assert match.offset_seconds == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize("speed", [0.98, 1.02])
def test_landmarks_at_a_speed_are_those_of_the_sound_at_that_speed_but_for_rounding(speed):
    hashes, times = landmarks(0, 500)
    slowed = search.at_speed(*search.at_speed(hashes, times, speed), 1 / speed)
    assert len(slowed[0]) > 450  # others leave the range
    kept = np.isin(times, slowed[1])
    assert kept.mean() > 0.5
    assert [part.dtype for part in slowed] == [np.uint32, np.int32]
    same = search.at_speed(hashes, times, 1.0)
    assert same[0] is hashes
    assert not len(search.at_speed(np.zeros(0, np.uint32), np.zeros(0, np.int32), speed)[0])
