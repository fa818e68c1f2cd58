"""A comparison on the terminal: tables at most about 120 columns wide; the rest is only counted."""

import textwrap
from collections.abc import Sequence
from typing import Any

import pandas as pd

from genrelab.console import format_table
from genrelab.evaluation.tables import Comparison, LeftOut, left_out_summary
from genrelab.metrics import significance

WIDTH = 120
SETTINGS = 15  # columns, before a line break
ROWS = 15  # of pairs and of clips
NAMED = 4  # left-out runs to name, for each reason
MISSING = "-"


def leaderboard(found: Comparison) -> str:
    """Return the leaderboard with what is needed to read it."""
    head = ["model", "accuracy %\n(95%)", "F1 %\n(95%)", "group", "para-\nmeters", "train\ns", "size\nMiB"]
    head += ["ms a\nclip", "thesis\n%", "settings", "run"]
    rows = [
        [
            row.name,
            f"{percent(row.accuracy, 1)} ({span(row.low, row.high)})",
            f"{percent(row.f1, 1)} ({span(row.f1_low, row.f1_high)})",
            row.group,
            *cost(row),
            reported(row.thesis_accuracy, comparable=found.comparable),
            settings_text(row.settings),
            row.run,
        ]
        for row in found.table.itertuples(index=False)
    ]
    table = format_table(head, rows, words=(0, 3, 9, 10))
    return "\n".join([found.title, "", table, "", *wrapped(remarks(found)), *left_out_lines(found.left_out)])


def details(found: Comparison) -> str:
    """Return the tables below the leaderboard: pairs, classes, and clips on which models disagree."""
    return "\n\n".join([*_pairs(found.pairs), _per_class(found.per_class), _disagreements(found.disagreements)])


def remarks(found: Comparison) -> list[str]:
    """Return sentences on how to read the leaderboard."""
    lines = []
    if len(found.table) > 1:
        lines.append(
            f"group: models that share a letter do not differ significantly ({test(found)}, Holm's correction "
            f"over {len(found.pairs)} pair{'s' * (len(found.pairs) > 1)}, level {significance.LEVEL:.0%})"
        )
    if found.table.thesis_accuracy.notna().any() and not found.comparable:
        lines.append("*: the thesis's accuracy, on GTZAN, is not comparable with figures on this corpus")
    lines += [f"{row.name} was {row.cut_short}" for row in found.table.itertuples() if row.cut_short]
    lines.append(f"95%: bootstrap over {found.units}, stratified by class")
    return [*lines, *found.notes]


def test(found: Comparison) -> str:
    """Return the name of the test of the pairs."""
    if found.units.endswith(("artist", "artists")):
        return f"exact permutation test by artist, {found.units}"
    return f"McNemar's exact test, {found.units}"


def percent(share: float, digits: int = 0) -> str:
    """Return a share (0...1) in percent."""
    return number(100 * share, f".{digits}f")


def span(low: float, high: float) -> str:
    """Return an interval of shares in percent."""
    return MISSING if pd.isna(low) else f"{percent(low)}-{percent(high)}"


def points(difference: float, low: float, high: float) -> str:
    """Return a difference of shares in percentage points, with its interval."""
    return f"{100 * difference:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"


def number(value: float, form: str) -> str:
    """Return a formatted number, or a dash if it is missing."""
    return MISSING if pd.isna(value) else f"{value:{form}}"


def cost(row: Any) -> list[str]:
    """Return a row's parameters, seconds of training, MiB and milliseconds per clip."""
    return [
        number(row.parameters, ",.0f"),
        number(row.train_seconds, ".0f"),
        number(row.model_bytes / 2**20, ".1f"),
        number(row.predict_ms, ".1f"),
    ]


def reported(share: float, *, comparable: bool) -> str:
    """Return the thesis's accuracy in percent, starred if ours is on another corpus."""
    return percent(share) + "*" * (pd.notna(share) and not comparable)


def p_value(p: float) -> str:
    """Return a p value with two significant digits."""
    return "<0.0001" if p < 1e-4 else f"{p:.2g}"


def settings_text(text: str) -> str:
    """Return settings wrapped to their column, after commas; only a setting that is too long breaks inside."""
    parts = [part.replace(" ", "\0") if len(part) < SETTINGS else part for part in text.split(", ")]
    return textwrap.fill(", ".join(parts), SETTINGS).replace("\0", " ")


def _pairs(pairs: pd.DataFrame) -> list[str]:
    if pairs.empty:
        return []
    head = [
        "model",
        "model",
        "only first\nright",
        "only\nsecond",
        "first ahead, points\n(95%)",
        "p",
        "p, Holm",
        "differ",
    ]
    nearest = pairs.sort_values("p", kind="stable")
    rows = [
        [
            *(p.one, p.other, p.only_one, p.only_other, points(p.difference, p.difference_low, p.difference_high)),
            *(p_value(p.p), p_value(p.p_holm), "yes" if p.differ else "no"),
        ]
        for p in nearest.head(ROWS).itertuples()
    ]
    more = and_more(len(pairs) - len(rows), "pairs")
    return [f"Pairs: {pairs.differ.sum()} of {len(pairs)} differ\n\n{format_table(head, rows, words=(0, 1, 7))}{more}"]


def _per_class(table: pd.DataFrame) -> str:
    rows = [
        [name, str(clips), *(percent(share) for share in shares)]
        for name, clips, *shares in table.itertuples(index=False, name=None)
    ]
    return f"Accuracy of each class, %\n\n{fitted(rows, ['class', 'clips', *table.columns[2:]], 2, words=(0,))}"


def _disagreements(table: pd.DataFrame) -> str:
    if table.empty:
        return "The models disagree on no clip."
    rows = [[str(cell) for cell in row] for row in table.head(ROWS).itertuples(index=False, name=None)]
    more = and_more(len(table) - len(rows), "clips")
    title = f"The models disagree on {len(table)} clip{'s' * (len(table) > 1)}"
    return f"{title}\n\n{fitted(rows, list(table.columns), 3, words=(0, 1, *range(3, len(table.columns))))}{more}"


def fitted(rows: list[list[str]], head: list[str], own: int, words: Sequence[int]) -> str:
    """Return a table of as many leading columns as fit the width, at least `own` and one model's."""
    width, columns = -2, 0
    for title, *cells in zip(head, *rows, strict=True):
        width += max(len(title), *map(len, cells)) + 2
        if width > WIDTH and columns > own:
            break
        columns += 1
    more = and_more(len(head) - columns, "models")
    return format_table(head[:columns], [row[:columns] for row in rows], words) + more


def and_more(count: int, what: str) -> str:
    """Return the line under a table that says how many more there are, or ""."""
    return f"\n... and {count} more {what}: see the page" if count > 0 else ""


def left_out_lines(runs: Sequence[LeftOut]) -> list[str]:
    """Return lines on the runs that are not compared: how many, which, and why."""
    lines = wrapped([left_out_summary(runs)]) if runs else []
    for reason in dict.fromkeys(run.reason for run in runs):
        names = [f"{run.model} {run.run[:8]}" for run in runs if run.reason == reason]
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        lines.append(f"  {reason}: {', '.join(names[:NAMED])}{more}")
    return lines


def wrapped(sentences: Sequence[str]) -> list[str]:
    """Return sentences wrapped to the width."""
    return [textwrap.fill(sentence, WIDTH, subsequent_indent="  ") for sentence in sentences]
