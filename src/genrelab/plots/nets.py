"""Draw a net as boxes, without any system package."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Patch, Rectangle
from matplotlib.path import Path

from genrelab.plots import canvas

# The first word found in a layer's class name gives its type: ConvLSTM2D is recurrent.
WORDS = {
    "LSTM": "recurrent",
    "GRU": "recurrent",
    "RNN": "recurrent",
    "Bidirectional": "recurrent",
    "Conv": "convolution",
    "Normalization": "normalisation",
    "Pool": "pooling",
    "Dense": "dense",
}
COLOURS = {
    "convolution": canvas.BLUE,
    "normalisation": canvas.SKY,
    "pooling": canvas.GREEN,
    "recurrent": canvas.PINK,
    "dense": canvas.ORANGE,
    "other": "#999999",
}

# All in points; a box holds two lines.
BOX_WIDTH, BOX_HEIGHT, GAP, GUTTER, LEGEND = 262, 31, 12, 34, 34
ONE_COLUMN, TWO_COLUMNS = 13, 44  # maximum layers in one and in two columns


class LayerRow(NamedTuple):
    """One layer of a sequential net.

    `kind` is its class name ("Conv2D"); `output_shape` may start with None for the batch, which is not drawn.
    """

    name: str
    kind: str
    output_shape: tuple[int | None, ...]
    parameters: int


def architecture(layers: Sequence[LayerRow], title: str) -> Figure:
    """Draw a sequential net as boxes from its first layer to its last, coloured by layer type.

    A long net continues in a second column, a very long one in a third. Raises ValueError if there are no layers or a
    number of parameters is negative.
    """
    if not layers:
        raise ValueError("layers must hold at least one layer, got none")
    for layer in layers:
        if layer.parameters < 0:
            raise ValueError(f"layer '{layer.name}' must have at least 0 parameters, got {layer.parameters}")
    columns = 1 if len(layers) <= ONE_COLUMN else 2 if len(layers) <= TWO_COLUMNS else 3
    rows = math.ceil(len(layers) / columns)
    used = columns * BOX_WIDTH + (columns - 1) * GUTTER
    width = max(used, 400) + 2 * canvas.MARGIN
    height = rows * (BOX_HEIGHT + GAP) + LEGEND + canvas.MARGIN

    total = sum(layer.parameters for layer in layers)
    note = f"{len(layers)} layer{'s' if len(layers) > 1 else ''}, {total:,} parameters"
    figure = canvas.blank(title, note, width=width / canvas.POINTS, height=height / canvas.POINTS)
    figure.set_layout_engine("none")  # every position is computed here
    share = height / (figure.get_figheight() * canvas.POINTS)
    axes = figure.add_axes((0, 0, 1, share), xlim=(0, width), ylim=(height, 0))
    axes.axis("off")

    places = [
        ((width - used) / 2 + column * (BOX_WIDTH + GUTTER), canvas.MARGIN + row * (BOX_HEIGHT + GAP))
        for column, row in (divmod(i, rows) for i in range(len(layers)))
    ]
    for layer, (x, y) in zip(layers, places, strict=True):
        _box(axes, layer, x, y)
    for start, end in pairwise(places):
        _arrow(axes, start, end)
    present = {type_of(layer.kind) for layer in layers}
    axes.legend(
        handles=[Patch(color=colour, label=name) for name, colour in COLOURS.items() if name in present],
        loc="lower center",
        ncols=len(present),
        frameon=False,
        fontsize=canvas.SMALL_SIZE,
        handlelength=1,
        handleheight=1,
        columnspacing=1.2,
        borderaxespad=0.2,
    )
    return figure


def type_of(kind: str) -> str:
    """Return a layer's type, a key of COLOURS, from its class name."""
    return next((name for word, name in WORDS.items() if word in kind), "other")


def _box(axes: Axes, layer: LayerRow, x: float, y: float) -> None:
    colour = COLOURS[type_of(layer.kind)]
    corners = "round,pad=0,rounding_size=3"
    outline = FancyBboxPatch((x, y), BOX_WIDTH, BOX_HEIGHT, corners, fc="white", ec=colour, lw=1.2)
    axes.add_patch(outline)
    for left, wide, alpha in ((x, BOX_WIDTH, 0.13), (x, 7, 1.0)):
        band = Rectangle((left, y), wide, BOX_HEIGHT, fc=colour, ec="none", alpha=alpha)
        axes.add_patch(band)
        band.set_clip_path(outline)
    shape = layer.output_shape[1:] if layer.output_shape[:1] == (None,) else layer.output_shape
    sides = " × ".join("any" if side is None else str(side) for side in shape)
    parameters = f"{layer.parameters:,} parameter{'' if layer.parameters == 1 else 's'}"
    faint = canvas.MUTED if layer.parameters else "#aaaaaa"
    upper, lower = y + 0.31 * BOX_HEIGHT, y + 0.72 * BOX_HEIGHT
    near, far = x + 14, x + BOX_WIDTH - 7
    common: dict[str, Any] = {"va": "center", "parse_math": False}
    axes.text(near, upper, canvas.shown(layer.kind, 22), size=10, weight="bold", color=canvas.INK, **common)
    axes.text(near, lower, canvas.shown(layer.name, 26), size=8.5, color=canvas.MUTED, **common)
    axes.text(far, upper, canvas.shown(sides, 20), size=10, color=canvas.INK, ha="right", **common)
    axes.text(far, lower, parameters, size=8.5, color=faint, ha="right", **common)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw the arrow from one box to the next, through the gutter if the next one is in another column."""
    middle = BOX_WIDTH / 2
    corners = [(start[0] + middle, start[1] + BOX_HEIGHT), (end[0] + middle, end[1])]
    if start[0] != end[0]:
        below, above, gutter = corners[0][1] + GAP / 2, end[1] - GAP / 2, end[0] - GUTTER / 2
        corners[1:1] = [(corners[0][0], below), (gutter, below), (gutter, above), (corners[1][0], above)]
    axes.add_patch(
        FancyArrowPatch(path=Path(corners), arrowstyle="-|>", mutation_scale=9, color=canvas.MUTED, lw=1.1, shrinkA=0)
    )
