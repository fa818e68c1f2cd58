"""Plot how figures change when clips are altered."""

from itertools import groupby

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from genrelab.plots import canvas

FIGURES = (("accuracy", canvas.BLUE, "o", -0.17), ("f1", canvas.ORANGE, "D", 0.17))  # colour, marker, place in the row
NAMES = {"accuracy": "accuracy", "f1": "macro F1"}


def robustness(table: pd.DataFrame, title: str) -> Figure:
    """Draw how much accuracy and F1 change under each alteration, with 95% intervals, grouped by kind of alteration.

    `table` has one row per alteration: kind, alteration, and for each figure f (accuracy, f1) f_change, f_change_low
    and f_change_high, all in -1...1. Raises ValueError if there are no rows, or if low lies above high.
    """
    if table.empty:
        raise ValueError("table must hold at least one alteration, got none")
    for figure in NAMES:
        if (table[f"{figure}_change_low"] > table[f"{figure}_change_high"]).any():
            raise ValueError(f"{figure}_change_low must not be above {figure}_change_high")
    rows = list(table.itertuples())
    note = "change against the same clips unaltered; lines: paired 95% intervals"
    drawn = canvas.blank(title, note, width=8, height=1.1 + 0.29 * len(rows))
    axes = drawn.add_subplot()
    canvas.plain(axes, grid="x", frame=("bottom",))
    places = np.arange(len(rows))
    for figure, colour, mark, shift in FIGURES:
        change, low, high = (100 * table[f"{figure}_change{end}"].to_numpy() for end in ("", "_low", "_high"))
        axes.hlines(places + shift, low, high, color=colour, linewidth=2, alpha=0.6)
        axes.plot(change, places + shift, mark, color=colour, markersize=5, label=NAMES[figure])
    axes.axvline(0, color=canvas.INK, linewidth=1)
    axes.set_yticks(places, [canvas.shown(row.alteration) for row in rows], size=canvas.SMALL_SIZE, parse_math=False)
    axes.tick_params(axis="y", length=0)
    first = 0
    for kind, members in groupby(rows, key=lambda row: row.kind):
        if first:
            axes.axhline(first - 0.5, color=canvas.MUTED, linewidth=0.6)
        axes.annotate(
            canvas.shown(kind, 20),
            (1, first - 0.1),
            xycoords=("axes fraction", "data"),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            size=canvas.SMALL_SIZE,
            color=canvas.MUTED,
            parse_math=False,
        )
        first += len(list(members))
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel("change, percentage points", size=canvas.SMALL_SIZE, color=canvas.MUTED)
    drawn.legend(
        *axes.get_legend_handles_labels(), loc="outside lower left", ncols=2, frameon=False, fontsize=canvas.SMALL_SIZE
    )
    return drawn
