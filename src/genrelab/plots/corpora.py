"""Plot the contents of a corpus."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from genrelab.plots import canvas


def balance(counts: Mapping[str, int], left_out: Mapping[str, int], title: str) -> Figure:
    """Draw the clips of each class as bars: those that passed their checks, then those left out.

    The bars come in the order of `counts`. Both map a class to its number of clips; a class may be in only one.
    Raises ValueError if there are no classes or a number is negative.
    """
    classes = list(dict.fromkeys([*counts, *left_out]))
    if not classes:
        raise ValueError("counts must hold at least one class, got none")
    for name, number in [*counts.items(), *left_out.items()]:
        if number < 0:
            raise ValueError(f"class '{name}' must have at least 0 clips, got {number}")
    good = [counts.get(name, 0) for name in classes]
    bad = [left_out.get(name, 0) for name in classes]

    note = f"{sum(good):,} clips in {len(classes)} class{'es' if len(classes) > 1 else ''}; {sum(bad):,} left out"
    labels = ["\n".join(canvas.lines(canvas.shown(name), 150, canvas.TEXT_SIZE)) for name in classes]
    row = 0.14 + 0.18 * (1 + max(label.count("\n") for label in labels))  # inches
    figure = canvas.blank(title, note, width=8, height=1.0 + row * len(classes))
    axes = figure.add_subplot()
    canvas.plain(axes, frame=("left",))
    places = range(len(classes))
    axes.barh(places, good, color=canvas.BLUE, height=0.7, label="ok")
    axes.barh(places, bad, left=good, color=canvas.ORANGE, height=0.7, label="left out", hatch="///", edgecolor="white")
    for place, (ok, out) in enumerate(zip(good, bad, strict=True)):
        text = f"{ok:,} + {out:,} left out" if out else f"{ok:,}"
        axes.annotate(
            text, (ok + out, place), xytext=(4, 0), textcoords="offset points", va="center", size=canvas.SMALL_SIZE
        )
    longest = max(map(sum, zip(good, bad, strict=True)))
    axes.set_xlim(0, max(longest, 1) * (1.2 if any(bad) else 1.08))
    axes.set_yticks(places, labels, size=canvas.TEXT_SIZE, parse_math=False)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(classes) - 0.4, -0.6)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_xlabel("clips", size=canvas.TEXT_SIZE, color=canvas.MUTED)
    if any(bad):
        figure.legend(loc="outside lower right", ncols=2, frameon=False, fontsize=canvas.SMALL_SIZE)
    return figure
