"""Render pages: each is one HTML file with its style, script and pictures embedded.

A page is a template in templates/ and the values that it names. Every value is escaped.
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
    0...1) is drawn next to the text. `sound` is the address of an audio file, for which the cell shows a player.
    """

    text: str
    kind: str = ""
    share: float | None = None
    interval: tuple[float, float, float] | None = None
    sound: str = ""


@dataclass(frozen=True)
class Table:
    """A table: its header cells, its rows, and CSS classes for the whole table (`heat`: narrow, shaded cells)."""

    head: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]
    kind: str = ""

    @property
    def sortable(self) -> bool:
        """Whether there is anything to sort."""
        return len(self.rows) > 2 and self.kind != "heat"


@dataclass(frozen=True)
class Picture:
    """A PNG file embedded in the page; `text` is its alternative text, for readers who cannot see it."""

    png: bytes
    text: str

    @property
    def source(self) -> str:
        """The picture as a data URL."""
        return f"data:image/png;base64,{base64.b64encode(self.png).decode()}"


def number(text: object, **more: Any) -> Cell:
    """Return a right-aligned cell."""
    return Cell(str(text), "number", **more)


def table(head: Sequence[object], rows: Iterable[Sequence[object]], kind: str = "") -> Table:
    """Return a table; a value that is not a Cell becomes one that holds it as text."""
    return Table(_cells(head), [_cells(row) for row in rows], kind)


def render(template: str, **values: Any) -> str:
    """Return the page rendered from `templates/<template>.html.j2` with the values."""
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
