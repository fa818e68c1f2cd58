"""The robustness experiment as an HTML page: the worst alteration in words, the picture, all alterations."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from genrelab.evaluation.terminal import points
from genrelab.html import page as document


def page(title: str, table: pd.DataFrame, picture: bytes, remarks: Sequence[str]) -> str:
    """Return the page; `table` is that of robustness.figures, `picture` a PNG file."""
    rows = []
    for row in table.itertuples():
        surely = "no" if row.accuracy_change_high < 0 else ""
        accuracy, f1, changed = changes(row)
        rows.append(
            [
                row.kind,
                row.alteration,
                document.number(f"{100 * row.accuracy:.1f}", share=row.accuracy),
                document.Cell(accuracy, f"number {surely}".strip()),
                *map(document.number, (f"{100 * row.f1:.1f}", f1, changed)),
            ]
        )
    names = ("accuracy %", "change, points (95%)", "F1 %", "change, points (95%)", "answers changed %")
    return document.render(
        "robustness",
        title=f"Robustness: {title}",
        lead=sentence(table),
        changes=document.Picture(picture, "Change of accuracy and F1 under each alteration, with 95% intervals"),
        alterations=document.table(["", "alteration", *map(document.number, names)], rows),
        remarks=remarks,
    )


def changes(row: Any) -> tuple[str, str, str]:
    """Return the changes of accuracy and F1 with their intervals, and the share of changed answers, as text."""
    if not row.kind:
        return "", "", ""
    accuracy = (row.accuracy_change, row.accuracy_change_low, row.accuracy_change_high)
    f1 = (row.f1_change, row.f1_change_low, row.f1_change_high)
    return points(*accuracy), points(*f1), f"{100 * row.answers_changed:.0f}"


def sentence(table: pd.DataFrame) -> str:
    """Say which alteration costs the most, and how many surely cost accuracy."""
    unaltered, altered = table.iloc[0], table.iloc[1:]
    worst = altered.loc[altered["accuracy_change"].idxmin()]
    surely = int((altered["accuracy_change_high"] < 0).sum())
    return (
        f"{100 * unaltered['accuracy']:.1f}% of {unaltered['clips']} unaltered clips right; {surely} of "
        f"{len(altered)} alterations clearly cost accuracy; the worst, {worst['alteration']}, changes it by "
        f"{points(*worst[['accuracy_change', 'accuracy_change_low', 'accuracy_change_high']])} points."
    )
