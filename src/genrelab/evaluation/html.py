"""A comparison as an HTML page."""

from collections.abc import Mapping

import pandas as pd

from genrelab.evaluation.tables import Comparison, left_out_summary
from genrelab.evaluation.terminal import number, p_value, percent, remarks, reported, span
from genrelab.html import document
from genrelab.html.document import Cell


def page(found: Comparison, pictures: Mapping[str, bytes]) -> str:
    """Return the page; `pictures` are PNG files by their alternative texts, shown after the leaderboard."""
    parts = [
        _leaderboard(found),
        *map(document.note, remarks(found)),
        *(document.picture(png, text) for text, png in pictures.items()),
        _more_figures(found.board),
        *_pairs(found.pairs),
        _per_class(found.per_class),
        _disagreements(found.disagreements),
        *_left_out(found),
    ]
    return document.page(found.title, parts)


def _leaderboard(found: Comparison) -> str:
    head = ["model", *map(document.number, ("accuracy %", "95%", "F1 %", "95%")), "group", document.number("thesis %")]
    rows = [
        [
            row.name,
            *map(document.number, (percent(row.accuracy, 1), span(row.low, row.high))),
            *map(document.number, (percent(row.f1, 1), span(row.f1_low, row.f1_high))),
            row.group,
            document.number(reported(row.thesis_accuracy, comparable=found.comparable)),
            row.settings,
            row.run,
        ]
        for row in found.board.itertuples(index=False)
    ]
    return document.table([*head, "settings", "run"], rows)


def _more_figures(board: pd.DataFrame) -> str:
    metrics = ("precision %", "recall %", "top 3 %", "ROC area", "log loss", "ECE %")
    cost = ("parameters", "training s", "size MiB", "ms a clip")
    rows = [
        [
            row.name,
            *(document.number(percent(share, 1)) for share in (row.precision, row.recall, row.top3)),
            *map(document.number, (number(row.roc_auc, ".3f"), number(row.log_loss, ".3f"), percent(row.ece, 1))),
            *map(document.number, (number(row.parameters, ",.0f"), number(row.train_seconds, ".0f"))),
            *map(document.number, (number(row.model_bytes / 2**20, ".1f"), number(row.predict_ms, ".1f"))),
        ]
        for row in board.itertuples(index=False)
    ]
    return (
        document.heading("More figures, and what they cost")
        + "\n"
        + document.table(["model", *map(document.number, (*metrics, *cost))], rows)
    )


def _pairs(pairs: pd.DataFrame) -> list[str]:
    if pairs.empty:
        return []
    head = [
        "model",
        "other model",
        *map(document.number, ("both right", "only the first", "only the other", "neither")),
    ]
    head += [*map(document.number, ("p", "p, Holm")), "differ"]
    rows = [
        [
            pair.one,
            pair.other,
            *map(document.number, (pair.both, pair.only_one, pair.only_other, pair.neither)),
            *map(document.number, (p_value(pair.p), p_value(pair.p_holm))),
            "yes" if pair.differ else "no",
        ]
        for pair in pairs.itertuples(index=False)
    ]
    return [document.heading("Pairs, clip by clip"), document.table(head, rows)]


def _per_class(table: pd.DataFrame) -> str:
    rows = [
        [name, document.number(clips), *(document.number(percent(share)) for share in shares)]
        for name, clips, *shares in table.itertuples(index=False, name=None)
    ]
    return (
        document.heading("Accuracy of each class, %")
        + "\n"
        + document.table(["class", *map(document.number, ("clips", *table.columns[2:]))], rows)
    )


def _disagreements(table: pd.DataFrame) -> str:
    title = document.heading("Where models disagree") + "\n"
    if table.empty:
        return title + document.note("The models disagree on no clip.")
    rows = [
        [
            clip,
            true,
            document.number(right),
            *(Cell(answer, "yes" if answer == true else "no") for answer in answers),
        ]
        for clip, true, right, *answers in table.itertuples(index=False, name=None)
    ]
    count = document.note(f"{len(table)} clip{'s' * (len(table) > 1)}, those that the fewest have right first.") + "\n"
    return title + count + document.table(["clip", "true", document.number("right"), *table.columns[3:]], rows)


def _left_out(found: Comparison) -> list[str]:
    if not found.left_out:
        return []
    rows = [[run.model, run.run[:8], run.reason] for run in found.left_out]
    return [
        document.heading("Runs left out"),
        document.note(f"{left_out_summary(found.left_out)}."),
        document.table(["model", "run", "why: a run"], rows),
    ]
