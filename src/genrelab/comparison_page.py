"""A comparison as one HTML page that needs nothing else: no scripts, no addresses, pictures inside it."""

import base64
from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd

from genrelab.comparison import Comparison, told
from genrelab.comparison_text import number, p_value, percent, remarks, reported, span

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


def page(found: Comparison, pictures: Mapping[str, bytes]) -> str:
    """Return the page; `pictures` are PNG files by their alternative texts, shown after the leaderboard."""
    parts = [
        f"<h1>{escape(found.title)}</h1>",
        _leaderboard(found),
        *(f'<p class="note">{escape(line)}</p>' for line in remarks(found)),
        *(_picture(png, text) for text, png in pictures.items()),
        _more_figures(found.board),
        *_pairs(found.pairs),
        _per_class(found.per_class),
        _disagreements(found.disagreements),
        *_left_out(found),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(found.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def _leaderboard(found: Comparison) -> str:
    head = ["model", *map(_number, ("accuracy %", "95%", "F1 %", "95%")), "alike", _number("thesis %")]
    rows = [
        [
            row.name,
            *map(_number, (percent(row.accuracy, 1), span(row.low, row.high))),
            *map(_number, (percent(row.f1, 1), span(row.f1_low, row.f1_high))),
            row.alike,
            _number(reported(row.thesis_accuracy, comparable=found.comparable)),
            row.settings,
            row.run,
        ]
        for row in found.board.itertuples(index=False)
    ]
    return _table([*head, "settings", "run"], rows)


def _more_figures(board: pd.DataFrame) -> str:
    figures = ("precision %", "recall %", "top 3 %", "ROC area", "log loss", "ECE %")
    cost = ("parameters", "training s", "size MiB", "ms a clip")
    rows = [
        [
            row.name,
            *(_number(percent(share, 1)) for share in (row.precision, row.recall, row.top3)),
            *map(_number, (number(row.roc_auc, ".3f"), number(row.log_loss, ".3f"), percent(row.ece, 1))),
            *map(_number, (number(row.parameters, ",.0f"), number(row.train_seconds, ".0f"))),
            *map(_number, (number(row.model_bytes / 2**20, ".1f"), number(row.predict_ms, ".1f"))),
        ]
        for row in board.itertuples(index=False)
    ]
    return "<h2>More figures, and what they cost</h2>\n" + _table(["model", *map(_number, (*figures, *cost))], rows)


def _pairs(pairs: pd.DataFrame) -> list[str]:
    if pairs.empty:
        return []
    head = ["model", "other model", *map(_number, ("both right", "only the first", "only the other", "neither"))]
    head += [*map(_number, ("p", "p, Holm")), "differ"]
    rows = [
        [
            pair.one,
            pair.other,
            *map(_number, (pair.both, pair.only_one, pair.only_other, pair.neither)),
            *map(_number, (p_value(pair.p), p_value(pair.p_holm))),
            "yes" if pair.differ else "no",
        ]
        for pair in pairs.itertuples(index=False)
    ]
    return ["<h2>Pairs, clip by clip</h2>", _table(head, rows)]


def _per_class(table: pd.DataFrame) -> str:
    rows = [
        [name, _number(clips), *(_number(percent(share)) for share in shares)]
        for name, clips, *shares in table.itertuples(index=False, name=None)
    ]
    return "<h2>Accuracy of each class, %</h2>\n" + _table(
        ["class", *map(_number, ("clips", *table.columns[2:]))], rows
    )


def _disagreements(table: pd.DataFrame) -> str:
    title = "<h2>Where models disagree</h2>\n"
    if table.empty:
        return f'{title}<p class="note">The models disagree on no clip.</p>'
    rows = [
        [clip, true, _number(right), *(Cell(answer, "yes" if answer == true else "no") for answer in answers)]
        for clip, true, right, *answers in table.itertuples(index=False, name=None)
    ]
    count = f'<p class="note">{len(table)} clip{"s" * (len(table) > 1)}, those that the fewest have right first.</p>\n'
    return title + count + _table(["clip", "true", _number("right"), *table.columns[3:]], rows)


def _left_out(found: Comparison) -> list[str]:
    if not found.left_out:
        return []
    rows = [[run.model, run.run[:8], run.reason] for run in found.left_out]
    return [
        "<h2>Runs left out</h2>",
        f'<p class="note">{escape(told(found.left_out))}.</p>',
        _table(["model", "run", "why: a run"], rows),
    ]


def _number(text: object) -> Cell:
    return Cell(text, "number")


def _picture(png: bytes, text: str) -> str:
    data = base64.b64encode(png).decode()
    return f'<p><img alt="{escape(text)}" src="data:image/png;base64,{data}"></p>'


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"<tr>{''.join(_cell('th', cell) for cell in head)}</tr>"]
    body = [f"<tr>{''.join(_cell('td', cell) for cell in row)}</tr>" for row in rows]
    return "\n".join(
        ['<div class="wide"><table>', "<thead>", *lines, "</thead>", "<tbody>", *body, "</tbody>", "</table></div>"]
    )


def _cell(tag: str, cell: str) -> str:
    kind = f' class="{cell.kind}"' if isinstance(cell, Cell) and cell.kind else ""
    return f"<{tag}{kind}>{escape(cell)}</{tag}>"
