"""Plot what in a sound supports the label that a model gave it."""

from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from genrelab.plots import canvas
from genrelab.plots.sounds import mel_axes

VEIL = 0.75  # opacity of the most relevant region


class RemovalCurves(NamedTuple):
    """A label's probability as a sound is removed, in the explanation's order and in random orders.

    `share` (steps,) is the share removed, 0...1; `named` (steps,) and `random` (repeats, steps) are probabilities.
    """

    share: np.ndarray
    named: np.ndarray
    random: np.ndarray


def explanation(
    decibels: np.ndarray,
    relevance: np.ndarray,
    *,
    start: float,
    frame_seconds: float,
    f_min: float,
    f_max: float,
    title: str,
    note: str,
    removal: RemovalCurves | None = None,
) -> Figure:
    """Draw a mel-spectrogram in grey, overlaid in orange where it supports the label and in violet where it opposes it.

    Both arrays have the shape (bands, frames), lowest band first; `start` is the time of the first frame in seconds of
    the sound, and `frame_seconds` the time between frames. The more relevant a region, the less grey shows through.
    With `removal`, its curves are drawn below.
    Raises ValueError if the shapes differ or the arrays are empty.
    """
    if decibels.ndim != 2 or decibels.size == 0 or decibels.shape != relevance.shape:
        raise ValueError(
            f"decibels and relevance must have one shape (bands, frames), got {decibels.shape} and {relevance.shape}"
        )
    bands, frames = decibels.shape
    most = float(np.abs(relevance).max()) or 1.0
    figure = canvas.blank(title, note, width=8, height=4.3 if removal is None else 6.8)
    grid = figure.add_gridspec(1 if removal is None else 2, 1, height_ratios=[1.0] if removal is None else [4.3, 2.5])
    axes = figure.add_subplot(grid[0])
    canvas.plain(axes)
    place: dict[str, Any] = {
        "origin": "lower",
        "aspect": "auto",
        "interpolation": "nearest",
        "extent": (start, start + frames * frame_seconds, -0.5, bands - 0.5),
    }
    axes.imshow(decibels, cmap="gray", **place)
    shown = axes.imshow(relevance, cmap="PuOr_r", vmin=-most, vmax=most, alpha=VEIL * np.abs(relevance) / most, **place)
    mel_axes(axes, bands, f_min, f_max)
    bar = figure.colorbar(shown, ax=axes, aspect=28, pad=0.02)
    if bar.solids is not None:
        bar.solids.set(alpha=1)
    bar.set_label("against the label   \u2190   log-odds   \u2192   for it", size=canvas.TEXT_SIZE, color=canvas.MUTED)
    bar.ax.tick_params(labelsize=canvas.SMALL_SIZE, color=canvas.MUTED, length=3)
    bar.outline.set_visible(False)
    if removal is not None:
        _draw_removal(figure.add_subplot(grid[1]), removal)
    return figure


def _draw_removal(axes: Axes, removal: RemovalCurves) -> None:
    """Draw the explanation's curve, the mean random curve, and one standard deviation around the mean."""
    canvas.plain(axes, grid="y")
    gone, mean, spread = 100 * removal.share, removal.random.mean(axis=0), removal.random.std(axis=0, ddof=1)
    axes.fill_between(gone, 100 * (mean - spread), 100 * (mean + spread), color=canvas.MUTED, alpha=0.2, linewidth=0)
    axes.plot(
        gone, 100 * mean, color=canvas.MUTED, label=f"in random order (mean and deviation of {len(removal.random)})"
    )
    axes.plot(gone, 100 * removal.named, color=canvas.RED, label="evidence for the label first")
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    axes.set_xlabel("removed (% of the sound)", size=canvas.SMALL_SIZE, color=canvas.MUTED)
    axes.set_ylabel("probability (%)", size=canvas.SMALL_SIZE, color=canvas.MUTED)
    axes.legend(frameon=False, fontsize=canvas.SMALL_SIZE, loc="upper right")
