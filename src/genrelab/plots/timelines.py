"""Plot the classes of a long song over time."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from genrelab.plots import canvas

SHOWN = 6  # classes: those most probable anywhere in the song


def timeline(spans: Sequence[tuple[float, float]], probabilities: np.ndarray, classes: Sequence[str]) -> Figure:
    """Draw how probable each of the most probable classes is in each window of a song, one row per class.

    `spans` are the windows' (start, end) in seconds, `probabilities` has the shape (windows, classes), 0...1. The class
    that is most probable over the whole song comes first. Raises ValueError if the shapes do not match.
    """
    if probabilities.shape != (len(spans), len(classes)) or not len(spans):
        raise ValueError(
            f"probabilities must have the shape (windows, classes), {(len(spans), len(classes))}, "
            f"got {probabilities.shape}"
        )
    rows = np.argsort(-probabilities.max(axis=0), kind="stable")[:SHOWN]
    rows = rows[np.argsort(-probabilities[:, rows].mean(axis=0), kind="stable")]
    figure = canvas.blank("Moment by moment", "", width=8, height=0.9 + 0.34 * len(rows))
    axes = figure.add_subplot()
    canvas.plain(axes, frame=())
    edges = np.array([start for start, _ in spans] + [spans[-1][1]])
    shown = axes.pcolormesh(edges, np.arange(len(rows) + 1), probabilities[:, rows].T, cmap="Blues", vmin=0, vmax=1)
    axes.set_yticks(np.arange(len(rows)) + 0.5, [canvas.shown(classes[row]) for row in rows], parse_math=False)
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.set_xlabel("time (min:s)", size=canvas.TEXT_SIZE, color=canvas.MUTED)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{int(seconds) // 60}:{int(seconds) % 60:02d}"))
    bar = figure.colorbar(shown, ax=axes, aspect=12, pad=0.02)
    bar.set_label("probability", size=canvas.TEXT_SIZE, color=canvas.MUTED)
    bar.ax.tick_params(labelsize=canvas.SMALL_SIZE, color=canvas.MUTED, length=3)
    bar.outline.set_visible(False)
    return figure
