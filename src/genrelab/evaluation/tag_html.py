"""A comparison of tag models, for the terminal and as an HTML page."""

import pandas as pd

from genrelab.console import format_table
from genrelab.evaluation.tag_tables import TagComparison
from genrelab.evaluation.terminal import (
    ROWS,
    and_more,
    cost,
    fitted,
    left_out_lines,
    number,
    percent,
    points,
    settings_text,
    span,
    wrapped,
)
from genrelab.html import page as document
from genrelab.html.page import Table

SHOWN = {"map": "mAP", "roc_auc": "ROC area", "f1": "F1"}


def leaderboard(found: TagComparison) -> str:
    """Return the leaderboard with what is needed to read it, for the terminal."""
    head = ["model", *(f"{shown} %\n(95%)" for shown in SHOWN.values())]
    head += ["para-\nmeters", "train\ns", "size\nMiB", "ms a\nclip", "settings", "run"]
    rows = [
        [row.name, *_figures(row), *cost(row), settings_text(row.settings), row.run]
        for row in found.table.itertuples(index=False)
    ]
    table = format_table(head, rows, words=(0, 8, 9))
    return "\n".join([found.title, "", table, "", *wrapped(remarks(found)), *left_out_lines(found.left_out)])


def _figures(row: object) -> list[str]:
    parts = [[getattr(row, f"{name}{end}") for end in ("", "_low", "_high")] for name in SHOWN]
    return [f"{percent(value, 1)} ({span(low, high)})" for value, low, high in parts]


def details(found: TagComparison) -> str:
    """Return the tables below the leaderboard: pairs and tags."""
    parts = []
    if len(found.pairs):
        head = ["model", "model", *(f"first ahead in {shown},\npoints (95%)" for shown in SHOWN.values())]
        rows = [[pair.one, pair.other, *_ahead(pair)] for pair in found.pairs.itertuples(index=False)]
        rest = and_more(len(rows) - ROWS, "pairs")
        parts.append(f"Pairs\n\n{format_table(head, rows[:ROWS], words=(0, 1))}{rest}")
    rows = [
        [str(tag), str(clips), *(percent(share) for share in shares)]
        for tag, clips, *shares in found.per_tag.itertuples(index=False, name=None)
    ]
    head = ["tag", "clips", *found.per_tag.columns[2:]]
    parts.append(f"Average precision of each tag, %\n\n{fitted(rows, head, 2, words=(0,))}")
    return "\n\n".join(parts)


def _ahead(pair: object) -> list[str]:
    return [points(*(getattr(pair, f"{name}{end}") for end in ("", "_low", "_high"))) for name in SHOWN]


def remarks(found: TagComparison) -> list[str]:
    """Return sentences on how to read the leaderboard."""
    lines = [f"{row.name} was {row.cut_short}" for row in found.table.itertuples() if row.cut_short]
    lines.append(f"95%: bootstrap over {found.units}; figures are macro, F1 at thresholds chosen on validation clips")
    if len(found.pairs) > 1:
        lines.append(f"pairs: {len(found.pairs)} separate 95% intervals; one in twenty may miss by chance")
    return [*lines, *found.notes]


def lead(found: TagComparison) -> str:
    """Return what the comparison says, in a sentence or two."""
    best = found.table.iloc[0]
    said = f"{best['name']} has a mAP of {percent(best['map'], 1)}% (95%: {span(best.map_low, best.map_high)})"
    if len(found.table) < 2:
        return f"{said}."
    own = found.pairs[found.pairs["one"] == best["name"]]
    alike = list(own[~own["differ"].astype(bool)]["other"])
    if not alike:
        return f"{said}, more than every other model: the interval of each difference lies above 0."
    return f"{said}. On these clips it cannot be distinguished from {', '.join(alike)}."


def page(found: TagComparison) -> str:
    """Return the comparison as an HTML page."""
    return document.render(
        "compare_tags",
        title=found.title,
        lead=lead(found),
        leaderboard=_leaderboard(found.table),
        remarks=remarks(found),
        per_tag=_per_tag(found.per_tag),
        pairs=document.table(
            ["model", "other model", *(document.number(f"first ahead in {s}, points (95%)") for s in SHOWN.values())],
            [
                [pair.one, pair.other, *map(document.number, _ahead(pair))]
                for pair in found.pairs.itertuples(index=False)
            ],
        ),
        left_out=document.table(
            ["model", "run", "reason"], [[run.model, run.run[:8], run.reason] for run in found.left_out]
        ),
    )


def _leaderboard(board: pd.DataFrame) -> Table:
    names = [*(f"{shown} % (95%)" for shown in SHOWN.values()), "precision %", "recall %", "log loss"]
    names += ["parameters", "training s", "size MiB", "ms a clip"]
    rows = [
        [
            row.name,
            *map(document.number, _figures(row)),
            *map(document.number, (percent(row.precision, 1), percent(row.recall, 1), number(row.log_loss, ".3f"))),
            *map(document.number, cost(row)),
            row.settings,
            row.run,
        ]
        for row in board.itertuples(index=False)
    ]
    return document.table(["model", *map(document.number, names), "settings", "run"], rows)


def _per_tag(table: pd.DataFrame) -> Table:
    rows = [
        [tag, document.number(clips), *(_share(share) for share in shares)]
        for tag, clips, *shares in table.itertuples(index=False, name=None)
    ]
    return document.table(["tag", *map(document.number, ("clips", *table.columns[2:]))], rows)


def _share(share: float) -> document.Cell:
    return document.number(percent(share), share=None if pd.isna(share) else share)
