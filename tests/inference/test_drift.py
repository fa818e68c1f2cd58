"""The page of drift, and what it refuses; the whole of it is run as the example of gl.drift."""

import numpy as np
import pandas as pd
import pytest
import rendering
from sounds import write

from genrelab import config, plots
from genrelab.classifiers.saved_model import SavedModel
from genrelab.errors import ModelError
from genrelab.inference import drift, drift_html
from genrelab.tracking import registry

EVIL = "<b>&\"'.wav"
VALID = np.linspace(0.5, 1.05, 20)
TABLE = pd.DataFrame(
    [
        ["far.wav", "ok", "", 2.5, "jazz", 0.9, 3.0],
        [EVIL, "ok", "", 1.5, "rock", 0.5, 3.0],
        ["near.wav", "ok", "", 0.25, "rock", 0.5, 3.0],
        ["x.wav", "silent", EVIL, np.nan, None, np.nan, np.nan],
    ],
    columns=drift.COLUMNS,
)


def test_the_page_begins_with_the_figure_and_has_the_farthest_first_with_players():
    html = drift_html.page("svm", TABLE, VALID, (0.9, 0.7, 1.0), b"PNG")
    assert (
        "2 of 3 sounds are farther from the training clips than 95% of 20 validation clips are. Distance tells the two "
        "apart with an AUC of 0.90 (95%: 0.70 to 1.00): these sounds differ from those that the model was trained on"
    ) in html
    assert html.index("far.wav") < html.index("near.wav") < html.index("<h2>Left out</h2>")
    assert html.count("<audio") == 3
    assert EVIL not in html
    many = pd.concat([TABLE[:1]] * (drift_html.ROWS + 4))
    assert "And 4 nearer ones, in the table." in drift_html.page("svm", many, VALID, (0.9, 0.7, 1.0), b"PNG")


@pytest.mark.parametrize(("interval", "said"), [((0.4, 0.7), "may be chance"), ((0.1, 0.4), "trained on them?")])
def test_the_sentence_says_what_the_interval_allows(interval, said):
    assert said in drift_html.sentence(np.ones(3), VALID, (0.5, *interval))


def test_the_terminal_names_the_farthest_and_what_was_left_out():
    text = drift_html.text("svm", TABLE, "said")
    assert text.splitlines()[4].split() == ["far.wav", "2.50", "jazz", "90"]
    assert "left out: x.wav (silent):" in text


@pytest.mark.parametrize("found", [np.array([0.9]), np.linspace(0, 400, 50)])
def test_the_picture_is_drawn_whatever_the_distances(found):
    figure = plots.drift(VALID, found, "svm of mine")
    assert rendering.pixels(figure).std() > 0
    assert ("all beyond, up to 400" in figure.axes[1].get_xlabel()) == (found.max() > 5)
    with pytest.raises(ValueError, match="must have at least one clip"):
        plots.drift(VALID, np.empty(0), "svm of mine")


def test_a_version_of_before_is_told_to_be_trained_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "load_model", lambda uri: SavedModel({}, None, None))
    with pytest.raises(ModelError, match=r"'models:/mine/1' was registered before .* train it again"):
        drift.drift(config.load(), "models:/mine/1", write(tmp_path / "a.wav"), output="", workers=1)
