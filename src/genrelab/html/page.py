"""The renderer of pages: one HTML file each, with its style, its script and its pictures inside it.

A page is a template of templates/ and the values that it names. Every value is escaped.
"""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import jinja2


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    `kind` holds CSS classes: number, yes, no. `share` (0...1) shades the cell. `interval` (low, value, high, each in
    0...1) is drawn beside the text. `sound` is the address of a sound file, for which the cell has a player.
    """

    text: str
    kind: str = ""
    share: float | None = None
    interval: tuple[float, float, float] | None = None
    sound: str = ""


@dataclass(frozen=True)
class Table:
    """A table: the cells of its head, its rows, and CSS classes of the whole (`heat`: narrow, shaded cells)."""

    head: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]
    kind: str = ""

    @property
    def sortable(self) -> bool:
        """Whether there is anything to sort."""
        return len(self.rows) > 2 and self.kind != "heat"


@dataclass(frozen=True)
class Picture:
    """A PNG file inside the page; `text` is what a reader hears who cannot see it."""

    png: bytes
    text: str

    @property
    def source(self) -> str:
        """The picture as an address."""
        return f"data:image/png;base64,{base64.b64encode(self.png).decode()}"


def number(text: object, **more: Any) -> Cell:
    """Return a cell that stands at the right."""
    return Cell(str(text), "number", **more)


def table(head: Sequence[object], rows: Iterable[Sequence[object]], kind: str = "") -> Table:
    """Return a table; what is no Cell becomes one that holds it as text."""
    return Table(_cells(head), [_cells(row) for row in rows], kind)


def render(template: str, **values: Any) -> str:
    """Return the page that `templates/<template>.html.j2` makes of the values."""
    return _environment().get_template(f"{template}.html.j2").render(**values)


def _cells(row: Sequence[object]) -> list[Cell]:
    return [cell if isinstance(cell, Cell) else Cell(str(cell)) for cell in row]


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("genrelab.html"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
