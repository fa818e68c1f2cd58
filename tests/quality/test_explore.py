"""The look at a corpus: which clips are shown, what the page says, what of odd corpora becomes."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from genrelab import config, corpus, plots
from genrelab.corpus import TABLE_COLUMNS, Clip, Corpus
from genrelab.quality import clip_statistics, corpus_statistics, explore, explore_html, mel_descriptors
from genrelab.quality.clip_statistics import BANDS, Levels
from genrelab.quality.corpus_statistics import CorpusStatistics

PARAMS = Path("params.yaml").resolve()
LONG = 65  # seconds, more than the sheet shows


def clip(name, label, artist="", seconds=30.0):
    return Clip(name, name, label, artist, seconds, "")


def statistics(found, spectra=None, **columns):
    row = Levels(22050, 1, 30.0, -1.0, -15.0, 0.0, 0.0, 0.0, 120.0)._asdict()
    table = pd.DataFrame([{"clip": clip.id, **row} for clip in found.clips]).assign(**columns)
    spectra = np.zeros((len(table), 2, BANDS), np.float32) if spectra is None else spectra
    return CorpusStatistics(table, spectra, np.zeros((len(table), mel_descriptors.SIZE), np.float32))


def left_out(*rows):
    return pd.DataFrame(
        [[name, name, label, "", 0.0, "", "silent", "why"] for name, label in rows], columns=TABLE_COLUMNS
    )


def test_the_typical_clip_is_nearest_to_its_class_and_of_equals_the_first():
    found = Corpus(tuple(clip(name, name[0]) for name in ("a1", "a2", "a3", "b1", "b2")), ("a", "b"))
    spectra = np.zeros((5, 2, BANDS), np.float32)
    spectra[:3, 0] = np.array([-90.0, -40.0, -35.0])[:, None]
    spectra[:3, 1] = np.array([0.0, 99.0, 0.0])[:, None]  # the spread over time decides nothing
    spectra[3:, 0] = np.array([-10.0, -30.0])[:, None]  # both as far from the middle
    chosen = explore.typical(found, statistics(found, spectra))
    assert {label: clip.id for label, clip in chosen.items()} == {"a": "a2", "b": "b1"}


def test_the_table_has_a_row_a_class_also_where_no_clip_is_left():
    found = Corpus((clip("a1", "a", "X"), clip("a2", "a", "Y"), clip("b1", "b", "X")), ("a", "b"))
    levels = {"seconds": [60.0, 30.0, 6.0], "rate": [22050, 44100, 8000], "tempo": [100.0, 120.0, np.nan]}
    table = explore_html.by_class(found, left_out(("x", "a"), ("y", "gone")), statistics(found, **levels))
    assert list(table.index) == ["a", "b", "gone"]
    assert table[["clips", "left_out", "artists"]].to_numpy().tolist() == [[2, 1, 2], [1, 0, 1], [0, 1, 0]]
    assert table["minutes"].tolist() == pytest.approx([1.5, 0.1, 0])
    assert table["seconds"].tolist()[:2] == [45, 6]
    assert table["tempo"]["a"] == 110
    assert table["rates"].tolist() == ["22050, 44100", "8000", "-"]


def test_the_page_counts_an_artist_once_and_lists_fifty_of_those_left_out():
    found = Corpus((clip("a1", "a", "X"), clip("b1", "b", "X")), ("a", "b"))
    out = left_out(*((f"file{i}", "a") for i in range(53)))
    html = explore_html.page(found, out, statistics(found), "mine", {"balance": b"png"})
    assert "2 clips in 2 classes" in html
    assert "1 artists known" in html
    assert html.count("<td>silent</td>") == 50
    assert "And 3 more" in html
    nobody = Corpus((clip("a1", "a"),), ("a",))
    html = explore_html.page(nobody, left_out(), statistics(nobody), "mine", {})
    assert "no artist known" in html
    assert "Left out" not in html


@pytest.fixture
def built(tmp_path, monkeypatch):
    """The corpus as its stages leave it: a clip too long for the sheet, and short ones too short for a tempo."""
    monkeypatch.chdir(tmp_path)
    clips = corpus.folder("synthetic") / "clips"
    clips.mkdir(parents=True)
    rng, rows = np.random.default_rng(0), []
    for name, label, seconds in (("long", "drone", LONG), ("one", "<b> $x", 1.5), ("two", "<b> $x", 1.0)):
        soundfile.write(clips / f"{name}.wav", rng.normal(0, 0.1, int(seconds * 8000)), 8000)
        rows.append([name, f"clips/{name}.wav", label, "", seconds, name, corpus.OK, ""])
    pd.DataFrame(rows, columns=TABLE_COLUMNS).to_csv(corpus.folder("synthetic") / "clips.csv", index=False)
    measured = [clip_statistics.sound(clips / f"{name}.wav") for name in ("long", "one", "two")]
    corpus_statistics.path("synthetic").mkdir()
    table = pd.DataFrame([clip.levels for clip in measured], columns=Levels._fields)
    table.assign(clip=["long", "one", "two"]).to_csv(corpus_statistics.path("synthetic") / "sounds.csv", index=False)
    np.save(corpus_statistics.path("synthetic") / "spectra.npy", np.stack([clip.spectrum for clip in measured]))
    np.save(corpus_statistics.path("synthetic") / "descriptors.npy", np.stack([clip.descriptors for clip in measured]))
    return config.load(PARAMS, {"dataset": "synthetic", "features.mel.fit": "resize"})


def test_waveform_and_spectrogram_show_the_same_stretch_of_a_clip(built, monkeypatch):
    drawn = {}
    monkeypatch.setattr(plots, "sheet", lambda shown, **how: drawn.update(how, shown=shown))
    explore._sheet(built, corpus.read("synthetic"), corpus_statistics.read("synthetic"))
    short, long = drawn["shown"]
    assert len(long.samples) == 60 * 22050
    assert len(short.samples) in (22050, 33075)
    for one in (short, long):
        assert one.decibels.shape == (128, 1 + len(one.samples) // drawn["mel"].hop)  # neither padded nor stretched
    assert drawn["note"].endswith("; of longer clips, the middle 60 s")


def test_pictures_and_page_are_written_whole(built):
    target = explore.folder(built)
    target.mkdir(parents=True)
    (target / "old.png").touch()
    explore.draw(built, target)
    names = {"sheet", "balance", "durations", "loudness", "spectra", "tempo"}
    assert {path.name for path in target.iterdir()} == {f"{name}.png" for name in names}
    assert {path.name for path in target.parent.iterdir()} == {"explore-mel", "explore-mel.html"}
    page = explore.page_of(target).read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == len(names)
    assert "&lt;b&gt; $x" in page


def test_the_note_counts_the_clips_without_a_tempo(built):
    figures = explore._numbers(built, corpus.read("synthetic"), corpus_statistics.read("synthetic"))
    notes = {name: figure.texts[1].get_text() for name, figure in figures.items()}
    assert notes["tempo"].endswith("; 2 of 3 clips are too short for one")
    assert "of 3 clips" not in notes["loudness"]
