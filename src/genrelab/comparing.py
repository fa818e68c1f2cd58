"""The leaderboard: the latest scored run of each configuration on the same corpus version, task and split."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from tabulate import tabulate

from genrelab import plots, tracking
from genrelab.errors import DataError
from genrelab.preparing import Prepared

COLUMNS = [
    "model",
    "accuracy",
    "low",
    "high",
    "f1",
    "precision",
    "recall",
    "parameters",
    "train_seconds",
    "settings",
    "run",
]


def leaderboard(prepared: Prepared) -> pd.DataFrame:
    """Print, write and log the leaderboard: a row a configuration, best accuracy first; shares in 0...1."""
    config = prepared.config
    runs = tracking.scored(prepared.version.table, config.task, config.split, prepared.test_digest)
    if not runs:
        raise DataError(
            f"no scored run on this version of '{config.dataset}', task {config.task}, split {config.split}; "
            f"train one with: mlflow run . -e train -P dataset={config.dataset}"
        )
    table = pd.DataFrame(_rows(runs), columns=COLUMNS).sort_values("accuracy", ascending=False, kind="stable")
    title = f"{config.dataset}, {config.task}, split {config.split}: {_test_clips(runs)} test clips"
    print(f"{title}\n{_terminal(table)}")
    folder = Path("reports") / config.dataset
    folder.mkdir(parents=True, exist_ok=True)
    table.to_csv(folder / f"leaderboard-{config.task}-{config.split}.csv", index=False)
    tracking.log_table(table, "leaderboard")
    tracking.log_text(f"{title}\n\n{_terminal(table)}\n", "leaderboard.txt")
    rows = [(row.model, row.accuracy, row.low, row.high) for row in table.itertuples()]
    tracking.log_picture(plots.leaderboard(rows, title), "leaderboard")
    return table


def _rows(runs: Sequence[Any]) -> list[list[Any]]:
    seen, rows = set(), []
    for run in runs:  # latest first
        tags, found = run.data.tags, run.data.metrics
        configuration = (tags["model"], tags["config.uid"])
        if configuration in seen:
            continue
        seen.add(configuration)
        rows.append(
            [
                tags["model"],
                found["test_accuracy"],
                found["test_accuracy_low"],
                found["test_accuracy_high"],
                found["test_f1"],
                found["test_precision"],
                found["test_recall"],
                int(found.get("parameters", 0)),
                found.get("train_seconds", 0.0),
                tags["settings"],
                run.info.run_id[:8],
            ]
        )
    return rows


def _test_clips(runs: Sequence[Any]) -> int:
    return int(runs[0].data.metrics["test_clips"])


def _terminal(table: pd.DataFrame) -> str:
    rows = [
        [
            row.model,
            f"{100 * row.accuracy:.1f}",
            f"{100 * row.low:.0f}-{100 * row.high:.0f}",
            f"{100 * row.f1:.1f}",
            f"{100 * row.precision:.1f}",
            f"{100 * row.recall:.1f}",
            f"{row.parameters:,}" if row.parameters else "-",
            f"{row.train_seconds:.0f}",
            row.settings,
            row.run,
        ]
        for row in table.itertuples()
    ]
    head = ["model", "accuracy %", "95%", "F1 %", "precision %", "recall %", "parameters", "seconds", "settings", "run"]
    return tabulate(rows, head, tablefmt="simple", disable_numparse=True)
