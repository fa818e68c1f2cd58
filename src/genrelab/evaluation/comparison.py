"""compare: select the scored runs that may share a table, and report the comparison."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd
import yaml

from genrelab import plots
from genrelab.console import say, strip_styles
from genrelab.corpus import csv_text
from genrelab.errors import ConfigError, DataError
from genrelab.evaluation import html, tag_html, tag_tables, terminal
from genrelab.evaluation import tables as comparison
from genrelab.evaluation.tables import Comparison, Drawing, Entry, LeftOut
from genrelab.evaluation.tag_tables import TagComparison
from genrelab.metrics import classification
from genrelab.state import files
from genrelab.state.home import home
from genrelab.tracking import ledger
from genrelab.tracking import runs as tracking
from genrelab.training import prediction_table
from genrelab.training.experiment_data import SplitCorpus

# What the runs in a table have in common: tag of the run -> why a run with another value is left out.
COMMON = {
    "dataset": "on a different corpus",
    "data.table": "on a different version of the corpus",
    "task": "for a different task",
    "split": "on a different split",
    "data.test": "on different test clips",
}
EARLIER = "superseded by a later run of the same configuration"
ABOUT_FOLDS = (
    "folds: each clip is scored by its fold's model. ROC areas are means over the folds, because probabilities of "
    "different models share no scale to rank clips by; log loss and ECE are over the clips of all folds together and "
    "describe a procedure, not one model"
)
UNREADABLE = "with unreadable predictions"


def compare(data: SplitCorpus, runs: Sequence[str] = ()) -> Comparison | TagComparison:
    """Compare the latest scored run of each configuration on this corpus version, task, split and test clips.

    Or compare `runs`, given as ids or beginnings of ids. Raises ConfigError for a run that does not exist or was not
    scored, and DataError for a run on other data or if there is nothing to compare.
    """
    config = data.config
    wanted = common_tags(data)
    entries, left_out = (_named(runs, wanted), []) if runs else _latest(wanted)
    if not entries:
        also = comparison.left_out_summary(left_out)
        raise DataError(
            f"no scored run on this version of '{config.dataset}', task {config.task}, split {config.split}"
            f"{f' ({also})' if also else ''}; train one with: mlflow run . -e train -P dataset={config.dataset}"
        )
    clips = len(entries[0].answers)
    notes = [
        comparison.about_artists(data.corpus, data.folds),
        *([ABOUT_FOLDS] if len(data.folds) > 1 else []),
        f"data: version {data.version.table[:8]} of the corpus (DVC's hash)",
        f"ledger: {ledger.look_up(data.test_part).words}",
    ]
    title = f"{config.dataset}, {config.task}, split {config.split}: {clips} test clips"
    drawing = Drawing(data.corpus, config.metrics.bootstrap, config.seed)
    if data.corpus.multilabel:
        return tag_tables.compare(title, entries, data.corpus.classes, left_out, notes, drawing=drawing)
    return comparison.compare(
        title,
        entries,
        data.corpus.classes,
        left_out,
        notes,
        comparable=config.corpora[config.dataset]["kind"] == "gtzan",
        drawing=drawing,
    )


def leaderboard(data: SplitCorpus) -> Comparison | TagComparison:
    """Compare, print only the leaderboard, write and log everything, and return the comparison."""
    found = compare(data)
    report(found, data, brief=True)
    return found


def report(found: Comparison | TagComparison, data: SplitCorpus, *, brief: bool = False) -> None:
    """Print a comparison (only its leaderboard if `brief`), log it to the active run and write it to reports/."""
    config = data.config
    ledger.record(ledger.COMPARED, data.test_part)
    shown = _of_tags(found) if isinstance(found, TagComparison) else _of_classes(found, data)
    say(shown.board if brief else f"{shown.board}\n\n{shown.details}")
    folder, end = home() / "reports" / config.dataset, f"{config.task}-{config.split}"
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "leaderboard": found.table,
        "pairs": found.pairs,
        **shown.tables,
        "left_out": pd.DataFrame(found.left_out, columns=LeftOut._fields),
    }
    for name, table in tables.items():
        files.write_text(folder / f"{name}-{end}.csv", csv_text(table))
        tracking.log_table(table, name)
    for name, picture in shown.pictures.items():
        tracking.log_picture(picture, name)
    files.write_text(folder / f"compare-{end}.html", shown.page)
    tracking.log_text(shown.page, "compare.html")
    tracking.log_text(strip_styles(f"{shown.board}\n\n{shown.details}") + "\n", "leaderboard.txt")
    tracking.describe(shown.lead, "leaderboard.png")
    say(f"\nwritten: {folder / f'compare-{end}.html'}")


class _Shown(NamedTuple):
    """A rendered comparison: texts for the terminal, a sentence, a page, tables and pictures by name."""

    board: str
    details: str
    lead: str
    page: str
    tables: dict[str, pd.DataFrame]
    pictures: dict[str, Any]


def _of_classes(found: Comparison, data: SplitCorpus) -> _Shown:
    folder = home() / "reports" / data.config.dataset
    return _Shown(
        terminal.leaderboard(found),
        terminal.details(found),
        html.lead(found.table),
        html.page(found, data.corpus.sound_links(data.config.dataset, folder)),
        {"per_class": found.per_class, "disagreements": found.disagreements},
        {"leaderboard": _leaderboard(found), "per_class": _per_class(found)},
    )


def _of_tags(found: TagComparison) -> _Shown:
    rows = [(row.name, row.map, row.map_low, row.map_high) for row in found.table.itertuples(index=False)]
    defined = found.per_tag.dropna()
    shares = defined[defined.columns[2:]].to_numpy(float).T
    tags = [f"{row.tag} ({row.clips})" for row in defined.itertuples(index=False)]
    note = "average precision of each tag (its test clips), %"
    return _Shown(
        tag_html.leaderboard(found),
        tag_html.details(found),
        tag_html.lead(found),
        tag_html.page(found),
        {"per_tag": found.per_tag},
        {
            "leaderboard": plots.leaderboard(rows, found.title, "mAP"),
            "per_tag": plots.accuracy_by_class(shares, list(defined.columns[2:]), tags, found.title, note),
        },
    )


def common_tags(data: SplitCorpus) -> dict[str, str]:
    """Return the values of the COMMON tags that a run must have."""
    config = data.config
    chosen = {name: str(getattr(config, name)) for name in ("dataset", "task", "split")}
    return {**chosen, "data.table": data.version.table, "data.test": data.test_digest}


def _latest(wanted: dict[str, str]) -> tuple[list[Entry], list[LeftOut]]:
    """Return the latest run of each configuration, and the runs on the same-named corpus that are left out."""
    candidates: list[tuple[str, Entry]] = []  # with a key of its configuration; latest first
    left_out = []
    for run in tracking.scored(wanted["dataset"]):
        other = _other(run, wanted)
        try:
            reason = COMMON[other] if other else ""
            if not other:
                config_hash = run.data.tags.get("config.hash") or run.data.tags["config.uid"]  # its former name
                # In a nested search, the hyperparameters are not part of the config.
                candidates.append((f"{config_hash} {run.data.tags.get('nested', '')}", _entry(run)))
        except ConfigError:
            reason = UNREADABLE
        if reason:
            left_out.append(LeftOut(run.data.tags["model"], run.info.run_id, reason))
    # With several folds, a run may have scored one fold or all of them.
    clips = max((_clips(entry) for _, entry in candidates), key=len, default=set())
    entries: dict[tuple[str, str], Entry] = {}
    for config_hash, entry in candidates:
        if _clips(entry) != clips:
            left_out.append(LeftOut(entry.model, entry.run, COMMON["data.test"]))
        elif (entry.model, config_hash) in entries:
            left_out.append(LeftOut(entry.model, entry.run, EARLIER))
        else:
            entries[entry.model, config_hash] = entry
    return list(entries.values()), left_out


def _named(runs: Sequence[str], wanted: dict[str, str]) -> list[Entry]:
    entries: dict[str, Entry] = {}
    for beginning in runs:
        run = _find(beginning)
        tags, run_id = run.data.tags, run.info.run_id
        if other := _other(run, wanted):
            raise DataError(
                f"run '{beginning}' was scored {COMMON[other]} ({tags.get(other, 'not known')}, not {wanted[other]}); "
                "runs on different data cannot share a table"
            )
        entry = _entry(run)
        first = next(iter(entries.values()), entry)
        if _clips(entry) != _clips(first):
            raise DataError(f"run '{beginning}' was scored on different clips from '{first.run[:8]}'")
        entries[run_id] = entry
    return list(entries.values())


def _find(beginning: str) -> Any:
    """Return the scored training whose id begins with `beginning`."""
    if not re.fullmatch(r"[0-9a-f]{1,32}", beginning):
        raise ConfigError(f"runs must be a comma-separated list of run ids or beginnings of run ids, got '{beginning}'")
    found = tracking.beginning_with(beginning)
    if len(found) > 1:
        ids = ", ".join(sorted(run.info.run_id for run in found)[:4])
        raise ConfigError(f"{len(found)} run ids begin with '{beginning}', such as {ids}; give more of the id")
    if not found:
        raise ConfigError(f"no run id begins with '{beginning}'; the leaderboard and the UI show the ids")
    (run,) = found
    if not tracking.is_scored(run):
        raise ConfigError(f"run '{beginning}' ({run.info.run_name}) is not a finished training with test figures")
    return run


def _other(run: Any, wanted: dict[str, str]) -> str:
    """Return the first COMMON tag whose value differs from the wanted one, or ""."""
    return next((tag for tag in COMMON if run.data.tags.get(tag) != wanted[tag]), "")


def _clips(entry: Entry) -> set[str]:
    return set(entry.answers.index)


def _entry(run: Any) -> Entry:
    """Return a run with its answers; ConfigError if they cannot be read."""
    tags, run_id = run.data.tags, run.info.run_id
    table = prediction_table.read(run_id)
    of_tags = "test_map" in run.data.metrics  # compared by their probabilities, too
    answers = table if of_tags else table[["clip", "true", "predicted"]]
    space = tags.get("space", "")
    return Entry(
        tags["model"],
        tags["settings"],
        run_id,
        comparison.experiment(tags["model"], tags["task"], space, changed=not space and _changed(run_id)),
        run.data.metrics if of_tags else {**run.data.metrics, **_area(table)},
        answers.set_index("clip"),
        tags.get(tracking.CUT_SHORT, ""),
    )


def _area(table: pd.DataFrame) -> dict[str, float]:
    """Return the ROC area of a run with several folds as the mean over folds; old runs ranked all clips together.

    Empty for a run with one fold, whose logged area is right.
    """
    if table["fold"].nunique() < 2:
        return {}
    classes = [name for name in table.columns if name not in prediction_table.DTYPES]
    area = classification.roc_auc(
        pd.Categorical(table["true"], classes).codes.astype(int),
        table[classes].to_numpy(float),
        table["fold"].to_numpy(),
    )
    return {} if area is None else {"test_roc_auc": area}


def _changed(run_id: str) -> bool:
    """Return whether a run set hyperparameters."""
    return bool(yaml.safe_load(tracking.read_text(run_id, "config.yaml"))["hp"])


def _leaderboard(found: Comparison) -> Any:
    rows = [(row.name, row.accuracy, row.low, row.high) for row in found.table.itertuples(index=False)]
    return plots.leaderboard(rows, found.title)


def _per_class(found: Comparison) -> Any:
    table = found.per_class
    classes = [f"{row['class']} ({row.clips})" for _, row in table.iterrows()]
    return plots.accuracy_by_class(table[table.columns[2:]].to_numpy().T, list(table.columns[2:]), classes, found.title)
