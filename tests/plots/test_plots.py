import sys
from itertools import combinations
from typing import NamedTuple

import librosa
import numpy as np
import pytest
import rendering
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.text import Text

from genrelab import plots
from genrelab.plots import canvas, nets, scores, sounds

GENRES = ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"]
LONG = ["Österreichische Volksmusik 1950", "Übermäßig_lange_Gattungsnamen_x", "Costs $5 or $6, {really}"]

# A glyph that is missing, or a layout that does not fit, is a warning of matplotlib.
pytestmark = pytest.mark.filterwarnings("error")


MEL = plots.Mel(1024, 0.0, 11025.0)


def sheet():
    samples = np.sin(np.arange(44100) / 9).astype(np.float32)
    decibels = -80 * np.random.default_rng(0).random((128, 44))
    shown = [plots.Shown("rock", "one", samples, decibels), plots.Shown(LONG[1], "x" * 50, samples[:9000], decibels)]
    shown[1].decibels[0, 0] = -80
    return plots.sheet(shown, sample_rate=22050, mel=MEL, title="mine", note="typical clips")


def counts(n):
    return np.random.default_rng(0).integers(0, 4, (n, n)) * np.tri(n, dtype=int) + 15 * np.eye(n, dtype=int)


def history(epochs):
    x = np.arange(epochs)
    return {
        "train_loss": 2.3 * np.exp(-x / 8),
        "valid_loss": 1 + (x - 6) ** 2 / 100,
        "train_accuracy": 1 - 0.9 * np.exp(-x / 8),
        "valid_accuracy": 0.6 - 0.5 * np.exp(-x / 5),
    }


def net(blocks):
    block = [
        plots.LayerRow("conv", "Conv2D", (None, 128, 660, 64), 640),
        plots.LayerRow("batch_normalization_10", "BatchNormalization", (None, 128, 660, 64), 256),
        plots.LayerRow("pool", "MaxPooling2D", (None, 64, None, 64), 0),
        plots.LayerRow("drop", "Dropout", (None, 64, 330, 64), 0),
    ]
    return [*block * blocks, plots.LayerRow("gru", "GRU", (None, 32), 6336), plots.LayerRow("out", "Dense", (10,), 330)]


def texts(figure):
    """The texts in sight: an axis keeps the labels of ticks beyond its ends, and does not draw them."""
    beyond = set()
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        beyond |= {tick.label1 for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high}
        beyond |= {tick.label2 for tick in axis.get_major_ticks()}
    return [text for text in figure.findobj(Text) if text.get_text() and text.get_visible() and text not in beyond]


def words(figure):
    return [text.get_text() for text in texts(figure)]


def boxes(found):
    return [text.get_window_extent() for text in found if text.get_text()]


PICTURES = {
    "confusion 1": lambda: plots.confusion(np.array([[3]]), ["all"], "one class"),
    "confusion 2": lambda: plots.confusion(counts(2), ["Eclectic", "Pop"], "two styles"),
    "confusion 3": lambda: plots.confusion(1000 * counts(3), LONG, "a title that goes on " * 8),
    "confusion 10": lambda: plots.confusion(counts(10), GENRES, "cnn"),
    "confusion 30": lambda: plots.confusion(counts(30), [f"genre number {i}" for i in range(30)], "cnn"),
    "curves": lambda: plots.curves(history(25), "cnn"),
    "curves 1": lambda: plots.curves(history(1), "cnn"),
    "architecture 6": lambda: plots.architecture(net(1), "cnn"),
    "architecture 26": lambda: plots.architecture(net(6), "crnn"),
    "architecture 62": lambda: plots.architecture(net(15), "deep"),
    "sheet": lambda: sheet(),
    "by class of a corpus": lambda: plots.by_class(
        {name: np.random.default_rng(0).normal(0, 1, 40) for name in [*GENRES, *LONG]}, "x", axis="x (y)", note="z"
    ),
    "durations": lambda: plots.durations(np.linspace(1, 300, 99), "x"),
    "spectra 1": lambda: plots.spectra(np.zeros((1, 128)), ["all"], f_max=11025, title="x"),
    "spectra 12": lambda: plots.spectra(np.zeros((12, 128)), [*GENRES, *LONG][:12], f_max=11025, title="x"),
    "balance": lambda: plots.balance(dict.fromkeys([*GENRES, *LONG], 1234), {"jazz": 1, "gone": 12}, "clips"),
    "leaderboard": lambda: plots.leaderboard(
        [(LONG[0], 1, 0.9, 1), ("svm", 0.6, 0.5, 0.7), ("x" * 90, 0, 0, 0)], "all"
    ),
    "average precision 1": lambda: plots.average_precision([("calm", 0.5, 0.2)], "a title that goes on " * 8),
    "average precision 40": lambda: plots.average_precision(
        [(f"{name} {i}", i / 40 if i else np.nan, 1 - i / 40) for i in range(10) for name in ("x" * 90, *LONG)], "cnn"
    ),
    "by class 1": lambda: plots.accuracy_by_class(np.array([[0.5]]), ["cnn"], ["all"], "one class"),
    "by class 2": lambda: plots.accuracy_by_class(np.eye(2), ["cnn", "svm"], ["Eclectic (60)", "Pop (140)"], "styles"),
    "by class 10": lambda: plots.accuracy_by_class(
        np.random.default_rng(0).random((6, 10)), [*LONG, "cnn", "svm", "x" * 90], [f"{g} (20)" for g in GENRES], "x"
    ),
    "by class 30": lambda: plots.accuracy_by_class(
        np.zeros((40, 30)), [f"cnn {i}" for i in range(40)], [*LONG * 10], "a title that goes on " * 8
    ),
}


def open_in_pyplot():
    pyplot = sys.modules.get("matplotlib.pyplot")
    return pyplot and pyplot.get_fignums()


class Drawn(NamedTuple):
    figure: Figure
    pixels: np.ndarray
    leaves_pyplot_alone: bool


@pytest.fixture(scope="module", params=PICTURES)
def drawn(request):
    before = open_in_pyplot()
    figure = PICTURES[request.param]()
    pixels = rendering.pixels(figure)
    return Drawn(figure, pixels, open_in_pyplot() == before)


def test_picture_becomes_pixels_and_no_text_leaves_it(drawn):
    width, height = drawn.figure.canvas.get_width_height()
    assert drawn.pixels.shape == (height, width, 3)
    assert drawn.pixels.dtype == np.uint8
    assert len(np.unique(drawn.pixels @ np.array([1, 2**8, 2**16]))) > 10  # colours
    for text in texts(drawn.figure):
        box = text.get_window_extent()
        inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1
        assert inside, f"{text.get_text()!r} leaves the picture"


def test_labels_do_not_overlap(drawn):
    for axes in drawn.figure.axes:
        level = [label for label in axes.get_xticklabels() if label.get_rotation() == 0]
        for labels in (boxes(axes.get_yticklabels()), boxes(level), boxes(axes.texts)):
            low, high = (np.array([getattr(box, end) for box in labels]).reshape(-1, 2) for end in ("min", "max"))
            apart = (low[:, np.newaxis] > high).any(axis=2)  # whether each begins after another ends
            assert (apart | apart.T | np.eye(len(labels), dtype=bool)).all()


def test_pictures_leave_pyplot_alone(drawn):
    assert drawn.leaves_pyplot_alone


class TestConfusion:
    def test_cells_hold_count_and_share_of_the_row(self):
        figure = plots.confusion(np.array([[43, 17], [0, 140]]), ["Eclectic", "Pop"], "style")
        axes = figure.axes[0]
        cells = {(t.get_position()[0], round(t.get_position()[1])): [] for t in axes.texts}
        for text in axes.texts:
            cells[text.get_position()[0], round(text.get_position()[1])].append(text.get_text())
        assert cells == {(0, 0): ["43", "72%"], (1, 0): ["17", "28%"], (1, 1): ["140", "100%"]}  # (column, row)
        assert np.allclose(axes.images[0].get_array(), [[100 * 43 / 60, 100 * 17 / 60], [0, 100]])
        assert axes.images[0].get_clim() == (0, 100)
        assert [t.get_text() for t in axes.get_xticklabels()] == ["Eclectic", "Pop"]
        assert [t.get_text() for t in axes.get_yticklabels()] == ["Eclectic", "Pop"]
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "true")
        assert "183 of 200 clips correct (91.5%)" in words(figure)

    def test_first_class_is_on_top(self):
        low, high = plots.confusion(counts(3), ["a", "b", "c"], "x").axes[0].get_ylim()
        assert low > high

    def test_small_share_is_not_shown_as_nothing(self):
        assert "<1%" in words(plots.confusion(np.array([[999, 1], [0, 1]]), ["a", "b"], "x"))

    def test_shares_give_way_where_cells_are_small(self):
        many, few = ([t.get_text() for t in PICTURES[f"confusion {n}"]().axes[0].texts] for n in (30, 10))
        assert not any(word.endswith("%") for word in many)
        assert "15" in many
        assert any(word.endswith("%") for word in few)

    def test_class_without_clips_is_drawn(self):
        figure = plots.confusion(np.array([[0, 0], [1, 2]]), ["a", "b"], "x")
        assert np.isfinite(figure.axes[0].images[0].get_array()).all()
        assert "no clips" in words(plots.confusion(np.zeros((2, 2), int), ["a", "b"], "x"))

    def test_text_contrasts_with_every_colour(self):
        def luminance(rgb):
            linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb[:3]]
            return np.dot([0.2126, 0.7152, 0.0722], linear)

        for share in np.linspace(0, 1, 101):
            behind = scores.SHARES(share)
            dark, light = sorted([luminance(behind), luminance(to_rgb(scores._ink_on(behind)))])
            assert (light + 0.05) / (dark + 0.05) >= 3.8

    def test_colours_darken_evenly(self):
        grey = [np.dot([0.2126, 0.7152, 0.0722], np.array(scores.SHARES(s)[:3]) ** 2.2) for s in np.linspace(0, 1, 9)]
        steps = -np.diff(116 * np.cbrt(grey))  # in CIELAB's lightness
        assert (steps > 0).all()
        assert steps.max() < 1.7 * steps.min()

    @pytest.mark.parametrize(
        ("bad", "message"),
        [
            (np.zeros((2, 3), int), r"\(2, 3\)"),
            (np.zeros(2, int), r"\(2,\)"),
            (np.zeros((2, 2)), "float64"),
            (np.array([[1, -1], [0, 1]]), "-1"),
        ],
    )
    def test_bad_counts_are_named(self, bad, message):
        with pytest.raises(ValueError, match=message):
            plots.confusion(bad, ["a", "b"], "x")

    def test_no_class_is_an_error(self):
        with pytest.raises(ValueError, match="at least 1"):
            plots.confusion(np.zeros((0, 0), int), [], "x")


class TestCurves:
    def test_panels_hold_train_and_valid_and_mark_the_lowest_valid_loss(self):
        figure = plots.curves(history(25), "cnn")
        loss, accuracy = figure.axes
        assert (loss.get_title(), accuracy.get_title()) == ("loss", "accuracy")
        for axes in figure.axes:
            drawn = {line.get_label(): line for line in axes.lines}
            assert {"train", "valid", "best epoch"} <= set(drawn)
            assert list(drawn["valid"].get_xdata()) == list(range(1, 26))
            assert set(drawn["best epoch"].get_xdata()) == {7}
            assert all(float(tick).is_integer() for tick in axes.get_xticks())
        assert any("epoch 7 (loss 1.000" in word for word in words(figure))
        assert [text.get_text() for text in figure.legends[0].get_texts()] == ["train", "valid", "best epoch"]

    def test_legend_covers_no_panel(self):
        figure = plots.curves(history(25), "cnn")
        rendering.pixels(figure)
        assert not any(figure.legends[0].get_window_extent().overlaps(axes.bbox) for axes in figure.axes)

    @pytest.mark.parametrize(
        ("epochs", "ticks"), [(1, [1]), (2, [1, 2]), (25, [5, 10, 15, 20, 25]), (100, range(10, 101, 10))]
    )
    def test_ticks_are_whole_epochs(self, epochs, ticks):
        assert list(plots.curves(history(epochs), "x").axes[0].get_xticks()) == list(ticks)

    def test_only_train_marks_nothing(self):
        figure = plots.curves({"train_loss": [2, 1], "train_accuracy": [0.1, 0.2]}, "x")
        assert [line.get_label() for axes in figure.axes for line in axes.lines] == ["train", "train"]

    def test_without_valid_loss_the_highest_accuracy_is_best(self):
        figure = plots.curves({"valid_accuracy": [0.2, 0.5, 0.4]}, "x")
        assert len(figure.axes) == 1
        assert any("epoch 2 (accuracy 50.0%)" in word for word in words(figure))

    def test_loss_that_is_not_finite_leaves_a_gap(self):
        figure = plots.curves({"train_loss": [1, np.nan, np.inf], "valid_loss": [np.nan, 2, 3]}, "x")
        assert any("epoch 2" in word for word in words(figure))
        assert np.isfinite(figure.axes[0].get_ylim()).all()
        rendering.pixels(figure)
        rendering.pixels(plots.curves({"train_loss": [np.nan], "valid_loss": [np.nan]}, "x"))

    @pytest.mark.parametrize(
        ("bad", "message"),
        [
            ({}, "nothing"),
            ({"lr": [1]}, "lr"),
            ({"train_loss": []}, "'train_loss': 0"),
            ({"train_loss": [1], "valid_loss": [1, 2]}, "'valid_loss': 2"),
        ],
    )
    def test_bad_history_is_named(self, bad, message):
        with pytest.raises(ValueError, match=message):
            plots.curves(bad, "x")


class TestArchitecture:
    def test_layers_are_told_in_words(self):
        figure = plots.architecture(net(1), "cnn")
        found = words(figure)
        for word in ("Conv2D", "conv", "128 × 660 × 64", "640 parameters", "64 × any × 64", "0 parameters", "10"):
            assert word in found
        assert "6 layers, 7,562 parameters" in found
        legend = figure.axes[0].get_legend().get_texts()
        assert {text.get_text() for text in legend} == set(nets.COLOURS)

    @pytest.mark.parametrize(("blocks", "columns"), [(1, 1), (6, 2), (15, 3)])
    def test_long_net_goes_on_in_columns(self, blocks, columns):
        layers = net(blocks)
        axes = plots.architecture(layers, "x").axes[0]
        placed = [patch for patch in axes.patches if isinstance(patch, FancyBboxPatch)]
        arrows = [patch for patch in axes.patches if isinstance(patch, FancyArrowPatch)]
        assert len(placed) == len(layers)
        assert len(arrows) == len(layers) - 1
        assert len({patch.get_x() for patch in placed}) == columns
        assert not any(a.get_bbox().overlaps(b.get_bbox()) for a, b in combinations(placed, 2))

    @pytest.mark.parametrize(
        ("kind", "expected"),
        [
            ("SeparableConv1D", "convolution"),
            ("ConvLSTM2D", "recurrent"),
            ("Bidirectional", "recurrent"),
            ("LayerNormalization", "normalisation"),
            ("GlobalAveragePooling2D", "pooling"),
            ("Dense", "dense"),
            ("Permute", "other"),
        ],
    )
    def test_type_follows_from_the_class_name(self, kind, expected):
        assert nets.type_of(kind) == expected

    def test_bad_layers_are_named(self):
        with pytest.raises(ValueError, match="got none"):
            plots.architecture([], "x")
        with pytest.raises(ValueError, match=r"'odd'.*-1"):
            plots.architecture([plots.LayerRow("odd", "Dense", (1,), -1)], "x")


class TestSheet:
    def test_a_row_a_clip_with_seconds_hertz_and_one_scale_of_levels(self):
        figure = sheet()
        rendering.pixels(figure)
        *panels, bar = figure.axes
        assert len(panels) == 4
        assert panels[0].get_title(loc="left") == "rock: one"
        assert [axes.get_xlim() for axes in panels] == [(0, 2)] * 4  # the longest clip's, also where the last is short
        assert panels[2].get_xlabel() == panels[3].get_xlabel() == "time (s)"
        assert {axes.images[0].get_clim() for axes in (panels[1], panels[3])} == {(-80, 0)}
        assert bar.get_ylabel() == "level (dB; 0 is the clip's maximum)"
        ticks = dict(zip([t.get_text() for t in panels[1].get_yticklabels()], panels[1].get_yticks(), strict=True))
        assert list(ticks) == ["500", "2000", "8000"]
        # A sine of 2000 Hz sounds in the band at the tick.
        sine = np.sin(2 * np.pi * 2000 * np.arange(22050) / 22050)
        bands = librosa.feature.melspectrogram(y=sine, sr=22050, n_mels=128)
        assert abs(bands.mean(axis=1).argmax() - ticks["2000"]) <= 1

    def test_no_peak_is_lost(self):
        samples = np.zeros(600_000, dtype=np.float32)
        samples[123_456], samples[400_001] = 0.9, -0.8
        shown = plots.Shown("a", "b", samples, np.zeros((8, 20)))
        figure = plots.sheet([shown], sample_rate=22050, mel=MEL, title="x", note="")
        (area,) = figure.axes[0].collections
        points = area.get_paths()[0].vertices
        assert np.isclose(points[:, 1].max(), 0.9)
        assert np.isclose(points[:, 1].min(), -0.8)
        assert np.isclose(points[points[:, 1].argmax(), 0], 123_456 / 22050, atol=0.05)

    def test_no_clips_are_an_error(self):
        with pytest.raises(ValueError, match="got none"):
            plots.sheet([], sample_rate=22050, mel=MEL, title="x", note="")

    def test_ticks_too_close_give_way_to_the_higher(self):
        assert sounds._apart(np.array([0.0, 1, 2, 10]), 1.5) == [0, 2, 3]


class TestSurveys:
    def test_boxes_stand_at_the_quartiles_and_an_empty_class_has_a_row(self):
        values = {"rock": np.arange(101.0), "silence": np.array([])}
        axes = plots.by_class(values, "x", axis="loudness (LUFS)", note="").axes[0]
        assert [(bar.get_x(), bar.get_width()) for bar in axes.patches] == [(25, 50)]
        assert [list(line.get_xdata()) for line in axes.lines] == [[5, 95], [50, 50]]
        assert [label.get_text() for label in axes.get_yticklabels()] == ["rock", "silence"]
        assert axes.get_xlabel() == "loudness (LUFS)"
        assert not axes.collections  # more than can be told apart one by one
        assert plots.by_class({"rock": np.arange(5.0)}, "x", axis="y", note="").axes[0].collections

    def test_no_value_at_all_has_no_axis_to_be_misread(self):
        axes = plots.by_class({"a": np.array([]), "b": np.array([])}, "x", axis="y", note="").axes[0]
        assert not len(axes.get_xticks())
        assert [text.get_text() for text in axes.texts] == ["no clip has a value"]

    def test_every_length_is_counted(self):
        axes = plots.durations(np.array([30.0, 30.0, 12.5, 30.6]), "x").axes[0]
        assert sum(bar.get_height() for bar in axes.patches) == 4
        (bar,) = [bar for bar in plots.durations(np.full(9, 30.0), "x").axes[0].patches if bar.get_height()]
        assert bar.get_height() == 9

    def test_spectra_stand_beside_the_mean_of_all(self):
        levels = np.array([np.zeros(40), np.full(40, -20.0)])
        figure = plots.spectra(levels, ["a", "b"], f_max=11025, title="x")
        lines = [[float(line.get_ydata()[0]) for line in axes.lines] for axes in figure.axes]
        assert lines == [[-10, 0], [-10, -20]]
        assert [axes.get_title(loc="left") for axes in figure.axes] == ["a", "b"]

    def test_the_note_counts_the_classes_without_a_panel(self):
        figure = plots.spectra(np.zeros((23, 8)), [str(i) for i in range(23)], f_max=11025, title="x")
        assert len(figure.axes) == 20
        assert "3 more classes are not shown" in [text.get_text() for text in figure.texts][1]

    def test_nothing_to_draw_is_an_error(self):
        with pytest.raises(ValueError, match="got none"):
            plots.by_class({}, "x", axis="", note="")
        with pytest.raises(ValueError, match="got none"):
            plots.durations(np.array([]), "x")
        with pytest.raises(ValueError, match=r"\(2 classes, bands\), got \(3, 4\)"):
            plots.spectra(np.zeros((3, 4)), ["a", "b"], f_max=11025, title="x")


class TestBalance:
    def test_bars_stack_and_carry_their_numbers(self):
        figure = plots.balance({"blues": 100, "jazz": 99}, {"jazz": 1, "noise": 3}, "x")
        axes = figure.axes[0]
        ok, out = axes.containers
        assert [bar.get_width() for bar in ok] == [100, 99, 0]
        assert [(bar.get_x(), bar.get_width()) for bar in out] == [(100, 0), (99, 1), (0, 3)]
        assert [text.get_text() for text in axes.texts] == ["100", "99 + 1 left out", "0 + 3 left out"]
        assert [label.get_text() for label in axes.get_yticklabels()] == ["blues", "jazz", "noise"]
        assert "199 clips in 3 classes; 4 left out" in words(figure)
        assert axes.yaxis_inverted()

    def test_bad_numbers_are_named(self):
        with pytest.raises(ValueError, match=r"'jazz'.*-1"):
            plots.balance({"jazz": 1}, {"jazz": -1}, "x")
        with pytest.raises(ValueError, match="got none"):
            plots.balance({}, {}, "x")


class TestLeaderboard:
    def test_points_and_intervals_in_percent_in_the_order_given(self):
        axes = plots.leaderboard([("cnn", 0.7, 0.63, 0.76), ("crnn", 0.66, 0.59, 0.72)], "x").axes[0]
        assert np.allclose(axes.lines[0].get_xydata(), [[70, 0], [66, 1]])
        assert np.allclose([s[:, 0] for s in axes.collections[0].get_segments()], [[63, 76], [59, 72]])
        assert axes.get_xlim() == (0, 100)
        assert axes.yaxis_inverted()
        assert [label.get_text() for label in axes.get_yticklabels()] == ["cnn", "crnn"]
        assert [text.get_text() for text in axes.texts] == ["70.0%  (63.0–76.0)", "66.0%  (59.0–72.0)"]

    @pytest.mark.parametrize("bad", [(70, 63, 76), (0.7, 0.8, 0.6), (float("nan"), 0, 1)])
    def test_bad_figures_are_named(self, bad):
        with pytest.raises(ValueError, match=f"'cnn'.*{bad[0]}"):
            plots.leaderboard([("cnn", *bad)], "x")

    def test_no_rows_are_an_error(self):
        with pytest.raises(ValueError, match="got none"):
            plots.leaderboard([], "x")


class TestAccuracyByClass:
    def test_cells_hold_percents_the_first_model_on_top(self):
        axes = plots.accuracy_by_class(np.array([[1, 0.456], [0, 0.5]]), ["cnn", "svm"], ["a", "b"], "x").axes[0]
        cells = {text.get_position(): text.get_text() for text in axes.texts}
        assert cells == {(0, 0): "100", (1, 0): "46", (0, 1): "0", (1, 1): "50"}  # (column, row)
        assert [label.get_text() for label in axes.get_yticklabels()] == ["cnn", "svm"]
        assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b"]
        assert axes.yaxis_inverted()
        assert axes.images[0].get_clim() == (0, 100)

    @pytest.mark.parametrize(
        ("bad", "message"),
        [
            (np.zeros((2, 1)), r"\(1, 2\).*\(2, 1\)"),
            (np.zeros(2), r"\(2,\)"),
            (np.array([[0, 70]]), "0.0...70.0"),
            (np.array([[0, np.nan]]), "nan"),
        ],
    )
    def test_bad_shares_are_named(self, bad, message):
        with pytest.raises(ValueError, match=message):
            plots.accuracy_by_class(bad, ["cnn"], ["a", "b"], "x")

    def test_no_model_is_an_error(self):
        with pytest.raises(ValueError, match="at least one"):
            plots.accuracy_by_class(np.zeros((0, 1)), [], ["a"], "x")


def test_a_picture_becomes_a_file():
    assert plots.png(PICTURES["by class 2"]()).startswith(b"\x89PNG")


class TestNames:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("Bebop", "Bebop"),
            ("U\u0308ber", "Über"),  # as macOS writes file names
            ("a\tb\n", "a b "),
            ("音楽 \udcff", "?? ?"),
            ("x" * 20 + "y" * 20, "x" * 16 + "…" + "y" * 15),
        ],
    )
    def test_name_can_always_be_drawn(self, name, expected):
        assert canvas.shown(name) == expected

    def test_lines_break_at_blanks_hyphens_and_underscores(self):
        assert canvas.lines("one two_three-four", 8 * canvas.EM * 10, 10) == ["one two_", "three-", "four"]
        assert canvas.lines("abcdefghij", 4 * canvas.EM * 10, 10) == ["abcd", "efgh", "ij"]
        assert canvas.lines("", 100, 10) == [""]

    def test_dollars_are_no_formula(self):
        rendering.pixels(plots.balance({"$\\frac$": 1}, {}, "$\\oops$"))
        rendering.pixels(plots.confusion(np.array([[1]]), ["$\\frac$"], "$\\oops$"))
        rendering.pixels(plots.accuracy_by_class(np.eye(1), ["$\\frac$"], ["$\\frac$"], "$\\oops$"))
        rendering.pixels(plots.leaderboard([("$\\frac$", 0.5, 0.4, 0.6)], "$\\oops$"))
        rendering.pixels(plots.architecture([plots.LayerRow("$\\frac$", "$\\frac$", (1,), 0)], "$\\oops$"))
