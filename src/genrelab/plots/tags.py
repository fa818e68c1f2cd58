"""Plot how well a model predicts each of several tags."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from genrelab.plots import canvas


def average_precision(rows: Sequence[tuple[str, float, float]], title: str) -> Figure:
    """Draw the average precision of tags as bars, highest on top, with a mark at chance level.

    `rows` holds (tag, average precision, share of clips that have the tag), both between 0 and 1, or NaN if undefined.
    Raises ValueError if there are no rows or a figure is outside 0...1.
    """
    if not rows:
        raise ValueError("rows must hold at least one tag, got none")
    figures = np.array([row[1:] for row in rows], dtype=float)
    if not ((figures >= 0) & (figures <= 1) | np.isnan(figures)).all():
        raise ValueError(f"figures must lie between 0 and 1, got {np.nanmin(figures)}...{np.nanmax(figures)}")
    order = sorted(range(len(rows)), key=lambda i: (-np.nan_to_num(figures[i, 0], nan=-1.0), rows[i][0]))
    names = [canvas.shown(rows[i][0]) for i in order]
    values, chance = figures[order].T
    known = figures[np.isfinite(figures[:, 0]), 0]
    mean = f"mean {known.mean():.1%}; " if len(known) else ""
    figure = canvas.blank(
        title, f"{mean}bar: average precision; mark: chance level", width=8, height=1.1 + 0.24 * len(rows)
    )
    axes = figure.add_subplot()
    canvas.plain(axes, grid="x", frame=("bottom",))
    places = np.arange(len(rows))
    axes.barh(places, 100 * np.nan_to_num(values), height=0.66, color=canvas.SKY)
    axes.plot(100 * chance, places, "|", color=canvas.INK, markersize=11, markeredgewidth=1.6, clip_on=False)
    for place, value in zip(places, values, strict=True):
        axes.annotate(
            "not defined" if np.isnan(value) else f"{value:.1%}",
            (1, place),
            xycoords=("axes fraction", "data"),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            size=canvas.SMALL_SIZE,
            color=canvas.INK,
        )
    axes.set_yticks(places, names, size=canvas.TEXT_SIZE, parse_math=False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(0, 100)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.xaxis.set_major_formatter(PercentFormatter(decimals=0))
    return figure
