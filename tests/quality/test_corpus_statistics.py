"""The survey of a corpus: one row a clip, whatever the number of workers, and gone on with after a kill."""

import numpy as np
import pandas as pd
import pytest
import soundfile
from sounds import noises

from genrelab import config
from genrelab.data.audio import load
from genrelab.data.feature_store import Sound
from genrelab.errors import DataError
from genrelab.quality import clip_statistics, corpus_statistics, fingerprint, issues

N = corpus_statistics.SHARD + 5


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> list[Sound]:
    return noises(tmp_path_factory.mktemp("clips"), N, 0.5)


def written(root, clips, workers=1):
    target = root / "data/x/survey"
    target.parent.mkdir(parents=True, exist_ok=True)
    corpus_statistics.write(target, clips, partial=root / "partial", workers=workers)
    return {path.name: path.read_bytes() for path in sorted(target.iterdir())}


def test_each_clip_has_a_row_its_spectrum_descriptors_and_landmarks(tmp_path, clips, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written(tmp_path, clips)
    found, prints = corpus_statistics.read("x"), corpus_statistics.prints("x")
    assert list(found.table["clip"]) == [sound.clip for sound in clips]
    assert found.spectra.shape == (N, 2, clip_statistics.BANDS)
    for i in (0, corpus_statistics.SHARD, N - 1):
        one = clip_statistics.sound(clips[i].path)
        assert found.table["peak_db"][i] == pytest.approx(one.levels.peak_db, abs=1e-3)
        np.testing.assert_array_equal(found.spectra[i], one.spectrum)
        np.testing.assert_array_equal(found.descriptors[i], one.descriptors)
        hashes, _ = fingerprint.extract(load(clips[i].path, fingerprint.RATE))
        assert abs(len(hashes) - (prints.starts[i + 1] - prints.starts[i])) <= 2
    assert len(prints.hashes) == prints.starts[-1] > 0
    assert not (tmp_path / "partial").exists()


def test_the_number_of_workers_changes_nothing(tmp_path, clips):
    one, two = written(tmp_path / "one", clips), written(tmp_path / "two", clips, workers=2)
    assert list(one) == ["computed_from.json", "descriptors.npy", "prints.npz", "sounds.csv", "spectra.npy"]
    assert one["sounds.csv"] == two["sounds.csv"]
    spectra = [np.load(tmp_path / name / "data/x/survey/spectra.npy") for name in ("one", "two")]
    np.testing.assert_allclose(*spectra, atol=1e-3)


def test_statistics_are_kept_while_sounds_and_code_are_the_same(tmp_path, clips, monkeypatch, capsys):
    folder = written(tmp_path, clips[:3])
    with monkeypatch.context() as patch:
        patch.setattr(corpus_statistics, "measure_shard", None)  # nothing is measured
        assert written(tmp_path, clips[:3]) == folder
        assert "survey: unchanged" in capsys.readouterr().out
    assert written(tmp_path, clips[:2]) != folder


def test_an_interrupted_survey_goes_on_with_the_shards_that_are_missing(tmp_path, clips, monkeypatch):
    done, original = [], corpus_statistics.measure_shard

    def dies_in_the_second(sounds):
        if sounds[0] != clips[0] and "died" not in done:
            done.append("died")
            raise KeyboardInterrupt
        done.append(len(sounds))
        return original(sounds)

    monkeypatch.setattr(corpus_statistics, "measure_shard", dies_in_the_second)
    with pytest.raises(KeyboardInterrupt):
        written(tmp_path / "killed", clips)
    assert not (tmp_path / "killed/data/x/survey").exists()
    resumed = written(tmp_path / "killed", clips)
    assert done == [corpus_statistics.SHARD, "died", len(clips) - corpus_statistics.SHARD]
    assert resumed == written(tmp_path / "whole", clips)


def test_it_begins_anew_where_a_sound_has_changed_in_between(tmp_path, clips, monkeypatch):
    def dies(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(corpus_statistics, "join_shards", dies)
        with pytest.raises(KeyboardInterrupt):
            written(tmp_path, clips[:3])
    other = tmp_path / "other.wav"
    soundfile.write(other, np.full(11025, 0.5), 22050)
    written(tmp_path, [Sound(clips[0].clip, other, "another"), *clips[1:3]])
    assert pd.read_csv(tmp_path / "data/x/survey/sounds.csv")["dc"][0] == pytest.approx(0.5, abs=1e-3)


def test_what_is_not_there_is_said_with_the_cure(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="run: dvc repro survey@nothing"):
        corpus_statistics.read("nothing")


def test_the_table_is_plain_csv(tmp_path, clips):
    written(tmp_path, clips[:3])
    table = pd.read_csv(tmp_path / "data/x/survey/sounds.csv")
    assert list(table.columns) == ["clip", *clip_statistics.Levels._fields]
    assert (table["rate"] == 22050).all()


def test_a_clip_that_cannot_be_measured_costs_itself_alone(tmp_path, clips, monkeypatch, caplog):
    limits = config.load().audit
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.wav").write_text("no sound")
    broken = Sound("=broken", tmp_path / "broken.wav", "")
    written(tmp_path, [clips[0], broken, clips[2]])
    assert "left out of the survey: =broken: " in caplog.text
    found, prints = corpus_statistics.read("x"), corpus_statistics.prints("x")
    assert list(found.table["clip"]) == [clips[0].clip, "=broken", clips[2].clip]
    np.testing.assert_array_equal(found.spectra[2], clip_statistics.sound(clips[2].path)[1])
    assert prints.starts[1] == prints.starts[2] < prints.starts[3]
    findings = issues.of_sounds(found.table, ["a"] * 3, limits)
    assert [finding[:3] for finding in findings] == [("=broken", "a", "no_feature")]
