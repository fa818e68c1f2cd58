import io
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from genrelab.data.audio import AudioError
from genrelab.errors import ConfigError, DataError
from genrelab.inference import predictions
from genrelab.inference.predictions import Prediction, Predictions

GOOD = Prediction(Path("a.mp3"), None, 9.0, [(0.0, 6.0), (6.0, 9.0)], np.array([[0.7, 0.2, 0.1], [0.2, 0.6, 0.2]]))
BAD = Prediction(Path("x.wav"), AudioError("silent", "peaks at -inf dB"))
FOUND = Predictions([GOOD, BAD], ["jazz", "rock", "pop"], 2)


def test_the_table_has_a_row_a_file_with_the_mean_of_its_windows():
    table = pd.read_csv(io.StringIO(FOUND.table().to_csv(index=False)), keep_default_na=False)
    assert list(table.columns) == [*predictions.COLUMNS, "jazz", "rock", "pop"]
    good, bad = table.to_dict("records")
    assert (good["label"], good["top"], good["windows"]) == ("jazz", "jazz 0.4500; rock 0.4000", "2")
    assert float(good["probability"]) == float(good["jazz"]) == pytest.approx(0.45)
    assert float(good["pop"]) == pytest.approx(0.15)
    assert bad == dict.fromkeys(table.columns, "") | {"path": "x.wav", "status": "silent", "reason": "peaks at -inf dB"}


def test_how_far_a_file_lies_from_what_the_model_was_trained_on_is_a_column_before_the_classes():
    far = GOOD._replace(drift=1.5)
    table = FOUND._replace(files=[far, far._replace(drift=0.5), BAD]).table()
    assert list(table.columns)[7:10] == ["windows", "drift", "jazz"]
    assert list(table["drift"].dropna()) == [1.5, 0.5]
    text = FOUND._replace(files=[far, far._replace(drift=0.5)]).terminal(timeline=False)
    assert "1 of 2 is farther" in text
    assert FOUND.table()["drift"].isna().all()
    assert "is not known" in FOUND.terminal(timeline=False)
    assert "drift >" not in FOUND._replace(files=[far._replace(drift=1.0)]).terminal(timeline=False)


def test_of_several_labels_those_at_or_above_their_thresholds_are_named():
    tagged = FOUND._replace(thresholds=np.array([0.44, 0.5, 0.1]))
    good, bad = tagged.table().to_dict("records")
    assert list(tagged.table().columns) == [*predictions.COLUMNS, "tags", "jazz", "rock", "pop"]
    assert (good["label"], good["tags"], bad["status"]) == ("jazz", "jazz; pop", "silent")
    line, other = (json.loads(text) for text in tagged.lines(timeline=False).splitlines())
    assert (line["tags"], other["tags"], line["label"]) == (["jazz", "pop"], None, "jazz")
    assert "jazz; pop" in tagged.terminal(timeline=False)
    assert "(none)" in tagged._replace(thresholds=np.ones(3)).terminal(timeline=False)


def test_the_timeline_has_a_row_a_window():
    rows = FOUND.timeline().to_dict("records")
    assert rows == [
        {"path": "a.mp3", "start": 0.0, "end": 6.0, "label": "jazz", "probability": 0.7},
        {"path": "a.mp3", "start": 6.0, "end": 9.0, "label": "rock", "probability": 0.6},
    ]


def test_json_lines_say_the_same():
    good, bad = (json.loads(line) for line in FOUND.lines(timeline=True).splitlines())
    assert good["probabilities"] == pytest.approx({"jazz": 0.45, "rock": 0.4, "pop": 0.15})
    assert [one["label"] for one in good["top"]] == ["jazz", "rock"]
    assert [window["label"] for window in good["timeline"]] == ["jazz", "rock"]
    assert set(bad) == set(good)
    assert (bad["status"], bad["label"], bad["timeline"]) == ("silent", None, None)
    assert "timeline" not in json.loads(FOUND.lines(timeline=False).splitlines()[0])


def test_the_terminal_shows_the_first_files_and_counts_the_rest():
    text = Predictions([GOOD] * 23 + [BAD], FOUND.classes, 2).terminal(timeline=True)
    assert text.count("a.mp3") == predictions.SHOWN
    assert "and 3 more files" in text
    assert "--output writes them" in text
    assert "left out: x.wav (silent): peaks at -inf dB" in text
    assert "23 of 24 files classified" in text
    assert "0:06.0" in FOUND.terminal(timeline=True)
    assert "0 of 1 files classified" in FOUND._replace(files=[BAD]).terminal(timeline=True)


def test_names_are_written_and_shown_whatever_they_hold(tmp_path):
    odd = GOOD._replace(path=Path(os.fsdecode("ü\n\x1b[2J".encode() + b"\xff.mp3")))
    text = FOUND._replace(files=[odd]).terminal(timeline=False)
    assert r"ü\n\x1b[2J\xff.mp3" in text
    predictions.write(FOUND._replace(files=[odd]), tmp_path / "a.csv", timeline=False)
    assert "ü" in pd.read_csv(tmp_path / "a.csv").path[0]


def test_it_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    written = predictions.write(FOUND, tmp_path / "a.csv", timeline=True)
    assert written == [tmp_path / "a.csv", tmp_path / "a.timeline.csv"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.timeline.csv"]
    before = (tmp_path / "a.csv").read_text()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(DataError, match="No space left"):
        predictions.write(FOUND, tmp_path / "a.csv", timeline=False)
    assert (tmp_path / "a.csv").read_text() == before


def test_where_it_cannot_be_written_is_said_before_any_work(tmp_path):
    assert predictions.target("") is None
    assert predictions.target(str(tmp_path / "a.jsonl")) == tmp_path / "a.jsonl"
    (tmp_path / "b.csv").mkdir()
    for output in ("a.xlsx", "a", str(tmp_path / "none" / "a.csv"), str(tmp_path / "b.csv")):
        with pytest.raises(ConfigError, match=f"output '{output}'"):
            predictions.target(output)
