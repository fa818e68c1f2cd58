"""Plot the progress of a training, epoch by epoch."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from genrelab.plots import canvas

PANELS = ("loss", "accuracy", "pr_auc")
PARTS = {"train": (canvas.BLUE, "--"), "valid": (canvas.RED, "-")}  # distinguishable in grey print too


def curves(history: Mapping[str, Sequence[float]], title: str) -> Figure:
    """Draw loss and accuracy (0...1, shown in percent) over the epochs, side by side, for the train and valid parts.

    `history` holds one number per epoch under train_loss, valid_loss, train_accuracy and valid_accuracy, or, for tags,
    train_pr_auc and valid_pr_auc; any of them may be missing, and other keys are ignored. The best epoch, marked in
    each panel, has the lowest valid loss (without one: the highest valid accuracy). A non-finite number leaves a gap.
    Raises ValueError if there is nothing to draw or the lengths differ.
    """
    drawn = {
        key: np.asarray(history[key], dtype=float)
        for key in (f"{part}_{panel}" for panel in PANELS for part in PARTS)
        if key in history
    }
    if not drawn:
        raise ValueError(f"history must have train_loss or similar keys, got {', '.join(history) or 'nothing'}")
    lengths = {key: len(values) for key, values in drawn.items()}
    if len(set(lengths.values())) > 1 or 0 in lengths.values():
        raise ValueError(f"history must have one number per epoch under each key, got {lengths}")
    epochs = np.arange(1, next(iter(lengths.values())) + 1)
    best = _best(drawn)

    figure = canvas.blank(title, _note(drawn, best), width=8, height=3.7)
    panels = [panel for panel in PANELS if any(key.endswith(panel) for key in drawn)]
    for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        canvas.plain(axes, grid="y")
        for part, (colour, style) in PARTS.items():
            values = drawn.get(f"{part}_{panel}")
            if values is None:
                continue
            marker = "o" if len(epochs) <= 40 else None
            axes.plot(epochs, values, style, color=colour, marker=marker, markersize=3.5, linewidth=1.8, label=part)
            if part == "valid" and best is not None:
                axes.plot(best + 1, values[best], "o", markersize=11, fillstyle="none", color=canvas.INK)
        if best is not None:
            axes.axvline(best + 1, color=canvas.INK, linewidth=1, linestyle=":", label="best epoch", zorder=0)
        axes.set_title(panel, size=canvas.TEXT_SIZE + 1, color=canvas.INK)
        axes.set_xlabel("epoch", size=canvas.TEXT_SIZE, color=canvas.MUTED)
        axes.set_xlim(0.5, len(epochs) + 0.5)
        axes.set_xticks(_ticks(len(epochs)))
        if panel == "loss":
            axes.set_ylim(0, axes.dataLim.y1 * 1.08 if axes.dataLim.y1 > 0 else 1)
        else:
            # The whole range, so that runs are comparable side by side.
            axes.set_ylim(0, 1.02)
            axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    handles = {h.get_label(): h for axes in figure.axes for h in axes.get_legend_handles_labels()[0]}
    figure.legend(
        handles=list(handles.values()),
        loc="outside lower center",
        ncols=len(handles),
        frameon=False,
        fontsize=canvas.TEXT_SIZE,
    )
    return figure


def _best(drawn: Mapping[str, np.ndarray]) -> int | None:
    """Return the index of the best epoch on the valid part, or None if it was not measured."""
    for key, sign in (("valid_loss", 1), ("valid_accuracy", -1)):
        values = drawn.get(key)
        if values is not None and np.isfinite(values).any():
            return int(np.argmin(np.where(np.isfinite(values), sign * values, np.inf)))
    return None


def _ticks(epochs: int) -> list[int]:
    """Return at most ten round epochs to label; matplotlib's own locators give fractions if there are few epochs."""
    step = next(size * 10**power for power in range(9) for size in (1, 2, 5) if epochs <= 10 * size * 10**power)
    return [epoch for epoch in range(1, epochs + 1) if epoch % step == 0]


def _note(drawn: Mapping[str, np.ndarray], best: int | None) -> str:
    count = len(next(iter(drawn.values())))
    epochs = f"{count} epoch{'s' if count > 1 else ''}"
    if best is None:
        return epochs
    figures = [f"loss {drawn['valid_loss'][best]:.3f}"] if "valid_loss" in drawn else []
    figures += [f"accuracy {drawn['valid_accuracy'][best]:.1%}"] if "valid_accuracy" in drawn else []
    figures += [f"pr_auc {drawn['valid_pr_auc'][best]:.1%}"] if "valid_pr_auc" in drawn else []
    return f"{epochs}; best on the valid part: epoch {best + 1} ({', '.join(figures)})"
