"""Pages that need nothing else: one HTML file, no scripts, no addresses, pictures inside it."""

import base64
from collections.abc import Sequence
from html import escape

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #222; max-width: 1150px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin-top: 2em; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; }
th, td { padding: .3em .65em; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; }
th { border-bottom: 2px solid #666; vertical-align: bottom; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.yes { color: #00643c; } td.no { color: #a03c00; }
tbody tr:hover { background: #f4f7fb; }
img { max-width: 100%; height: auto; }
.note { color: #555; }
"""


class Cell(str):
    """A cell's text with the names of its CSS classes."""

    kind: str

    def __new__(cls, text: object, kind: str = "") -> "Cell":
        """Make a cell of the text that `text` is."""
        made = super().__new__(cls, text)
        made.kind = kind
        return made


def page(title: str, parts: Sequence[str]) -> str:
    """Return a page with a heading and, below it, `parts` of HTML."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def heading(text: str) -> str:
    """Return the heading of a section."""
    return f"<h2>{escape(text)}</h2>"


def note(text: str) -> str:
    """Return a paragraph in grey."""
    return f'<p class="note">{escape(text)}</p>'


def number(text: object) -> Cell:
    """Return a cell that stands at the right."""
    return Cell(text, "number")


def picture(png: bytes, text: str) -> str:
    """Return a picture, a PNG file, inside the page; `text` is what a reader hears who cannot see it."""
    data = base64.b64encode(png).decode()
    return f'<p><img alt="{escape(text)}" src="data:image/png;base64,{data}"></p>'


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; cells are texts, or Cells with a kind."""
    lines = [f"<tr>{''.join(_cell('th', cell) for cell in head)}</tr>"]
    body = [f"<tr>{''.join(_cell('td', cell) for cell in row)}</tr>" for row in rows]
    return "\n".join(
        ['<div class="wide"><table>', "<thead>", *lines, "</thead>", "<tbody>", *body, "</tbody>", "</table></div>"]
    )


def _cell(tag: str, cell: str) -> str:
    kind = f' class="{cell.kind}"' if isinstance(cell, Cell) and cell.kind else ""
    return f"<{tag}{kind}>{escape(cell)}</{tag}>"
