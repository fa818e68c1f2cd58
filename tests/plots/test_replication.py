from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import rendering
from matplotlib.text import Text

from genrelab import plots

# A glyph that is missing, or a layout that does not fit, is a warning of matplotlib.
pytestmark = pytest.mark.filterwarnings("error")


def table(*, done=10):
    """The thesis's ten rows; ours are the thesis's figures less 10 in an interval of 8 either way, the last missing."""
    names = [name for name in ("baseline", "styles", "units", "activations", "both") for _ in range(2)]
    thesis = np.array([41, 66, 83, 86, 59, 65, 48, 64, 70, 66])
    accuracy = np.where(np.arange(10) < done, thesis - 10.0, np.nan)
    return pd.DataFrame(
        {
            "table": np.arange(10) // 2 + 1,
            "experiment": names,
            "model": ["cnn", "crnn"] * 5,
            "thesis_accuracy": thesis,
            "accuracy": accuracy,
            "low": accuracy - 8,
            "high": accuracy + 8,
            "inside": pd.array([False] * done + [pd.NA] * (10 - done), "boolean"),
        }
    )


def changed(row, **values):
    found = table()
    for name, value in values.items():
        found.loc[row, name] = value
    return found


def drawn(figure):
    """The lines of `ours` and `thesis`, by label, and the intervals."""
    axes = figure.axes[0]
    return {line.get_label(): line.get_xydata() for line in axes.lines}, axes.collections[0].get_segments()


def words(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text() and text.get_visible()]


EXTREMES = changed([0, 1], accuracy=[0.0, 100.0], low=[0.0, 100.0], high=[0.0, 100.0], thesis_accuracy=[100, 0])


@pytest.mark.parametrize("rows", [table(), table(done=3), table(done=0), EXTREMES, table()[:1]])
def test_texts_stay_in_the_picture_and_apart(rows):
    figure = plots.replication(rows, "a title that goes on " * 8)
    pixels = rendering.pixels(figure)
    height, width, _ = pixels.shape
    axes = figure.axes[0]
    beside = [text.get_window_extent() for text in axes.texts]
    labels = [text.get_window_extent() for text in (*axes.get_yticklabels(), *axes.get_yticklabels(minor=True))]
    for box in (*beside, *labels, *(text.get_window_extent() for text in figure.texts)):
        assert box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1
    assert not any(a.overlaps(b) for a, b in combinations(beside, 2))
    assert not any(a.overlaps(b) for a, b in combinations(labels, 2))


def test_ours_its_interval_and_the_thesis_lie_on_one_row_in_percent():
    rows = table()
    figure = plots.replication(rows, "x")
    points, intervals = drawn(figure)
    assert np.allclose(points["ours"][:, 0], rows.accuracy)
    assert np.allclose(points["thesis"][:, 0], rows.thesis_accuracy)
    assert np.allclose(points["thesis"][:, 1], points["ours"][:, 1])
    assert np.allclose([s[:, 0] for s in intervals], rows[["low", "high"]])
    assert np.allclose([s[0, 1] for s in intervals], points["ours"][:, 1])
    assert figure.axes[0].get_xlim() == (0, 100)


def test_rows_go_down_in_groups_below_the_names_of_their_tables():
    figure = plots.replication(table(), "x")
    axes = figure.axes[0]
    places = axes.get_yticks()
    steps = np.diff(places)
    assert axes.yaxis_inverted()
    assert (steps > 0).all()
    assert steps[1::2].min() > 1.5 * steps[::2].max()
    named = [label.get_text() for label in axes.get_yticklabels(minor=True)]
    assert named == [
        *("table 1: baseline", "table 2: styles", "table 3: units", "table 4: activations", "table 5: both")
    ]
    assert (axes.get_yticks(minor=True) < places[::2]).all()
    assert (axes.get_yticks(minor=True)[1:] > places[1:-1:2]).all()


def test_legend_note_and_figures():
    rows = table(done=9)
    rows.loc[[0, 4], "inside"] = True
    figure = plots.replication(rows, "x")
    assert {text.get_text() for text in figure.legends[0].get_texts()} == {"ours", "95% interval", "thesis"}
    found = words(figure)
    assert "the thesis's accuracy lies in 2 of our 9 intervals" in found
    assert "31.0%  (23–39)" in found
    assert [text.get_text() for text in figure.axes[0].texts][-2:] == ["–", "66%"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (table()[:0], "got none"),
        (table().drop(columns="low"), "column low, got table, experiment"),
        (changed(2, accuracy=101.0), r"'styles' of 'cnn'.*got 101\.0"),
        (changed(2, thesis_accuracy=-1), "thesis's -1"),
        (changed(2, low=90.0, high=80.0), r"90\.0\.\.\.80\.0"),
        (changed(2, accuracy=np.nan), r"got nan, 65\.0"),
    ],
)
def test_bad_tables_are_named(rows, message):
    with pytest.raises(ValueError, match=message):
        plots.replication(rows, "x")


def test_dollars_are_no_formula():
    rendering.pixels(plots.replication(changed(0, experiment="$\\frac$", model="$\\frac$"), "$\\oops$"))
