"""The thesis's tables 1-5 next to ours, as an HTML page."""

from collections.abc import Mapping

import pandas as pd

from genrelab.evaluation import thesis_results
from genrelab.experiments import replication_report
from genrelab.experiments.replication_report import HEAD, Ours, ReplicationSettings
from genrelab.html import page as document


def page(ours: Mapping[tuple[str, str], Ours], settings: ReplicationSettings) -> str:
    """Return the page."""
    parts = []
    for name, experiment in thesis_results.EXPERIMENTS.items():
        right = replication_report.right_answers(ours, name)
        parts.append(
            {
                "title": f"Table {experiment.table}: {experiment.title}",
                "metrics": document.table(
                    ["model", *(document.number(f"{whose} {figure}") for whose, figure in HEAD[1:])],
                    [[model, *map(document.number, row)] for model, *row in replication_report.figures(ours, name)],
                ),
                "right": document.table(
                    ["", *map(document.number, right[0][1:])],
                    [[model, *map(document.number, row)] for model, *row in right[1:]],
                ),
            }
        )
    return document.render(
        "replication",
        title=f"The thesis's tables 1-5, replicated on {settings.dataset}",
        lead=lead(replication_report.table(ours)),
        settings=replication_report.conditions(settings),
        tables=parts,
        differences=replication_report.differences(settings),
        thesis=thesis_results.NOTES,
    )


def lead(table: pd.DataFrame) -> str:
    """Say in a sentence how many of the thesis's accuracies lie in our intervals; `table` is the report's."""
    done = table[table["inside"].notna()]
    return f"{int(done['inside'].sum())} of {len(done)} accuracies reported in the thesis lie inside our 95% intervals."
