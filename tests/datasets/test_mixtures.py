"""Mixtures, whose tags are what was mixed."""

import numpy as np
import pytest
import soundfile

from genrelab.composing.clip import clip as composed
from genrelab.config import validate
from genrelab.datasets import mixtures, synthetic
from genrelab.errors import ConfigError


def made(tmp_path, **changes):
    small = {"artists": 2, "clips_per_artist": 3, "seconds": 2.0, "genres": ["disco", "jazz"]}
    return mixtures.candidates(mixtures.Params(**small | changes), tmp_path, 1)


def test_a_clips_tags_are_the_genres_that_sound_in_it(tmp_path):
    found = made(tmp_path / "a", most=2)
    assert [clip.id for clip in found] == [f"mix.{artist * 100 + n:05d}" for artist in (0, 1) for n in range(3)]
    assert {clip.artist for clip in found} == {"artist 0", "artist 1"}
    assert {clip.tags for clip in found} <= {("disco",), ("jazz",), ("disco", "jazz")}
    assert len({clip.tags for clip in found}) > 1
    assert all(clip.label in clip.tags for clip in found)
    alone = next(clip for clip in found if len(clip.tags) == 1)
    artist, number = divmod(int(alone.id.removeprefix("mix.")), synthetic.CLIPS)
    sound, rate = soundfile.read(alone.path)
    assert (len(sound) / rate, np.abs(sound).max()) == (2.0, pytest.approx(mixtures.PEAK, abs=1e-3))
    own = composed(0, alone.label, artist, number, 2.0)
    np.testing.assert_allclose(sound, own * (mixtures.PEAK / np.abs(own).max()), atol=1e-3)


def test_a_larger_corpus_contains_the_smaller_one(tmp_path):
    small = {clip.id: (clip.tags, clip.path.read_bytes()) for clip in made(tmp_path, artists=1)}
    large = {clip.id: (clip.tags, clip.path.read_bytes()) for clip in made(tmp_path)}
    assert small.items() <= large.items()


def test_a_genre_that_there_is_not_is_named():
    with pytest.raises(ConfigError, match="there is no genre 'jaz'"):
        validate(mixtures.Params, {"genres": ["jaz", "disco"]}, "corpora.mix")
