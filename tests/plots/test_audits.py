"""Pictures of an audit."""

import numpy as np
import pandas as pd
import pytest
import rendering

from genrelab import plots

pytestmark = pytest.mark.filterwarnings("error")
KINDS = ["unreadable", "near_duplicate", "clipped"]


def texts(figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


@pytest.mark.parametrize("labels", [["rock"], [f"a rather long label {i}" for i in range(16)]])
def test_findings_are_counted_by_label(labels):
    rows = [(f"c{i}", label, "clipped") for i, label in enumerate(labels)] + [("c0", labels[0], "near_duplicate")] * 3
    figure = plots.findings(pd.DataFrame(rows, columns=["clip", "label", "finding"]), KINDS, "mine: findings")
    assert sorted(texts(figure)) == sorted(["1"] * len(labels) + ["3"])
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["near duplicate", "clipped"]
    assert rendering.pixels(figure).shape[1] >= 800


def test_no_findings_are_a_picture_too():
    empty = pd.DataFrame({"clip": [], "label": [], "finding": []})
    assert rendering.pixels(plots.findings(empty, KINDS, "mine: findings")).size


def test_pairs_share_a_time_axis_shifted_to_where_they_agree():
    y = np.random.default_rng(0).normal(0, 0.1, 5 * 11025).astype(np.float32)
    pairs = [plots.Pair("one", "other", y, y[11025:], 11025, 1.0), plots.Pair("a", "b", y, y, 11025, -2.0)]
    figure = plots.pairs(pairs, "mine: near duplicates")
    panels = figure.axes
    assert [axes.get_title(loc="left") for axes in panels] == ["one", "other", "a", "b"]
    assert panels[0].get_xlim() == panels[1].get_xlim() == (0.0, 5.0)
    assert panels[1].images[0].get_extent()[0] == 1.0
    assert panels[2].get_xlim()[0] == -2.0
    rendering.pixels(figure)
