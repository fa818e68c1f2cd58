import numpy as np
import pytest
import soundfile
from sounds import RATE, chords

from genrelab.data import audio
from genrelab.errors import DataError
from genrelab.quality import duplicate_recall, fingerprint
from genrelab.quality.duplicate_recall import KINDS, RecallEstimate, plant
from genrelab.quality.near_duplicates import Prints

MUSIC = chords(4.0, seed=0, rate=RATE)


def planted(kind, samples=MUSIC, rate=RATE):
    return plant(samples, rate, kind, np.random.default_rng(0))


def db(ratio):
    return 20 * np.log10(ratio)


def rms(samples):
    return np.sqrt(np.mean(np.square(samples, dtype=np.float64)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seconds", [1.0, 4.0])
def test_every_kind_is_a_sound_other_than_the_first(kind, seconds):
    samples = MUSIC[: int(seconds * RATE)]
    before = samples.copy()
    copy = planted(kind, samples)
    assert copy.dtype == np.float32
    assert copy.ndim == 1
    assert 0.7 * len(samples) < len(copy) <= 1.25 * len(samples)
    assert np.isfinite(copy).all()
    assert not np.array_equal(copy, samples)
    np.testing.assert_array_equal(samples, before)


def test_levels():
    assert db(rms(planted("gain")) / rms(MUSIC)) == pytest.approx(-12, abs=0.01)
    quiet = MUSIC * np.float32(0.1)
    assert db(rms(planted("louder", quiet)) / rms(quiet)) == pytest.approx(6, abs=0.01)
    assert planted("louder", MUSIC * np.float32(5)).max() == 1
    assert db(rms(planted("noise") - MUSIC) / rms(MUSIC)) == pytest.approx(-20, abs=0.1)


def test_shifts():
    long = np.concatenate([MUSIC] * 4)
    cut, delayed = planted("offset", long), planted("delay", long)
    removed, added = len(long) - len(cut), len(delayed) - len(long)
    assert 2 * RATE <= removed == added <= 3 * RATE
    np.testing.assert_array_equal(cut, long[removed:])
    np.testing.assert_array_equal(delayed, np.concatenate([np.zeros(added), long]))
    assert len(MUSIC) - len(planted("offset")) == len(MUSIC) // 4


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 32_000, 44_100, 48_000])
def test_mp3_has_64_kbit_a_second(rate, monkeypatch):
    sizes = []
    read = soundfile.read
    monkeypatch.setattr(soundfile, "read", lambda f, **how: sizes.append(len(f.getvalue())) or read(f, **how))
    samples = chords(8.0, seed=0, rate=rate)
    planted("mp3", samples, rate)
    assert sizes[0] * 8 / 8.0 == pytest.approx(64_000, rel=0.05)


def test_resampling_keeps_the_sound():
    np.testing.assert_allclose(planted("resample"), MUSIC, atol=0.02)


def test_an_unknown_kind_or_rate_is_refused():
    with pytest.raises(DataError, match="no kind of copy is called 'slow'; there are gain"):
        planted("slow")
    with pytest.raises(DataError, match="MP3 does not support a sample rate of 12345 Hz"):
        planted("mp3", rate=12_345)


def prints(sounds):
    return Prints.of(fingerprint.extract(audio.resample(sound, RATE, fingerprint.RATE)) for sound in sounds)


def test_trust_counts_what_is_found_and_what_is_false(monkeypatch):
    monkeypatch.setattr(duplicate_recall, "KINDS", {kind: KINDS[kind] for kind in ("gain", "noise")})
    sounds = [chords(4.0, seed, rate=RATE) for seed in range(4)]
    # Clip 4 is clip 1 again: copies of 1 name it rightly.
    table = duplicate_recall.recall(sounds[1:3], RATE, [1, 2], prints([*sounds, sounds[1]]))
    assert table == [RecallEstimate("gain", 2, 2, 0), RecallEstimate("noise", 2, 2, 0)]
    # A search that takes any two clips for the same would be worth nothing, and the table says so.
    monkeypatch.setattr(duplicate_recall, "KINDS", {"swapped": lambda samples, rate, rng: sounds[3]})
    assert duplicate_recall.recall(sounds[1:3], RATE, [1, 2], prints(sounds)) == [RecallEstimate("swapped", 2, 0, 2)]
    assert duplicate_recall.recall([], RATE, [], prints(sounds)) == [RecallEstimate("swapped", 0, 0, 0)]
