"""A task of several labels a clip, from a user's table of tags to answers and a comparison."""

import pandas as pd
import pytest

import genrelab as gl

pytestmark = pytest.mark.end_to_end
TAGS = {"classical": "calm; acoustic", "disco": "lively", "metal": "lively; loud"}


def test_from_a_table_of_tags_to_answers_and_a_comparison(in_clone, capsys):
    clips = pd.read_csv("data/tiny/clips.csv")
    pd.DataFrame({"clip": clips["id"], "tags": clips["label"].map(TAGS)}).to_csv("mood.csv", index=False)
    task = {"task": "mood", "tasks.mood": {"kind": "multilabel", "source": "mood.csv", "min_clips": 4}}
    settings = gl.load_config(overrides={**task, "metrics.bootstrap": 100})
    trained = gl.train("svm", settings)
    uri = f"models:/tiny-mood/{trained.version}"
    scored = gl.evaluate(uri, settings)
    assert scored.metrics["test_map"] == pytest.approx(trained.metrics["test_map"])
    assert scored.metrics["test_tags"] == 4
    board = gl.compare(settings).table
    assert board["map"].tolist() == [trained.metrics["test_map"]]
    assert "Average precision of each tag" in capsys.readouterr().out
    assert (in_clone.root / "reports/tiny/compare-mood-random.html").exists()
    (said,) = gl.predict(uri, f"data/tiny/{clips['path'][0]}", settings).to_dict("records")
    assert said["status"] == "ok"
    assert {tag for tag in said["tags"].split("; ") if tag} <= {"acoustic", "calm", "lively", "loud"}
    assert 0 <= said["calm"] <= 1
