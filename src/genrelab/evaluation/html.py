"""A comparison as an HTML page."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd

from genrelab.evaluation.tables import Comparison
from genrelab.evaluation.terminal import number, p_value, percent, points, remarks, reported, span, test
from genrelab.html import page as document
from genrelab.html.page import Cell, Table

NAMED = 6  # models named in a sentence


def page(found: Comparison, sounds: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return the page; `sounds` are the addresses of sound files by clip, for the players."""
    return document.render(
        "compare",
        title=found.title,
        lead=lead(found.table),
        leaderboard=_leaderboard(found),
        remarks=remarks(found),
        confusions={name: _confusion(table) for name, table in found.confusions.items()},
        per_class=_per_class(found.per_class),
        disagreements=_disagreements(found.disagreements, sounds),
        pairs=_pairs(found.pairs),
        tested=f"{test(found)}; p values are Holm-corrected for {len(found.pairs)} comparisons",
        more=_more_figures(found.table),
        left_out=document.table(
            ["model", "run", "reason"], [[run.model, run.run[:8], run.reason] for run in found.left_out]
        ),
    )


def lead(board: pd.DataFrame) -> str:
    """Return what the leaderboard says, in a sentence or two."""
    best, others = board.iloc[0], board.iloc[1:]
    interval = "" if pd.isna(best.low) else f" (95%: {span(best.low, best.high)})"
    said = f"{best['name']} classifies {percent(best.accuracy, 1)}% of the test clips correctly{interval}"
    if others.empty:
        return f"{said}."
    alike = [name for name, group in zip(others["name"], others.group, strict=True) if set(group) & set(best.group)]
    if not alike:
        return f"{said}, significantly more than every other model."
    return f"{said}. On these clips it does not differ significantly from {_listed(alike)}."


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _leaderboard(found: Comparison) -> Table:
    thesis = found.table.thesis_accuracy.notna().any()
    head: list[str | Cell] = ["model", *map(document.number, ("accuracy %", "95%", "F1 %", "95%")), "group"]
    head += [document.number("thesis %")] * bool(thesis)
    rows = [
        [
            row.name,
            document.number(percent(row.accuracy, 1)),
            document.number(span(row.low, row.high), interval=_interval(row)),
            *map(document.number, (percent(row.f1, 1), span(row.f1_low, row.f1_high))),
            row.group,
            *[document.number(reported(row.thesis_accuracy, comparable=found.comparable))] * bool(thesis),
            row.settings,
            row.run,
        ]
        for row in found.table.itertuples(index=False)
    ]
    return document.table([*head, "settings", "run"], rows)


def _interval(row: Any) -> tuple[float, float, float] | None:
    return None if pd.isna(row.low) else (row.low, row.accuracy, row.high)


def _confusion(table: pd.DataFrame) -> Table:
    sums = table.sum(axis=1)
    rows = [
        [name, *(document.number(n or "", share=n / sums[name] if sums[name] else 0.0) for n in table.loc[name])]
        for name in table.index
    ]
    return document.table(["", *map(document.number, table.columns)], rows, "heat")


def _more_figures(board: pd.DataFrame) -> Table:
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
    return document.table(["model", *map(document.number, (*metrics, *cost))], rows)


def _pairs(pairs: pd.DataFrame) -> Table:
    counts = ("both right", "only the first", "only the other", "neither")
    ahead = ("first ahead in accuracy, points (95%)", "in F1 (95%)")
    rows = [
        [
            pair.one,
            pair.other,
            *map(document.number, (pair.both, pair.only_one, pair.only_other, pair.neither)),
            document.number(points(pair.difference, pair.difference_low, pair.difference_high)),
            document.number(points(pair.f1_difference, pair.f1_difference_low, pair.f1_difference_high)),
            *map(document.number, (p_value(pair.p), p_value(pair.p_holm))),
            "yes" if pair.differ else "no",
        ]
        for pair in pairs.itertuples(index=False)
    ]
    numbers = (*counts, *ahead, "p", "p, Holm")
    return document.table(["model", "other model", *map(document.number, numbers), "differ"], rows)


def _per_class(table: pd.DataFrame) -> Table:
    rows = [
        [name, document.number(clips), *(document.number(percent(share), share=share) for share in shares)]
        for name, clips, *shares in table.itertuples(index=False, name=None)
    ]
    return document.table(["class", *map(document.number, ("clips", *table.columns[2:]))], rows)


def _disagreements(table: pd.DataFrame, sounds: Mapping[str, str]) -> Table:
    rows = [
        [
            Cell(clip, sound=sounds.get(clip, "")),
            true,
            document.number(right),
            *(Cell(answer, "yes" if answer == true else "no") for answer in answers),
        ]
        for clip, true, right, *answers in table.itertuples(index=False, name=None)
    ]
    return document.table(["clip", "true", document.number("right"), *table.columns[3:]], rows)
