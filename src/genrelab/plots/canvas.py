"""What all plots share: the blank figure with its title, colours, labels, and the conversion to PNG."""

import io
import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font

DPI = 110
POINTS = 72  # per inch
EM = 0.6  # mean width of a letter of DejaVu Sans, relative to the font size
MARGIN = 9  # points around a picture

INK = "#222222"
MUTED = "#666666"
GRID = "#dddddd"
# Okabe and Ito's colours, distinguishable with every kind of colour vision.
BLUE, ORANGE, GREEN, PINK, SKY, RED = "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"

TITLE_SIZE = 13
TEXT_SIZE = 10
SMALL_SIZE = 9


def blank(title: str, note: str, *, width: float, height: float) -> Figure:
    """Return a figure with `title` (wrapped) and, below it in grey, `note`, both left-aligned.

    `width` and `height` are the inches left for the content; the title comes on top of them.
    """
    broken = lines(title, width * POINTS - 2 * MARGIN, TITLE_SIZE * 1.1)  # bold is wider
    title_height, note_height = 1.3 * TITLE_SIZE * len(broken), 1.6 * TEXT_SIZE * bool(note)
    points = MARGIN + title_height + note_height + height * POINTS
    figure = Figure(figsize=(width, points / POINTS), dpi=DPI, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    engine = figure.get_layout_engine()
    assert engine is not None
    engine.set(rect=(0, 0, 1, height * POINTS / points), w_pad=MARGIN / POINTS, h_pad=MARGIN / 2 / POINTS)  # type: ignore[call-arg]
    left = MARGIN / (width * POINTS)
    common: dict[str, Any] = {"va": "top", "parse_math": False, "linespacing": 1.15}
    figure.text(left, 1 - MARGIN / points, "\n".join(broken), size=TITLE_SIZE, weight="bold", color=INK, **common)
    figure.text(left, 1 - (MARGIN + title_height) / points, note, size=TEXT_SIZE, color=MUTED, **common)
    return figure


def plain(axes: Axes, *, grid: str | None = None, frame: Sequence[str] = ("left", "bottom")) -> None:
    """Remove from `axes` what carries no information; `grid` is the axis ("x" or "y") that gets grid lines."""
    for side, spine in axes.spines.items():
        spine.set_visible(side in frame)
        spine.set_color(MUTED)
    axes.tick_params(colors=INK, labelsize=SMALL_SIZE, length=3, color=MUTED)
    if grid:
        axes.grid(axis="x" if grid == "x" else "y", color=GRID, linewidth=0.8)
        axes.set_axisbelow(True)


def shown(name: str, limit: int = 32) -> str:
    """Return a drawable name: accents composed, ? for characters without a glyph, the middle of a long one cut out."""
    glyphs = _glyphs()
    composed = (" " if c.isspace() else c for c in unicodedata.normalize("NFC", name))
    name = "".join(c if ord(c) in glyphs else "?" for c in composed)
    if len(name) <= limit:
        return name
    tail = (limit - 1) // 2
    return f"{name[: limit - 1 - tail]}…{name[-tail:]}"


@cache
def _glyphs() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties())).get_charmap())


def lines(text: str, points: float, size: float) -> list[str]:
    """Break `text` into lines that are at most about `points` wide at font size `size`.

    Lines break after spaces, hyphens and underscores; a word that is too long is cut.
    """
    room = max(int(points / (EM * size)), 4)
    broken = [""]
    for word in words(shown(text, 240)):
        for piece in (word[i : i + room] for i in range(0, len(word), room)):
            if len((broken[-1] + piece).rstrip()) <= room:
                broken[-1] += piece
            else:
                broken.append(piece)
    return [line.strip() for line in broken]


def words(text: str) -> list[str]:
    """Return the parts of `text` between which a line may break, each with its trailing space, hyphen or underscore."""
    return re.findall(r"[^\s_-]*[\s_-]+|[^\s_-]+", text)


def breadth(texts: Sequence[str], size: float) -> float:
    """Return the approximate width, in points, of the widest line of `texts` at font size `size`."""
    return max((len(line) for text in texts for line in text.split("\n")), default=0) * EM * size


def png(figure: Figure) -> bytes:
    """Return a figure as a PNG file."""
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()
