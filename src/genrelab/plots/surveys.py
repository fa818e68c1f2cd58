"""Plot a corpus's statistics by class: durations, loudness, tempo, mean spectra."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from genrelab.plots import canvas

POINTS_SHOWN = 60  # values of a class drawn one by one, at most; with more, only the box and whiskers
PANELS = 20  # spectra at most: with more, the layout takes a minute and nobody looks
TICKS = (500, 2000, 8000)  # Hz


def by_class(values: Mapping[str, np.ndarray], title: str, *, axis: str, note: str) -> Figure:
    """Draw the values of each class as a box (quartiles; whiskers to the 5th and 95th percentile) in its own row.

    Classes keep the order of `values`, each with float (n,), without NaN; `axis` names the values and their unit.
    A class without values has an empty row. If there are no values at all, the picture says so. Raises ValueError if
    there are no classes.
    """
    if not values:
        raise ValueError("values must hold at least one class, got none")
    names = ["\n".join(canvas.lines(canvas.shown(name), 150, canvas.TEXT_SIZE)) for name in values]
    row_height = 0.16 + 0.18 * (1 + max(name.count("\n") for name in names))  # inches
    figure = canvas.blank(title, note, width=8, height=0.8 + row_height * len(names))
    axes = figure.add_subplot()
    canvas.plain(axes, grid="x", frame=("bottom",))
    rng = np.random.default_rng(0)  # for the points' heights, which mean nothing
    for row, found in enumerate(values.values()):
        if not len(found):
            continue
        low, first, middle, third, high = np.percentile(found, [5, 25, 50, 75, 95])
        if len(found) <= POINTS_SHOWN:
            heights = row + rng.uniform(-0.22, 0.22, len(found))
            axes.scatter(found, heights, s=10, color=canvas.SKY, alpha=0.8, linewidths=0, zorder=2)
        axes.plot([low, high], [row, row], color=canvas.MUTED, linewidth=1, zorder=1)
        axes.barh(
            row, third - first, left=first, height=0.5, color=canvas.SKY, alpha=0.35, edgecolor=canvas.BLUE, zorder=1.5
        )
        axes.plot([middle, middle], [row - 0.25, row + 0.25], color=canvas.BLUE, linewidth=2.5, zorder=3)
    if not any(map(len, values.values())):
        axes.set_xticks([])
        axes.text(0.5, 0.5, "no clip has a value", transform=axes.transAxes, ha="center", va="center")
    axes.set_yticks(range(len(names)), names, size=canvas.TEXT_SIZE, parse_math=False)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlabel(axis, size=canvas.TEXT_SIZE, color=canvas.MUTED)
    return figure


def durations(seconds: np.ndarray, title: str) -> Figure:
    """Draw a histogram of clip lengths; `seconds` is float (clips,), at least one clip."""
    if not len(seconds):
        raise ValueError("seconds must hold at least one clip, got none")
    low, middle, high = np.min(seconds), np.median(seconds), np.max(seconds)
    note = f"{len(seconds):,} clips: {low:.2f} to {high:.2f} s, half of them longer than {middle:.2f} s"
    figure = canvas.blank(title, note, width=8, height=2.6)
    axes = figure.add_subplot()
    canvas.plain(axes, grid="y")
    wide = max(high - low, 0.02 * high)  # clips of the same length fill a bar, not a line
    axes.hist(seconds, bins=40, range=((low + high - wide) / 2, (low + high + wide) / 2), color=canvas.BLUE)
    axes.set_xlabel("length (s)", size=canvas.TEXT_SIZE, color=canvas.MUTED)
    axes.set_ylabel("clips", size=canvas.TEXT_SIZE, color=canvas.MUTED)
    return figure


def spectra(levels: np.ndarray, classes: Sequence[str], *, f_max: float, title: str) -> Figure:
    """Draw each class's mean spectrum (blue) against the mean of all classes (grey), one panel per class.

    `levels` has the shape (classes, bands): dB of mel bands between 0 and `f_max` Hz, lowest first. Only the first
    PANELS classes are drawn; the note says how many are not.
    Raises ValueError for another shape.
    """
    from librosa import mel_frequencies  # librosa is slow to load

    if levels.ndim != 2 or len(levels) != len(classes) or not len(classes):
        raise ValueError(f"levels must have the shape ({len(classes)} classes, bands), got {levels.shape}")
    drawn = min(len(classes), PANELS)
    columns = min(drawn, 5)
    rows = -(-drawn // columns)
    note = "blue: the class; grey: the mean of all classes"
    note += f"; {len(classes) - drawn:,} more classes are not shown" * (drawn < len(classes))
    figure = canvas.blank(title, note, width=max(1.9 * columns, 5), height=0.3 + 1.45 * rows)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    bands = levels.shape[1]
    bounds = mel_frequencies(n_mels=bands + 2, fmin=0, fmax=f_max)
    ticks = [tick for tick in TICKS if tick < f_max]
    places = np.interp(ticks, bounds, np.arange(-1, bands + 1))
    for i, axes in enumerate(panels.flat):
        if i >= drawn:
            axes.set_axis_off()
            continue
        canvas.plain(axes, grid="y")
        axes.plot(levels.mean(axis=0), color=canvas.MUTED, linewidth=1)
        axes.plot(levels[i], color=canvas.BLUE, linewidth=1.6)
        axes.set_title(canvas.shown(classes[i], 22), size=canvas.TEXT_SIZE, loc="left", parse_math=False)
        axes.set_xticks(places, [f"{tick / 1000:g}k" if tick >= 1000 else str(tick) for tick in ticks])
    figure.supxlabel("frequency (Hz)", size=canvas.TEXT_SIZE, color=canvas.MUTED)
    figure.supylabel("level of mel band (dB)", size=canvas.TEXT_SIZE, color=canvas.MUTED)
    return figure
