"""Plot how far sounds lie from a model's training clips."""

import numpy as np
from matplotlib.figure import Figure

from genrelab.plots import canvas

BINS = 40
WIDEST = 5.0  # larger distances are drawn here


def drift(valid: np.ndarray, found: np.ndarray, title: str) -> Figure:
    """Draw the distances of validation clips and of sounds, float (n,) each, as shares, one above the other.

    1 is the distance that 95% of the validation clips keep within. Raises ValueError if a group is empty.
    """
    if not (len(valid) and len(found)):
        raise ValueError(f"both groups must have at least one clip, got {len(valid)} and {len(found)}")
    figure = canvas.blank(
        title, "in units of the distance within which 95% of the validation clips lie", width=8, height=3
    )
    end = min(WIDEST, 1.05 * max(1.2, valid.max(), found.max()))
    edges = np.linspace(0, end, BINS + 1)
    upper, lower = figure.subplots(2, 1, sharex=True)
    for axes, values, name, colour in (
        (upper, valid, f"{len(valid)} validation clips", canvas.BLUE),
        (lower, found, f"{len(found)} sounds", canvas.ORANGE),
    ):
        canvas.plain(axes, frame=("bottom",))
        axes.hist(np.minimum(values, end), bins=edges, weights=np.full(len(values), 100 / len(values)), color=colour)
        axes.set_ylim(0, 1.35 * axes.get_ylim()[1])  # space for the name above the bars
        axes.axvline(1, color=canvas.INK, linewidth=1)
        axes.set_yticks([])
        axes.text(
            1, 0.95, name, transform=axes.transAxes, ha="right", va="top", size=canvas.TEXT_SIZE, color=canvas.INK
        )
    beyond = f" (the last bar includes all beyond, up to {found.max():.0f})" if found.max() > end else ""
    lower.set_xlabel(f"distance{beyond}", size=canvas.SMALL_SIZE, color=canvas.MUTED)
    return figure
