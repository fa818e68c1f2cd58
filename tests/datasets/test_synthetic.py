import subprocess
import sys

import numpy as np
import pytest
import soundfile

from genrelab import config
from genrelab.composing import clip as clips
from genrelab.data.ingest import composed_folder
from genrelab.datasets import synthetic
from genrelab.errors import ConfigError

SMALL = {"genres": ["metal", "classical"], "artists": 2, "clips_per_artist": 1, "seconds": 2.0}


def build(folder, workers=1, **changes):
    return synthetic.candidates(synthetic.Params(**SMALL | changes), folder, workers)


def contents(candidates):
    return {c.id: c.path.read_bytes() for c in candidates}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return build(tmp_path_factory.mktemp("corpus"))


def test_ids_labels_and_artists(corpus):
    assert [(c.id, c.label, c.artist) for c in corpus] == [
        ("classical.00000", "classical", "classical artist 0"),
        ("classical.00100", "classical", "classical artist 1"),
        ("metal.00000", "metal", "metal artist 0"),
        ("metal.00100", "metal", "metal artist 1"),
    ]


def test_files_lie_where_ingest_takes_them_over(tmp_path):
    (clip,) = build(tmp_path, genres=["pop"], artists=1)
    assert clip.path == composed_folder(tmp_path) / "pop" / "pop.00000.flac"


def test_format_length_and_peak(corpus):
    for clip in corpus:
        info = soundfile.info(clip.path)
        assert (info.format, info.subtype, info.samplerate, info.channels) == ("FLAC", "PCM_16", 22_050, 1)
        sound, _ = soundfile.read(clip.path)
        assert sound.shape == (2 * 22_050,)
        assert 20 * np.log10(np.abs(sound).max()) == pytest.approx(-1, abs=0.01)


def test_the_same_seed_gives_the_same_files_whatever_the_workers(corpus, tmp_path):
    assert contents(build(tmp_path, workers=2)) == contents(corpus)


def test_another_seed_gives_other_files(corpus, tmp_path):
    other = contents(build(tmp_path, seed=1))
    assert all(other[id_] != data for id_, data in contents(corpus).items())


def test_a_larger_corpus_contains_the_smaller_one(corpus, tmp_path):
    larger = contents(build(tmp_path, clips_per_artist=2, artists=3, genres=["classical", "metal", "pop"]))
    assert len(larger) == 18
    assert len(set(larger.values())) == 18
    assert contents(corpus).items() <= larger.items()


def test_clips_differ(corpus):
    assert len(set(contents(corpus).values())) == len(corpus)


def test_a_run_goes_on_where_it_was(tmp_path, monkeypatch):
    first, *rest = build(tmp_path)
    data = contents(rest)
    before = {c.path: c.path.stat().st_mtime_ns for c in rest}
    first.path.unlink()
    half = first.path.with_name(f".partial.{first.path.name}")
    half.write_bytes(b"half")
    composed = []
    clip = clips.clip
    monkeypatch.setattr(clips, "clip", lambda *how: composed.append(how) or clip(*how))
    again = build(tmp_path)
    assert composed == [(0, "classical", 0, 0, 2.0)]
    assert {c.path: c.path.stat().st_mtime_ns for c in rest} == before
    assert contents(again).items() > data.items()
    assert not half.exists()


@pytest.mark.parametrize("change", [{"seed": 1}, {"seconds": 1.5}])
def test_clips_of_another_recipe_are_not_kept(tmp_path, change):
    before = contents(build(tmp_path, genres=["pop"], artists=1))
    after = contents(build(tmp_path, genres=["pop"], artists=1, **change))
    assert before.keys() == after.keys()
    assert before != after


def test_clips_of_other_sources_are_not_kept(tmp_path, monkeypatch):
    (clip,) = build(tmp_path, genres=["pop"], artists=1)
    clip.path.write_bytes(b"made by an older version")
    monkeypatch.setattr(synthetic, "made_with", lambda: {"midirenderer": "newer"})
    build(tmp_path, genres=["pop"], artists=1)
    assert soundfile.info(clip.path).samplerate == 22_050


def test_progress_is_shown(tmp_path, capfd):
    build(tmp_path, genres=["pop"], artists=1)
    assert "composing: 100%" in capfd.readouterr().err
    build(tmp_path, genres=["pop"], artists=1)
    assert capfd.readouterr().err == ""


def test_the_fingerprint_names_programs_soundfont_and_sources(tmp_path):
    found = synthetic.fingerprint(synthetic.Params(), tmp_path)
    names = ("midirenderer", "pretty_midi", "soundfont", "composing/melody.py", "composing/genres/blues.py")
    assert {*names, "datasets/synthetic.py"} <= found.keys()
    assert all(found.values())
    assert found == synthetic.fingerprint(synthetic.Params(seed=1), tmp_path)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"genres": ["jaz"]}, ["'jaz'", "did you mean 'jazz'"]),
        ({"genres": ["rock", "rock"]}, ["'rock'", "more than once"]),
        ({"genres": []}, ["corpora.x.genres"]),
        ({"artists": 0}, ["corpora.x.artists"]),
        ({"clips_per_artist": 101}, ["corpora.x.clips_per_artist"]),
        ({"seconds": 0.5}, ["corpora.x.seconds"]),
        ({"seed": -1}, ["corpora.x.seed"]),
        ({"artist": 3}, ["corpora.x.artist", "did you mean 'artists'"]),
    ],
)
def test_wrong_parameters_are_explained(params, words):
    with pytest.raises(ConfigError) as error:
        config.validate(synthetic.Params, params, "corpora.x")
    assert all(word in str(error.value) for word in words)


def test_composing_warns_of_nothing_and_validation_needs_none_of_it(tmp_path):
    code = (
        "import sys, pathlib; from genrelab.datasets import synthetic; p = synthetic.Params(genres=['pop'], artists=1,"
        "clips_per_artist=1, seconds=1); print(*sys.modules);"
        f"synthetic.candidates(p, pathlib.Path({str(tmp_path)!r}), 1)"
    )
    command = [sys.executable, "-W", "error", "-c", code]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert not {"pretty_midi", "midirenderer", "soxr", "joblib"} & set(result.stdout.split())
