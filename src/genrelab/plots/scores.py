"""Plot how well models perform: the confusion matrix of one, and several side by side."""

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from genrelab.plots import canvas

# Equal steps in CIELAB from near-white to navy: one hue that only darkens, so that equal differences look equal, even
# without colour vision, and the many empty cells of a matrix stay unobtrusive.
SHARES = LinearSegmentedColormap.from_list(
    "shares",
    ["#f7fbff", "#d6e7fa", "#b3d1f2", "#90b9e6", "#6b9ed5", "#4882c0", "#2766a6", "#0e4a89", "#08306b"],
)


def confusion(counts: np.ndarray, classes: Sequence[str], title: str) -> Figure:
    """Draw a confusion matrix: each cell shows its clips and their share of the row in percent; empty cells stay blank.

    `counts` holds integers, shape (n, n): rows are the true classes, columns the predicted ones, both in the order of
    `classes`. If cells get too small (from 15 classes on), only their colour shows the shares.
    Raises ValueError for another shape, for non-integers, and for negative values.
    """
    counts = np.asarray(counts)
    n = len(classes)
    if n == 0 or counts.shape != (n, n):
        raise ValueError(f"counts must have the shape ({n}, {n}) for {n} classes (at least 1), got {counts.shape}")
    if not np.issubdtype(counts.dtype, np.integer) or counts.min() < 0:
        raise ValueError(f"counts must be integers of at least 0, got {counts.dtype} from {counts.min()}")
    shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    side = canvas.POINTS * float(np.clip(0.55 * n, 4.5, 5.5) if n <= 14 else np.clip(0.34 * n, 5.5, 14))
    cell = side / n
    size = canvas.TEXT_SIZE if n <= 20 else canvas.SMALL_SIZE
    rows = ["\n".join(canvas.lines(canvas.shown(name), 130, size)) for name in classes]
    columns = ["\n".join(canvas.lines(canvas.shown(name), cell * 0.92, size)) for name in classes]
    whole = canvas.breadth([word.rstrip() for name in classes for word in canvas.words(name)], size) <= 0.92 * cell
    level = whole and all(text.count("\n") < 3 for text in columns)
    if not level:
        # Slanted names of two lines need this much room next to each other.
        columns = rows if cell > 3.6 * size else [canvas.shown(name) for name in classes]
    below = 1.3 * size * (1 + max(text.count("\n") for text in columns))
    if not level:
        below += canvas.breadth(columns, size) * 0.7

    correct, total = int(np.trace(counts)), int(counts.sum())
    note = f"{correct:,} of {total:,} clips correct ({correct / total:.1%})" if total else "no clips"
    figure = canvas.blank(
        title,
        note,
        width=(side + canvas.breadth(rows, size) + 120) / canvas.POINTS,
        height=(side + below + 36) / canvas.POINTS,
    )
    axes = figure.add_subplot()
    picture = axes.imshow(shares, cmap=SHARES, vmin=0, vmax=100)
    canvas.plain(axes, frame=("left", "bottom", "top", "right"))
    axes.set_xticks(range(n), columns, size=size, parse_math=False)
    axes.set_yticks(range(n), rows, size=size, parse_math=False)
    if not level:
        # A slanted name anchored at its end points at its own column.
        axes.tick_params(axis="x", labelrotation=45)
        for label in axes.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")
    axes.set_xticks(np.arange(n - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(n - 1) + 0.5, minor=True)
    axes.grid(which="minor", color=canvas.GRID, linewidth=0.8)
    axes.tick_params(which="both", length=0)
    axes.set_xlabel("predicted", size=canvas.TEXT_SIZE, color=canvas.MUTED)
    axes.set_ylabel("true", size=canvas.TEXT_SIZE, color=canvas.MUTED)

    digits = len(str(counts.max()))
    font = min(0.3 * cell, 0.85 * cell / (canvas.EM * digits), 16)
    with_shares = cell >= 27
    for row, column in np.argwhere(counts):
        share = shares[row, column]
        colour = _ink_on(SHARES(share / 100))
        rise = 0.4 * font / cell if with_shares else 0
        axes.text(column, row - rise, f"{counts[row, column]}", size=font, color=colour, ha="center", va="center")
        if with_shares:
            text = f"{share:.0f}%" if share >= 1 else "<1%"
            axes.text(column, row + 0.75 * font / cell, text, size=0.68 * font, color=colour, ha="center", va="center")

    bar = figure.colorbar(picture, ax=axes, shrink=0.6, aspect=22, format=PercentFormatter(decimals=0))
    bar.set_label("share of the true class's clips", size=canvas.SMALL_SIZE, color=canvas.MUTED)
    bar.ax.tick_params(labelsize=canvas.SMALL_SIZE, color=canvas.MUTED, length=3)
    bar.outline.set_visible(False)
    return figure


def leaderboard(rows: Sequence[tuple[str, float, float, float]], title: str, figure_name: str = "accuracy") -> Figure:
    """Draw the accuracy of models, or another figure, as points with their 95% intervals, first row on top.

    `rows` holds (name, accuracy, low, high), the figures between 0 and 1.
    Raises ValueError if there are no rows, a figure is outside 0...1, or low lies above high.
    """
    if not rows:
        raise ValueError("rows must hold at least one model, got none")
    for name, accuracy, low, high in rows:
        if not (0 <= low <= high <= 1 and 0 <= accuracy <= 1):
            raise ValueError(
                f"'{name}' must have a figure and an interval low <= high between 0 and 1, "
                f"got {accuracy} and {low}...{high}"
            )
    labels = ["\n".join(canvas.lines(canvas.shown(row[0], 50), 190, canvas.TEXT_SIZE)) for row in rows]
    line = 0.18 + 0.18 * (1 + max(label.count("\n") for label in labels))  # inches
    figure = canvas.blank(title, f"dot: {figure_name}; line: 95% interval", width=8, height=0.9 + line * len(rows))
    axes = figure.add_subplot()
    canvas.plain(axes, grid="x", frame=("bottom",))
    places = range(len(rows))
    figures = 100 * np.array([row[1:] for row in rows])
    axes.hlines(places, figures[:, 1], figures[:, 2], color=canvas.SKY, linewidth=5, clip_on=False)
    axes.plot(figures[:, 0], places, "o", color=canvas.BLUE, markersize=8, clip_on=False)
    axes.set_yticks(places, labels, size=canvas.TEXT_SIZE, parse_math=False)
    axes.tick_params(axis="y", length=0, pad=9)  # clears a dot at 0%
    for place, row in enumerate(rows):
        # Beyond the axis, where no interval reaches.
        axes.annotate(
            f"{row[1]:.1%}  ({100 * row[2]:.1f}–{100 * row[3]:.1f})",
            (1, place),
            xycoords=("axes fraction", "data"),
            xytext=(10, 0),
            textcoords="offset points",
            va="center",
            size=canvas.SMALL_SIZE,
            color=canvas.INK,
        )
    axes.set_xlim(0, 100)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xticks(range(0, 101, 20))
    axes.xaxis.set_major_formatter(PercentFormatter(decimals=0))
    axes.set_xlabel(figure_name, size=canvas.SMALL_SIZE, color=canvas.MUTED)
    return figure


def accuracy_by_class(
    shares: np.ndarray,
    models: Sequence[str],
    classes: Sequence[str],
    title: str,
    note: str = "accuracy on each class (its test clips), %",
) -> Figure:
    """Draw each model's accuracy on each class as a heat map with figures in percent, first model on top.

    `shares`, shape (models, classes), lie between 0 and 1; if they are not accuracies, `note` names them. Raises
    ValueError for another shape or other values.
    """
    shares = np.asarray(shares, dtype=float)
    if not models or not classes or shares.shape != (len(models), len(classes)):
        raise ValueError(
            f"shares must have the shape ({len(models)}, {len(classes)}) of models and classes, at least one of each, "
            f"got {shares.shape}"
        )
    if not ((shares >= 0) & (shares <= 1)).all():
        raise ValueError(f"shares must lie between 0 and 1, got {shares.min()}...{shares.max()}")
    width, height = canvas.POINTS * float(np.clip(6.2 / len(classes), 0.42, 1.5)), canvas.POINTS * 0.34  # of a cell
    size = canvas.TEXT_SIZE
    rows = ["\n".join(canvas.lines(canvas.shown(name), 130, size * 1.15)) for name in models]
    height *= max(1.0, 0.65 * (1 + max(row.count("\n") for row in rows)))
    columns = [canvas.shown(name, 24) for name in classes]
    level = canvas.breadth(columns, size) <= 0.95 * width
    above = 1.6 * size if level else 1.6 * size + 0.7 * canvas.breadth(columns, size)
    figure = canvas.blank(
        title,
        note,
        width=max(4.5, (width * len(classes) + canvas.breadth(rows, size) + (30 if level else 90)) / canvas.POINTS),
        height=(height * len(models) + above + 20) / canvas.POINTS,
    )
    axes = figure.add_subplot()
    axes.imshow(100 * shares, cmap=SHARES, vmin=0, vmax=100, aspect="auto")
    canvas.plain(axes, frame=())
    axes.xaxis.tick_top()
    axes.set_xticks(range(len(classes)), columns, size=size, parse_math=False)
    axes.set_yticks(range(len(models)), rows, size=size, parse_math=False)
    axes.tick_params(which="both", length=0)
    if not level:
        axes.tick_params(axis="x", labelrotation=45)
        for label in axes.get_xticklabels():
            label.set(ha="left", rotation_mode="anchor")
    for (row, column), share in np.ndenumerate(shares):
        colour = _ink_on(SHARES(share))
        axes.text(column, row, f"{100 * share:.0f}", size=size, color=colour, ha="center", va="center")
    return figure


def _ink_on(background: tuple[float, ...]) -> str:
    """Return the text colour with the greater contrast (WCAG) on an RGB background."""

    def luminance(rgb: tuple[float, ...]) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb[:3]]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    behind, dark = luminance(background), luminance(to_rgb(canvas.INK))
    return "white" if 1.05 / (behind + 0.05) > (behind + 0.05) / (dark + 0.05) else canvas.INK
