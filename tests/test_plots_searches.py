"""Pictures of a search: what is drawn where, and what a degenerate search looks like."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from genrelab import plots


def table(objectives, status=None, **columns):
    n = len(objectives)
    objectives = np.array(objectives, dtype=float)
    return pd.DataFrame(
        {
            "trial": range(1, n + 1),
            "status": status or ["COMPLETED" if np.isfinite(value) else "FAILED" for value in objectives],
            "objective": objectives,
            **{name.replace("__", "."): values for name, values in columns.items()},
        }
    )


def lines(axes, label):
    return [line for line in axes.get_lines() if line.get_label() == label]


def points(axes, label):
    return [tuple(xy) for line in lines(axes, label) for xy in np.column_stack(line.get_data())]


def search(n=20, seed=0):
    rng = np.random.default_rng(seed)
    return table(
        rng.uniform(0.2, 0.7, n),
        hp__units=rng.integers(2, 9, n) * 16,
        hp__activation=rng.choice(["relu", "elu", "tanh", "sigmoid"], n),
        hp__rate=10 ** rng.uniform(-4, -2, n),
    )


@pytest.mark.parametrize(("direction", "best_so_far"), [("max", [0.4, 0.4, 0.6, 0.6]), ("min", [0.4, 0.3, 0.3, 0.3])])
def test_trials_are_points_and_the_best_so_far_a_line(direction, best_so_far):
    (axes,) = plots.objective_by_trial(table([0.4, 0.3, 0.6, 0.5]), "valid_accuracy", direction, "title").axes
    assert points(axes, "completed") == [(1, 0.4), (2, 0.3), (3, 0.6), (4, 0.5)]
    (line,) = lines(axes, "best so far")
    assert list(line.get_ydata()) == best_so_far
    best = best_so_far[-1]
    assert points(axes, "best trial") == [([0.4, 0.3, 0.6, 0.5].index(best) + 1, best)]
    assert axes.get_xlabel() == "trial"
    assert axes.get_ylabel() == "validation accuracy"
    assert axes.yaxis.get_major_formatter()(0.5).endswith("%")


def test_a_loss_is_no_share():
    (axes,) = plots.objective_by_trial(table([1.5, 0.5]), "valid_loss", "min", "title").axes
    assert axes.get_ylabel() == "validation loss"
    assert "%" not in axes.yaxis.get_major_formatter()(0.5)
    assert points(axes, "best trial") == [(2, 0.5)]


def test_of_equals_the_lower_loss_is_the_best():
    trials = table([0.5, 0.5, 0.4], valid_loss=[1.2, 1.1, 0.3])
    (axes,) = plots.objective_by_trial(trials, "valid_accuracy", "max", "title").axes
    assert points(axes, "best trial") == [(2, 0.5)]


def test_failed_trials_are_crosses_at_the_bottom():
    (axes,) = plots.objective_by_trial(table([0.4, np.nan, np.nan]), "valid_accuracy", "max", "title").axes
    assert [x for x, _ in points(axes, "failed (2)")] == [2, 3]
    assert len(points(axes, "completed")) == 1


def test_a_search_without_success_is_drawn_too():
    figure = plots.objective_by_trial(table([np.nan, np.nan]), "valid_accuracy", "max", "title")
    assert len(points(figure.axes[0], "failed (2)")) == 2
    assert not lines(figure.axes[0], "best so far")
    plots.image(figure)
    plots.image(
        plots.objective_by_hyperparameter(table([np.nan], hp__units=[32]), "valid_accuracy", "max", "title", set())
    )


def test_a_panel_a_hyperparameter():
    trials = search()
    figure = plots.objective_by_hyperparameter(trials, "valid_accuracy", "max", "title", {"rate"})
    panels = {axes.get_title(): axes for axes in figure.axes}
    assert set(panels) == {"units", "activation", "rate"}
    assert [axes.get_xscale() for axes in (panels["units"], panels["rate"])] == ["linear", "log"]
    best = trials.loc[trials.objective.idxmax()]
    for axes in panels.values():
        assert sorted(y for _, y in points(axes, "completed")) == sorted(trials.objective)
        assert [y for _, y in points(axes, "best trial")] == [best.objective]
    assert points(panels["units"], "best trial")[0][0] == best["hp.units"]
    words = sorted(set(trials["hp.activation"]))
    assert [label.get_text() for label in panels["activation"].get_xticklabels()] == words
    places = [round(x) for x, _ in points(panels["activation"], "completed")]
    assert [words[place] for place in places] == list(trials["hp.activation"])
    means = panels["activation"].collections[0].get_segments()
    assert [segment[0][1] for segment in means] == [
        pytest.approx(trials.objective[trials["hp.activation"] == word].mean()) for word in words
    ]


def test_equal_points_stay_in_sight():
    trials = table([0.5] * 6, hp__flag=[True, True, True, False, False, True])
    figure = plots.objective_by_hyperparameter(trials, "valid_accuracy", "max", "title", set())
    places = [x for x, _ in points(figure.axes[0], "completed")]
    assert len({round(x, 6) for x in places}) == 6
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["False", "True"]


def test_a_trial_without_a_value_is_left_out_of_that_panel_alone():
    trials = table([0.4, 0.5], hp__a=[1, None], hp__b=[1, 2])
    figure = plots.objective_by_hyperparameter(trials, "valid_accuracy", "max", "title", set())
    assert [len(points(axes, "completed")) for axes in figure.axes] == [1, 2]


@pytest.mark.parametrize("n", [1, 20, 300])
def test_no_text_leaves_the_picture(n):
    trials = search(n)
    for i in range(12):
        trials[f"hp.layer{i}.activation"] = trials["hp.activation"]
    for figure in (
        plots.objective_by_trial(trials, "valid_accuracy", "max", "crnn on synthetic, genre"),
        plots.objective_by_hyperparameter(trials, "valid_accuracy", "max", "crnn on synthetic, genre", {"rate"}),
    ):
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        frame = figure.bbox
        for axes in figure.axes:
            for text in (axes.title, axes.xaxis.label, axes.yaxis.label, *axes.get_xticklabels()):
                if text.get_text() and text.get_visible():
                    box = text.get_window_extent()
                    assert frame.x0 - 1 <= box.x0, text
                    assert box.x1 <= frame.x1 + 1, text


@pytest.mark.parametrize(
    ("trials", "direction", "said"),
    [
        (table([]), "max", "at least one trial"),
        (table([0.5]), "up", "max or min"),
        (table([0.5]).drop(columns="status"), "max", "column status"),
    ],
)
def test_a_wrong_table_is_an_error(trials, direction, said):
    with pytest.raises(ValueError, match=said):
        plots.objective_by_trial(trials, "valid_accuracy", direction, "title")
    with pytest.raises(ValueError, match=said):
        plots.objective_by_hyperparameter(trials, "valid_accuracy", direction, "title", set())
