"""Plot a hyperparameter search: trial by trial, and along each hyperparameter.

A table of trials has one row per trial: its number `trial` (from 1, gaps allowed), its `status` (COMPLETED, FAILED or
RUNNING), the figure to optimise, `objective` (NaN unless completed), and a column `hp.<name>` for each hyperparameter.
Ties go to the trial with the lowest `valid_loss`, if there is such a column, then to the first. `direction` says which
objective is better: the "max" or the "min".
"""

import math
from collections.abc import Collection, Sequence
from itertools import pairwise
from numbers import Real

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator, PercentFormatter

from genrelab.plots import canvas

SHARES = ("accuracy", "precision", "recall", "f1")  # objectives shown in percent
PANELS = 4  # side by side
PAD = 4  # points around a panel
MANY = 60  # trials; above this, points are smaller
LEGEND = 0.35  # inches
WORD_SIZE = 8  # four activations fit into a quarter of the width
SPREAD = 0.5  # of the way from one word to the next
GOLDEN = (math.sqrt(5) - 1) / 2  # its multiples, taken modulo 1, never come close to each other


def objective_by_trial(trials: pd.DataFrame, objective: str, direction: str, title: str) -> Figure:
    """Draw the objective of completed trials by number, the running best as steps, and mark the best.

    Failed trials are crosses at the bottom edge. An `objective` that ends in accuracy, precision, recall or f1 is a
    share (0...1), shown in percent.
    Raises ValueError if the table has no trials or lacks their columns, and for another direction.
    """
    completed, best = _ranked(trials, direction)
    failed = trials[trials.status == "FAILED"]
    last = int(trials.trial.max())
    pad = max(0.5, 0.01 * last)

    figure = canvas.blank(title, _note(trials, completed, best, objective), width=8, height=3.7)
    axes = figure.add_subplot()
    canvas.plain(axes, grid="y")
    _scale(
        axes,
        completed.objective,
        objective,
        ticks=7,
        below=0.08 + 0.12 * (direction == "min") + 0.12 * (len(failed) > 0),
        above=0.08 + 0.12 * (direction == "max"),
    )
    if best is not None:
        so_far = completed.objective.cummax() if direction == "max" else completed.objective.cummin()
        _points(axes, completed.trial, completed.objective)
        axes.step(completed.trial, so_far, where="post", color=canvas.ORANGE, linewidth=1.8, label="best so far")
        _mark(axes, best.trial, best.objective)
        place = (best.trial - 0.5) / last
        axes.annotate(
            f"trial {best.trial}: {_figure(best.objective, objective)}",
            (best.trial, best.objective),
            xytext=(0, 8 if direction == "max" else -8),  # on the side without trials
            textcoords="offset points",
            ha="left" if place < 0.15 else "right" if place > 0.85 else "center",
            va="bottom" if direction == "max" else "top",
            size=canvas.TEXT_SIZE,
            color=canvas.INK,
        )
    if len(failed):
        axes.plot(
            failed.trial,
            np.full(len(failed), 0.04),
            "x",
            color=canvas.MUTED,
            markersize=6,
            label=f"failed ({len(failed)})",
            transform=axes.get_xaxis_transform(),
        )
    numbers = MaxNLocator(10, integer=True, min_n_ticks=1).tick_values(1, last)
    axes.set_xticks([number for number in numbers if 1 <= number <= last])
    axes.set_xlim(1 - pad, last + pad)
    axes.set_xlabel("trial", size=canvas.TEXT_SIZE, color=canvas.MUTED)
    axes.set_ylabel(_readable(objective), size=canvas.TEXT_SIZE, color=canvas.MUTED)
    _legend(figure)
    return figure


def objective_by_hyperparameter(
    trials: pd.DataFrame, objective: str, direction: str, title: str, log: Collection[str]
) -> Figure:
    """Draw the objective of completed trials over each hyperparameter's values, one panel each, with the best marked.

    Numbers use a linear axis, or a logarithmic one if `log` holds the hyperparameter's name; words and booleans are
    categories side by side, each with its mean and with points spread a little so that equal ones stay visible.
    A trial without a value is left out of that panel. Shares are shown in percent, as in `objective_by_trial`.
    Raises ValueError if the table has no trials, lacks their columns or has no hyperparameters, for another direction,
    and for a number of 0 or less on a logarithmic axis.
    """
    completed, best = _ranked(trials, direction)
    names = [column.removeprefix("hp.") for column in trials.columns if column.startswith("hp.")]
    if not names:
        raise ValueError(f"trials must have a column hp.<name>, got {', '.join(trials.columns)}")
    rows = math.ceil(len(names) / PANELS)
    columns = math.ceil(len(names) / rows)

    height = 0.6 + 1.65 * rows
    figure = canvas.blank(title, _note(trials, completed, best, objective), width=8, height=height)
    engine = figure.get_layout_engine()
    assert engine is not None
    engine.set(w_pad=PAD / canvas.POINTS, h_pad=PAD / canvas.POINTS)  # type: ignore[call-arg]
    width = (8 * canvas.POINTS - 50) / columns - 2 * PAD  # points; the label and ticks of the objective take about 50
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False).flat
    for axes in grid[len(names) :]:
        axes.remove()
    for axes, name in zip(grid, names, strict=False):
        canvas.plain(axes, grid="y")
        title_text = canvas.shown(name, int(0.85 * width / (canvas.EM * canvas.TEXT_SIZE)))
        axes.set_title(title_text, size=canvas.TEXT_SIZE, color=canvas.INK, parse_math=False)
        _panel(axes, completed, best, name, log=name in log, width=width)
    _scale(grid[0], completed.objective, objective, ticks=5, below=0.08, above=0.08)
    middle = (height + LEGEND) / figure.get_figheight() / 2
    figure.supylabel(_readable(objective), y=middle, size=canvas.TEXT_SIZE, color=canvas.MUTED)
    _legend(figure)
    return figure


def _ranked(trials: pd.DataFrame, direction: str) -> tuple[pd.DataFrame, pd.Series | None]:
    """Return the completed trials ordered by number, and the best of them."""
    if direction not in ("max", "min"):
        raise ValueError(f"direction must be max or min, got '{direction}'")
    if trials.empty:
        raise ValueError("trials must hold at least one trial, got none")
    missing = {"trial", "status", "objective"} - {*trials.columns}
    if missing:
        raise ValueError(f"trials must have the column {min(missing)}, got {', '.join(trials.columns)}")
    figures = pd.to_numeric(trials.objective)
    completed = trials.assign(objective=figures)[(trials.status == "COMPLETED") & np.isfinite(figures)]
    completed = completed.sort_values("trial", ignore_index=True)
    if completed.empty:
        return completed, None
    losses = ["valid_loss"] if "valid_loss" in completed else []
    order = completed.assign(order=completed.objective * (-1 if direction == "max" else 1))
    return completed, completed.loc[order.sort_values(["order", *losses, "trial"]).index[0]]


def _panel(axes: Axes, completed: pd.DataFrame, best: pd.Series | None, name: str, *, log: bool, width: float) -> None:
    """Draw one hyperparameter; `width` is the panel's width in points."""
    present = completed[completed[f"hp.{name}"].notna()]
    values = present[f"hp.{name}"]
    if values.empty:
        axes.set_xticks([])
        return
    words: list[str] = []
    if all(isinstance(value, Real) and not isinstance(value, bool) for value in values):
        places = values.astype(float)
        _numbers(axes, name, places, log=log)
    else:
        values = values.map(str)
        words = sorted(set(values))
        order = present.groupby(values.to_numpy()).cumcount()  # position among equal words
        places = values.map(words.index) + SPREAD * ((order * GOLDEN + 0.5) % 1 - 0.5)
        _words(axes, words, width)
    _points(axes, places, present.objective)
    if best is not None and best.name in places.index:
        _mark(axes, places[best.name], best.objective)
    if words:
        means = present.objective.groupby(values.to_numpy()).mean()[words]
        middles = np.arange(len(words))
        axes.hlines(means, middles - 0.36, middles + 0.36, color=canvas.INK, linewidth=1.6, label="mean")


def _numbers(axes: Axes, name: str, values: pd.Series, *, log: bool) -> None:
    """Give the x axis a scale and ticks for these values."""
    if not log:
        axes.margins(x=0.1)
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=bool((values % 1 == 0).all())))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
        return
    if values.min() <= 0:
        raise ValueError(f"hyperparameter '{name}' must be above 0 on a logarithmic axis, got {values.min()}")
    low, high = np.log10(values.min()), np.log10(values.max())
    pad = max(0.08 * (high - low), 0.3 - (high - low) / 2)
    low, high = low - pad, high + pad
    # As many ticks as fit; even the narrowest axis, 0.6 decades, holds at least one.
    steps = (1, 2, 5) if high - low < 1.1 else (1, 3) if high - low < 2.2 else (1,)
    stride = math.ceil((high - low) / 5)
    powers = range(math.floor(low / stride) * stride, math.ceil(high) + 1, stride)
    ticks = [step * 10.0**power for power in powers for step in steps if low <= math.log10(step) + power <= high]
    axes.set_xscale("log")
    axes.set_xlim(10**low, 10**high)
    axes.set_xticks(ticks, [_short(tick) for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())


def _words(axes: Axes, words: Sequence[str], width: float) -> None:
    """Give the x axis one tick per word, slanted if horizontal ones do not fit into `width` points."""
    labels = [canvas.shown(word, 12) for word in words]
    axes.set_xlim(-0.5, len(words) - 0.5)
    axes.set_xticks(range(len(words)), labels, parse_math=False)
    axes.tick_params(axis="x", length=0, labelsize=WORD_SIZE)
    slot = width / len(words)
    if any(canvas.breadth([left + right], WORD_SIZE) / 2 > slot for left, right in pairwise(labels)):
        for label in axes.get_xticklabels():
            label.set(rotation=45, ha="right", rotation_mode="anchor")


def _points(axes: Axes, x: pd.Series, y: pd.Series) -> None:
    size = 4.5 if len(x) <= MANY else 3
    axes.plot(
        x, y, "o", color=canvas.BLUE, alpha=0.65, markersize=size, markeredgewidth=0, label="completed", zorder=2.5
    )


def _mark(axes: Axes, x: float, y: float) -> None:
    axes.plot(x, y, "o", color=canvas.RED, markeredgecolor=canvas.INK, markersize=8, label="best trial", zorder=3)


def _scale(axes: Axes, values: pd.Series, objective: str, *, ticks: int, below: float, above: float) -> None:
    """Fit the y axis to `values`, with these shares of their span free below and above, and with round ticks."""
    if values.empty:
        axes.set_yticks([])
        return
    low, high = float(values.min()), float(values.max())
    half = max((high - low) / 2, 0.02 * abs(high), 0.001)
    middle = (low + high) / 2
    bottom, top = middle - (1 + 2 * below) * half, middle + (1 + 2 * above) * half
    # No ticks at impossible values.
    lowest = max(bottom, 0) if low >= 0 else bottom
    highest = min(top, 1 + 1e-9) if _is_share(objective) else top  # the ticks are rounded
    places = MaxNLocator(ticks, steps=[1, 2, 5, 10]).tick_values(bottom, top)
    axes.set_yticks([place for place in places if lowest <= place <= highest])
    axes.set_ylim(bottom, top)
    if _is_share(objective):
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0 if places[1] - places[0] > 0.009 else 1))


def _legend(figure: Figure) -> None:
    handles = {h.get_label(): h for axes in figure.axes for h in axes.get_legend_handles_labels()[0]}
    if handles:
        figure.legend(
            handles=list(handles.values()),
            loc="outside lower center",
            ncols=len(handles),
            frameon=False,
            fontsize=canvas.TEXT_SIZE,
        )


def _note(trials: pd.DataFrame, completed: pd.DataFrame, best: pd.Series | None, objective: str) -> str:
    counts = {name.lower(): int((trials.status == name).sum()) for name in ("FAILED", "RUNNING")}
    parts = [f"{len(completed) or 'none'} completed", *(f"{count} {name}" for name, count in counts.items() if count)]
    text = f"{len(trials)} trial{'s' if len(trials) > 1 else ''}: {', '.join(parts)}"
    if best is None:
        return text
    return f"{text}; best: trial {best.trial} ({_readable(objective)} {_figure(best.objective, objective)})"


def _is_share(objective: str) -> bool:
    return objective.endswith(SHARES)


def _figure(value: float, objective: str) -> str:
    return f"{value:.1%}" if _is_share(objective) else f"{value:.4g}"


def _readable(objective: str) -> str:
    """Return "validation accuracy" for "valid_accuracy"."""
    return " ".join({"valid": "validation", "f1": "F1"}.get(word, word) for word in objective.split("_"))


def _short(value: float) -> str:
    """Return a number in few characters: 3e-4, 0.25, 128, 2e5."""
    if value and not 0.01 <= abs(value) < 100_000:
        mantissa, exponent = f"{value:.3e}".split("e")
        return f"{float(mantissa):g}e{int(exponent)}"
    return f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"
