from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import rendering
from matplotlib.text import Text

from genrelab import plots
from genrelab.plots import searches

ACTIVATIONS = ["relu", "elu", "tanh", "sigmoid"]
WORDS = ["rbf", "linear", "polynomial", "laplacian", "chi_squared", "histogram_intersection"]

# A glyph that is missing, or a layout that does not fit, is a warning of matplotlib.
pytestmark = pytest.mark.filterwarnings("error")


def table(objectives, **columns):
    """Trials 1, 2, ...: a number is the objective of a completed one, a word the status of another."""
    rows = [("COMPLETED", o) if isinstance(o, float) else (o, np.nan) for o in objectives]
    status, objective = zip(*rows, strict=True)
    trials = range(1, len(rows) + 1)
    return pd.DataFrame({"trial": trials, "status": status, "objective": objective, **columns})


def search(count, layers):
    """As many trials as `count` of a net with units and activation a layer, and a learning rate; some have failed."""
    random = np.random.default_rng(0)
    found = np.round(random.uniform(0.1, 0.8, count), 2)
    columns = {f"hp.{layer}.units": random.choice(np.arange(32, 129, 16), count) for layer in layers}
    columns |= {f"hp.{layer}.activation": random.choice(ACTIVATIONS, count) for layer in layers}
    columns["hp.learning_rate"] = 10 ** random.uniform(-4, -2, count)
    return table(["FAILED" if i % 9 == 5 else value for i, value in enumerate(found)], **columns)


def by_trial(trials, objective="valid_accuracy", direction="max"):
    return plots.objective_by_trial(trials, objective, direction, "cnn on gtzan, genre")


def by_hyperparameter(trials, objective="valid_accuracy", direction="max", log=("learning_rate",)):
    return plots.objective_by_hyperparameter(trials, objective, direction, "cnn on gtzan, genre", log)


def lines(axes):
    """What is drawn in `axes`, by its name in the legend, as a list of (x, y)."""
    return {line.get_label(): [tuple(point) for point in line.get_xydata()] for line in axes.lines}


def words(figure):
    return [text.get_text() for text in figure.findobj(Text)]


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def labels(axis):
    """The labels of the ticks in sight."""
    low, high = sorted(axis.get_view_interval())
    return [tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high and tick.label1.get_text()]


CNN, CRNN = ["conv1", "conv2", "dense"], ["conv1", "conv2", "conv3", "conv4", "gru1", "gru2", "out"]
PICTURES = {
    "trials 20": lambda: by_trial(search(20, CNN)),
    "trials 300": lambda: by_trial(search(300, ["svm"]), "valid_loss", "min"),
    "trials 1": lambda: by_trial(search(1, CNN)),
    "trials 0": lambda: by_trial(table(["FAILED"] * 3)),
    "trials of zeros": lambda: by_trial(table([0.0, 0.0])),
    "first is best": lambda: by_trial(table([0.9, *np.linspace(0.5, 0.1, 30)])),
    "last is best": lambda: by_trial(table([*np.linspace(0.5, 0.1, 30), 0.01, "FAILED"]), "valid_loss", "min"),
    "hyperparameters of a CNN": lambda: by_hyperparameter(search(20, CNN)),
    "hyperparameters of a CRNN": lambda: by_hyperparameter(search(40, CRNN)),
    "one trial": lambda: by_hyperparameter(search(1, CNN)),
    "none completed": lambda: by_hyperparameter(table(["FAILED"], **{"hp.C": [1.0]})),
    "many long words": lambda: by_hyperparameter(
        table([0.1, 0.2] * 3, **{f"hp.a_name_that_is_rather_long{i}": WORDS for i in range(4)})
    ),
    "small and large": lambda: by_hyperparameter(
        table([0.1, 0.2] * 3, **{f"hp.{p}": np.array([1.5, 2.4, 3.1, 5.7, 7.7, 9.9]) * 10.0**p for p in range(-6, 6)})
    ),
    "decades": lambda: by_hyperparameter(
        table([0.1, 0.2, 0.3], **{f"hp.{d}": 1.3e-4 * 10 ** (np.arange(3) * d) for d in (0, 0.1, 0.3, 0.7, 1, 2, 5)}),
        log=["0", "0.1", "0.3", "0.7", "1", "2", "5"],
    ),
}


@pytest.mark.parametrize("name", PICTURES)
def test_nothing_leaves_the_picture_or_covers_another(name):
    figure = PICTURES[name]()
    rendering.pixels(figure)
    width, height = figure.canvas.get_width_height()
    level = [label for axes in figure.axes for label in labels(axes.xaxis) if label.get_rotation() == 0]
    slanted = [label for axes in figure.axes for label in labels(axes.xaxis) if label not in level]
    others = [text for axes in figure.axes for text in (*labels(axes.yaxis), *axes.texts, axes.title, axes.xaxis.label)]
    others += [*figure.texts, *(text for found in figure.legends for text in found.get_texts())]
    boxes = {text: text.get_window_extent() for text in (*level, *slanted, *others) if text.get_visible()}
    for text, box in boxes.items():
        inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1
        assert inside or not text.get_text(), f"{text.get_text()!r} leaves the picture"
    for a, b in combinations([text for text in boxes if text not in slanted and text.get_text()], 2):
        assert not boxes[a].overlaps(boxes[b]), f"{a.get_text()!r} covers {b.get_text()!r}"


class TestByTrial:
    def test_points_crosses_and_steps(self):
        trials = table([0.3, "FAILED", 0.5, 0.4, "RUNNING", 0.6, "FAILED", 0.2])
        figure = by_trial(trials)
        (axes,) = figure.axes
        drawn = lines(axes)
        assert drawn["completed"] == [(1, 0.3), (3, 0.5), (4, 0.4), (6, 0.6), (8, 0.2)]
        assert drawn["best so far"] == [(1, 0.3), (3, 0.5), (4, 0.5), (6, 0.6), (8, 0.6)]
        assert drawn["best trial"] == [(6, 0.6)]
        assert [x for x, _ in drawn["failed (2)"]] == [2, 7]
        assert [text.get_text() for text in axes.texts] == ["trial 6: 60.0%"]
        assert legend(figure) == ["completed", "best so far", "best trial", "failed (2)"]
        assert "8 trials: 5 completed, 2 failed, 1 running; best: trial 6 (validation accuracy 60.0%)" in words(figure)
        assert "cnn on gtzan, genre" in words(figure)

    def test_the_lowest_is_best_where_the_direction_is_min(self):
        (axes,) = by_trial(table([1.5, 1.25, 1.75, 1.0, 2.0]), "valid_loss", "min").axes
        drawn = lines(axes)
        assert [y for _, y in drawn["best so far"]] == [1.5, 1.25, 1.25, 1.0, 1.0]
        assert drawn["best trial"] == [(4, 1.0)]
        assert [text.get_text() for text in axes.texts] == ["trial 4: 1"]

    def test_steps_rise_at_the_trial_that_is_better(self):
        (step,) = [line for line in by_trial(table([0.1, 0.2])).axes[0].lines if line.get_label() == "best so far"]
        assert step.get_drawstyle() == "steps-post"

    def test_trials_may_come_in_any_order_and_with_gaps(self):
        trials = table([0.5, 0.3, 0.4]).assign(trial=[12, 3, 7])
        drawn = lines(by_trial(trials).axes[0])
        assert drawn["best so far"] == [(3, 0.3), (7, 0.4), (12, 0.5)]
        assert drawn["best trial"] == [(12, 0.5)]

    def test_of_equals_the_first_is_best_unless_the_loss_tells(self):
        trials = table([0.5, 0.7, 0.7, 0.7])
        assert lines(by_trial(trials).axes[0])["best trial"] == [(2, 0.7)]
        trials = trials.assign(valid_loss=[0.1, 0.9, 0.8, 0.8])
        assert lines(by_trial(trials).axes[0])["best trial"] == [(3, 0.7)]

    @pytest.mark.parametrize(
        ("objective", "label", "in_percent"),
        [
            ("valid_accuracy", "validation accuracy", True),
            ("valid_f1", "validation F1", True),
            ("valid_recall", "validation recall", True),
            ("valid_precision", "validation precision", True),
            ("valid_loss", "validation loss", False),
            ("score", "score", False),
        ],
    )
    def test_axes_are_labelled(self, objective, label, in_percent):
        figure = by_trial(table([0.3, 0.5]), objective)
        rendering.pixels(figure)
        (axes,) = figure.axes
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("trial", label)
        ticks = [text.get_text() for text in labels(axes.yaxis)]
        assert len(ticks) > 2
        assert all(tick.endswith("%") == in_percent for tick in ticks)

    @pytest.mark.parametrize("count", [1, 2, 3, 20, 300])
    def test_ticks_are_whole_trials(self, count):
        figure = by_trial(table([0.5] * count))
        rendering.pixels(figure)
        ticks = [text.get_text() for text in labels(figure.axes[0].xaxis)]
        assert 1 <= len(ticks) <= 11
        assert all(1 <= int(tick) <= count for tick in ticks)

    @pytest.mark.parametrize("direction", ["max", "min"])
    def test_everything_is_in_sight_and_the_crosses_are_lowest(self, direction):
        figure = by_trial(table([0.2, "FAILED", 0.9, 0.4]), direction=direction)
        rendering.pixels(figure)
        (axes,) = figure.axes
        drawn = {line.get_label(): line for line in axes.lines}
        crosses = drawn["failed (1)"]
        height = crosses.get_transform().transform(crosses.get_xydata())[:, 1].max()
        assert height > axes.bbox.y0
        assert height + 5 < axes.transData.transform((1, 0.2))[1]
        assert height + 5 < axes.texts[0].get_window_extent().y0
        low, high = axes.get_ylim()
        assert low < 0.2 < 0.9 < high

    def test_shares_have_no_ticks_beyond_nought_and_one(self):
        figure = by_trial(table([0.0, 1.0, "FAILED"]))
        rendering.pixels(figure)
        assert {text.get_text() for text in labels(figure.axes[0].yaxis)} == {"0%", "20%", "40%", "60%", "80%", "100%"}

    def test_only_failures_are_crosses_and_a_note(self):
        figure = by_trial(table(["FAILED", "FAILED"]).assign(objective=None))
        (axes,) = figure.axes
        assert [*lines(axes)] == ["failed (2)"]
        assert "2 trials: none completed, 2 failed" in words(figure)
        assert len(axes.texts) == 0
        assert len(axes.get_yticks()) == 0

    def test_only_a_running_trial_is_drawn_without_a_legend(self):
        figure = by_trial(table(["RUNNING"]))
        rendering.pixels(figure)
        assert figure.legends == []
        assert "1 trial: none completed, 1 running" in words(figure)

    def test_an_objective_that_is_not_finite_is_not_drawn(self):
        drawn = lines(by_trial(table([0.5, float("inf"), float("nan")])).axes[0])
        assert drawn["completed"] == drawn["best trial"] == [(1, 0.5)]

    def test_of_many_trials_each_is_a_point(self):
        trials = search(300, ["svm"])
        drawn = lines(by_trial(trials).axes[0])
        assert len(drawn["completed"]) == (trials.status == "COMPLETED").sum()
        assert len(drawn[f"failed ({(trials.status == 'FAILED').sum()})"]) == 33


class TestByHyperparameter:
    TRIALS = table(
        [0.3, "FAILED", 0.7, 0.5, 0.5],
        **{
            "hp.conv1.units": [32, 128, 64, 48, 48],
            "hp.activation": ["relu", "tanh", "elu", "relu", "relu"],
            "hp.batched": [True, True, False, True, False],
            "hp.learning_rate": [1e-4, 1e-3, 1e-3, 2e-3, 1e-2],
        },
    )

    def test_a_panel_each_holds_the_completed_trials_over_the_values(self):
        figure = by_hyperparameter(self.TRIALS)
        panels = {axes.get_title(): axes for axes in figure.axes}
        assert [*panels] == ["conv1.units", "activation", "batched", "learning_rate"]
        assert lines(panels["conv1.units"])["completed"] == [(32, 0.3), (64, 0.7), (48, 0.5), (48, 0.5)]
        assert lines(panels["learning_rate"])["completed"] == [(1e-4, 0.3), (1e-3, 0.7), (2e-3, 0.5), (1e-2, 0.5)]
        assert {name: axes.get_xscale() for name, axes in panels.items()} == {
            "conv1.units": "linear",
            "activation": "linear",
            "batched": "linear",
            "learning_rate": "log",
        }
        assert len({axes.get_ylim() for axes in figure.axes}) == 1
        assert "validation accuracy" in words(figure)
        assert "5 trials: 4 completed, 1 failed; best: trial 3 (validation accuracy 70.0%)" in words(figure)
        assert legend(figure) == ["completed", "best trial", "mean"]

    def test_words_and_truth_values_are_categories_in_order(self):
        _, activation, batched, _ = by_hyperparameter(self.TRIALS).axes
        # The failed trial's word is not among them.
        assert [text.get_text() for text in activation.get_xticklabels()] == ["elu", "relu"]
        assert [text.get_text() for text in batched.get_xticklabels()] == ["False", "True"]
        assert [round(x) for x, _ in lines(activation)["completed"]] == [1, 0, 1, 1]
        assert [round(x) for x, _ in lines(batched)["completed"]] == [1, 0, 1, 0]

    def test_means_are_short_lines_at_the_categories(self):
        numbers, activation, batched, _ = by_hyperparameter(self.TRIALS).axes
        for axes, means in ((activation, [0.7, 1.3 / 3]), (batched, [0.6, 0.4])):
            (drawn,) = axes.collections
            assert np.allclose([segment[:, 1] for segment in drawn.get_segments()], np.repeat(means, 2).reshape(-1, 2))
            assert np.allclose([segment[:, 0].mean() for segment in drawn.get_segments()], [0, 1])
        assert len(numbers.collections) == 0

    def test_equal_points_of_a_category_stay_apart_and_in_their_place(self):
        trials = table([0.5] * 30, **{"hp.kernel": ["rbf", "linear"] * 15})
        (axes,) = by_hyperparameter(trials).axes
        places = np.array([x for x, _ in lines(axes)["completed"]])
        for middle in (0, 1):
            own = np.sort(places[np.abs(places - middle) <= 0.25])
            assert len(own) == 15
            assert np.diff(own).min() > 0.01
        again = [x for x, _ in lines(by_hyperparameter(trials).axes[0])["completed"]]
        assert again == list(places)

    @pytest.mark.parametrize(("direction", "place"), [("max", 1), ("min", 0)])
    def test_the_best_is_marked_in_each_panel(self, direction, place):
        for axes in by_hyperparameter(self.TRIALS, direction=direction).axes:
            drawn = lines(axes)
            assert drawn["best trial"] == [drawn["completed"][place]]

    def test_the_loss_tells_equals_apart(self):
        trials = table([0.7, 0.7], **{"hp.C": [1.0, 2.0]}).assign(valid_loss=[0.9, 0.8])
        assert lines(by_hyperparameter(trials).axes[0])["best trial"] == [(2, 0.7)]

    def test_trials_without_a_value_are_left_out_of_that_panel(self):
        trials = table(
            [0.3, 0.9, 0.5],
            **{
                "hp.units": [32, np.nan, 64],
                "hp.kernel": ["rbf", None, "rbf"],
                "hp.flag": pd.Series([True, None, False], dtype=object),
                "hp.none": [None] * 3,
                "hp.C": [1.0, 2.0, 3.0],
            },
        )
        figure = by_hyperparameter(trials)
        rendering.pixels(figure)
        units, kernel, flag, none, c = figure.axes
        assert lines(units)["completed"] == [(32, 0.3), (64, 0.5)]
        assert len(lines(kernel)["completed"]) == len(lines(flag)["completed"]) == 2
        assert [text.get_text() for text in kernel.get_xticklabels()] == ["rbf"]
        assert [text.get_text() for text in flag.get_xticklabels()] == ["False", "True"]
        assert lines(none) == {}
        assert all("best trial" not in lines(axes) for axes in (units, kernel, flag, none))
        assert lines(c)["best trial"] == [(2, 0.9)]

    @pytest.mark.parametrize(
        ("count", "rows", "columns"),
        [(1, 1, 1), (3, 1, 3), (4, 1, 4), (5, 2, 3), (7, 2, 4), (9, 3, 3), (15, 4, 4), (17, 5, 4)],
    )
    def test_at_most_four_panels_side_by_side(self, count, rows, columns):
        figure = by_hyperparameter(table([0.1, 0.2], **{f"hp.{i}": [1, 2] for i in range(count)}))
        rendering.pixels(figure)
        assert len(figure.axes) == count
        assert len({round(axes.bbox.x0) for axes in figure.axes}) == columns
        assert len({round(axes.bbox.y0) for axes in figure.axes}) == rows
        assert all(axes.bbox.width > 120 and axes.bbox.height > 90 for axes in figure.axes)

    @pytest.mark.parametrize(
        ("values", "ticks"),
        [
            ([1e-4, 1e-3, 1e-2], ["1e-4", "1e-3", "0.01"]),
            ([1.5e-4, 6e-3], ["3e-4", "1e-3", "3e-3"]),
            ([2e-3, 4e-3], ["2e-3", "5e-3"]),
            ([3e-3, 3e-3], ["2e-3", "5e-3"]),
            ([1e-6, 1e6], ["1e-6", "1e-3", "1", "1000", "1e6"]),
        ],
    )
    def test_ticks_of_a_logarithmic_axis_are_round(self, values, ticks):
        trials = table([0.5] * len(values), **{"hp.learning_rate": values})
        (axes,) = by_hyperparameter(trials).axes
        found = [text.get_text() for text in labels(axes.xaxis)]
        assert found == ticks
        low, high = axes.get_xlim()
        assert low < min(values) <= max(values) < high

    def test_whole_numbers_have_whole_ticks(self):
        figure = by_hyperparameter(table([0.5, 0.6], **{"hp.layers": [1.0, 2.0]}))
        rendering.pixels(figure)
        assert [text.get_text() for text in labels(figure.axes[0].xaxis)] == ["1", "2"]

    def test_only_long_words_are_slanted(self):
        def rotations(found):
            trials = table([0.5] * len(found), **{f"hp.{i}": found for i in range(4)})
            return {label.get_rotation() for axes in by_hyperparameter(trials).axes for label in axes.get_xticklabels()}

        assert rotations(ACTIVATIONS) == {0}
        assert rotations(WORDS) == {45}

    def test_without_completed_trials_the_panels_are_empty(self):
        figure = by_hyperparameter(table(["FAILED", "RUNNING"], **{"hp.C": [1, 2], "hp.kernel": ["rbf", "linear"]}))
        assert [axes.get_title() for axes in figure.axes] == ["C", "kernel"]
        assert not any(axes.lines or axes.collections for axes in figure.axes)
        assert figure.legends == []
        assert "2 trials: none completed, 1 failed, 1 running" in words(figure)

    def test_dollars_are_no_formula(self):
        trials = table([0.5], **{"hp.$\\frac$": ["$\\oops$"]})
        rendering.pixels(plots.objective_by_hyperparameter(trials, "valid_loss", "max", "$\\oops$", []))
        rendering.pixels(plots.objective_by_trial(trials, "valid_loss", "max", "$\\oops$"))


@pytest.mark.parametrize("draw", [by_trial, by_hyperparameter])
@pytest.mark.parametrize(
    ("trials", "direction", "message"),
    [
        (table([0.5], **{"hp.C": [1]}), "up", "max or min, got 'up'"),
        (pd.DataFrame(), "max", "got none"),
        (pd.DataFrame({"trial": [1], "hp.C": [1]}), "max", "column objective, got trial, hp.C"),
    ],
)
def test_bad_trials_are_named(draw, trials, direction, message):
    with pytest.raises(ValueError, match=message):
        draw(trials, direction=direction)


def test_bad_hyperparameters_are_named():
    with pytest.raises(ValueError, match=r"hp\.<name>, got trial, status, objective"):
        by_hyperparameter(table([0.5]))
    with pytest.raises(ValueError, match=r"'learning_rate'.*got -0\.1"):
        by_hyperparameter(table([0.5, 0.6], **{"hp.learning_rate": [-0.1, 0.1]}))


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, "0"), (3e-4, "3e-4"), (0.00025, "2.5e-4"), (0.01, "0.01"), (128, "128"), (75000, "75000"), (2e5, "2e5")],
)
def test_numbers_are_short(number, expected):
    assert searches._short(number) == expected
