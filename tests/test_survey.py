"""The survey of a corpus: one row a clip, whatever the number of workers, and gone on with after a kill."""

import os
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
import soundfile

from genrelab import landmarks, sounding, survey
from genrelab.audio import load
from genrelab.errors import DataError
from genrelab.store import Sound

N = survey.SHARD + 5


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> list[Sound]:
    folder = tmp_path_factory.mktemp("clips")
    rng = np.random.default_rng(0)
    found = []
    for i in range(N):
        path = folder / f"{i:03d}.wav"
        soundfile.write(path, rng.normal(0, 0.1, 11025), 22050)
        found.append(Sound(f"clip{i:03d}", path, str(i)))
    return found


def written(root, clips, workers=1):
    target = root / "data/x/survey"
    target.parent.mkdir(parents=True, exist_ok=True)
    survey.write(target, clips, partial=root / "partial", workers=workers)
    return {path.name: path.read_bytes() for path in sorted(target.iterdir())}


def test_each_clip_has_a_row_its_spectrum_and_its_landmarks(tmp_path, clips, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written(tmp_path, clips)
    found, prints = survey.read("x"), survey.prints("x")
    assert list(found.table["clip"]) == [sound.clip for sound in clips]
    assert found.spectra.shape == (N, 2, sounding.BANDS)
    for i in (0, survey.SHARD, N - 1):
        levels, spectrum, _ = sounding.sound(clips[i].path)
        assert found.table["peak_db"][i] == pytest.approx(levels.peak_db, abs=1e-3)
        np.testing.assert_array_equal(found.spectra[i], spectrum)
        hashes, _ = landmarks.extract(load(clips[i].path, landmarks.RATE))
        assert abs(len(hashes) - (prints.starts[i + 1] - prints.starts[i])) <= 2
    assert len(prints.hashes) == prints.starts[-1] > 0
    assert not (tmp_path / "partial").exists()


def test_the_number_of_workers_changes_nothing(tmp_path, clips):
    one, two = written(tmp_path / "one", clips), written(tmp_path / "two", clips, workers=2)
    assert list(one) == ["prints.npz", "sounds.csv", "spectra.npy"]
    assert one["sounds.csv"] == two["sounds.csv"]
    spectra = [np.load(tmp_path / name / "data/x/survey/spectra.npy") for name in ("one", "two")]
    np.testing.assert_allclose(*spectra, atol=1e-3)


def test_a_killed_survey_goes_on_with_the_shards_that_are_missing(tmp_path, clips):
    code = f"""
import sys; sys.path.insert(0, {os.fspath(survey.__file__)!r}.rpartition('/genrelab/')[0])
from pathlib import Path
from genrelab import survey
from genrelab.store import Sound
clips = {[(s.clip, str(s.path), s.sha256) for s in clips]!r}
sounds = [Sound(clip, Path(path), digest) for clip, path, digest in clips]
Path({str(tmp_path)!r}, "data/x").mkdir(parents=True)
survey.write(Path({str(tmp_path)!r}, "data/x/survey"), sounds, partial=Path({str(tmp_path)!r}, "partial"), workers=1)
"""
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    first, deadline = tmp_path / "partial/0.npz", time.monotonic() + 60
    while not first.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.wait()
    before = first.stat().st_mtime_ns if first.exists() else 0
    if not before:
        pytest.skip("the survey was quicker than the kill")
    seen = []
    original = survey._put_together

    def watched(target, ids, shards, whole):
        seen.append(shards[0].stat().st_mtime_ns)
        original(target, ids, shards, whole)

    survey._put_together = watched
    try:
        again = written(tmp_path, clips)
    finally:
        survey._put_together = original
    assert seen == [before]
    assert again["sounds.csv"] == written(tmp_path / "whole", clips)["sounds.csv"]


def test_what_is_not_there_is_said_with_the_cure(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="run: dvc repro survey@nothing"):
        survey.read("nothing")


def test_the_table_is_plain_csv(tmp_path, clips):
    written(tmp_path, clips[:3])
    table = pd.read_csv(tmp_path / "data/x/survey/sounds.csv")
    assert list(table.columns) == ["clip", *sounding.Levels._fields]
    assert (table["rate"] == 22050).all()
