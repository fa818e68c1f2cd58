"""Plot the thesis's accuracies next to ours."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from genrelab.plots import canvas

COLUMNS = ("table", "experiment", "model", "thesis_accuracy", "accuracy", "low", "high", "inside")
ROW, HEADING, GAP = 0.26, 0.26, 0.14  # inches: a model, the name of its table, and the space before the next


def replication(table: pd.DataFrame, title: str) -> Figure:
    """Draw the accuracy of each experiment and model, ours with its 95% interval and the thesis's, in percent.

    `table` has one row per experiment and model, the rows of an experiment together, with the columns `table` (its
    number in the thesis), `experiment`, `model`, `thesis_accuracy`, `accuracy`, `low`, `high` (0...100; if ours are
    NaN, only the thesis's is drawn) and `inside`, whether the thesis's lies in our interval (or NA).
    Raises ValueError if there are no rows, a column is missing, a figure is outside 0...100, or low > high.
    """
    _check(table)
    new = (table.experiment != table.experiment.shift()).to_numpy()
    places = np.cumsum(np.where(new, HEADING + GAP, 0) + ROW) - GAP - ROW / 2  # inches from the top
    headings = places[new] - (HEADING + ROW) / 2
    height = places[-1] + ROW / 2
    done = table.accuracy.notna().to_numpy()
    note = f"the thesis's accuracy lies in {table.inside.eq(True).sum()} of our {done.sum()} intervals"

    figure = canvas.blank(title, note, width=8, height=0.85 + height)
    axes = figure.add_subplot()
    canvas.plain(axes, grid="x", frame=("bottom",))
    axes.hlines(
        places[done],
        table.low[done],
        table.high[done],
        color=canvas.SKY,
        linewidth=5,
        clip_on=False,
        label="95% interval",
    )
    axes.plot(table.accuracy, places, "o", color=canvas.BLUE, markersize=8, clip_on=False, label="ours")
    axes.plot(
        table.thesis_accuracy,
        places,
        "D",
        fillstyle="none",
        color=canvas.RED,
        markersize=8,
        markeredgewidth=1.6,
        clip_on=False,
        label="thesis",
    )
    _beside(axes, headings[0], "ours", "thesis", canvas.MUTED)
    for place, row in zip(places, table.itertuples(), strict=True):
        ours = "–" if np.isnan(row.accuracy) else f"{row.accuracy:.1f}%  ({row.low:.0f}–{row.high:.0f})"
        _beside(axes, place, ours, f"{row.thesis_accuracy:.0f}%", canvas.INK)
    named = [f"table {row.table}: {canvas.shown(row.experiment, 20)}" for row in table[new].itertuples()]
    axes.set_yticks(places, [canvas.shown(name, 20) for name in table.model], size=canvas.TEXT_SIZE, parse_math=False)
    axes.set_yticks(headings, named, minor=True, size=canvas.TEXT_SIZE, weight="bold", parse_math=False)
    axes.tick_params(axis="y", which="both", length=0, pad=9)  # clears a dot at 0%
    axes.set_xlim(0, 100)
    axes.set_ylim(height, 0)
    axes.set_xticks(range(0, 101, 20))
    axes.xaxis.set_major_formatter(PercentFormatter(decimals=0))
    axes.set_xlabel("accuracy", size=canvas.SMALL_SIZE, color=canvas.MUTED)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=canvas.TEXT_SIZE)
    return figure


def _beside(axes: Axes, place: float, ours: str, thesis: str, colour: str) -> None:
    """Write both figures to the right of the axis, where no interval reaches."""
    for text, points, side in ((ours, 10, "left"), (thesis, 138, "right")):
        axes.annotate(
            text,
            (1, place),
            xycoords=("axes fraction", "data"),
            xytext=(points, 0),
            textcoords="offset points",
            ha=side,
            va="center",
            size=canvas.SMALL_SIZE,
            color=colour,
        )


def _check(table: pd.DataFrame) -> None:
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise ValueError(f"table must have the column {missing[0]}, got {', '.join(table.columns) or 'none'}")
    if table.empty:
        raise ValueError("table must hold at least one row, got none")
    for row in table.itertuples():
        ours = (row.accuracy, row.low, row.high)
        good = 0 <= row.accuracy <= 100 and 0 <= row.low <= row.high <= 100
        if not 0 <= row.thesis_accuracy <= 100 or not (good or np.isnan(ours).all()):
            raise ValueError(
                f"'{row.experiment}' of '{row.model}' must have accuracies and an interval low <= high from 0 to 100, "
                f"got {row.accuracy}, {row.low}...{row.high} and the thesis's {row.thesis_accuracy}"
            )
