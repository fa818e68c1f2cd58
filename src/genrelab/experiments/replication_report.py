"""The thesis's tables 1-5 next to ours: pure functions on results, for the terminal, as Markdown and as a table."""

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd
from tabulate import tabulate

from genrelab.console import format_table
from genrelab.evaluation import thesis_results

METRICS = ("accuracy", "precision", "recall", "f1")
HEAD = (
    ("", "model"),
    *(("thesis", name) for name in ("accuracy %", "precision", "recall", "F1")),
    *(("ours", name) for name in ("accuracy %", "95%", "precision", "recall", "F1")),
)


class Ours(NamedTuple):
    """A model's figures on the test clips as shares (0...1), macro except for accuracy, which has a 95% interval.

    `right` and `of` are the right answers and the test clips of each class; `run` is the id of the MLflow run.
    """

    accuracy: float
    low: float
    high: float
    precision: float
    recall: float
    f1: float
    clips: int
    right: dict[str, int]
    of: dict[str, int]
    run: str


class ReplicationSettings(NamedTuple):
    """The conditions of our figures: `clips` counts the usable clips; `train`, `valid` and `test` are in clips, too."""

    dataset: str
    clips: int
    classes: int
    split: str
    train: int
    valid: int
    test: int
    epochs: int
    batch_size: int
    trials: int
    seed: int
    fast: bool
    minutes: float = 0.0  # time limit of a training; 0: none


def table(ours: Mapping[tuple[str, str], Ours]) -> pd.DataFrame:
    """Return one row per experiment and model of the thesis, in the order of its tables, figures in percent.

    `inside` says whether the thesis's accuracy lies in our 95% interval. Values that `ours` lacks are NaN or NA.
    """
    rows = []
    for (experiment, model), reported in thesis_results.REPORTED.items():
        row = {"table": thesis_results.EXPERIMENTS[experiment].table, "experiment": experiment, "model": model}
        row |= {f"thesis_{name}": getattr(reported, name) for name in METRICS}
        found = ours.get((experiment, model))
        for name in ("accuracy", "low", "high", "precision", "recall", "f1"):
            row[name] = round(100 * getattr(found, name), 1) if found else float("nan")
        row["clips"] = found.clips if found else pd.NA
        row["run"] = found.run if found else ""
        row["inside"] = found.low <= reported.accuracy / 100 <= found.high if found else pd.NA
        rows.append(row)
    return pd.DataFrame(rows).astype({"clips": "Int64", "inside": "boolean"})


def terminal(ours: Mapping[tuple[str, str], Ours]) -> str:
    """Return the five tables as text, the thesis's figures next to ours, and the right answers below each."""
    head = [f"{whose}\n{name}" for whose, name in HEAD]
    parts = []
    for name, experiment in thesis_results.EXPERIMENTS.items():
        classes, *right = right_answers(ours, name)
        shown = [f"Table {experiment.table}: {experiment.title}", format_table(head, figures(ours, name))]
        parts.append("\n\n".join([*shown, format_table(classes, right)]))
    return "\n\n\n".join(parts)


def markdown(ours: Mapping[tuple[str, str], Ours], protocol: ReplicationSettings) -> str:
    """Return the report as a Markdown page: its conditions, tables, right answers, and the differences."""
    p = protocol
    head = [f"{whose} {name}".strip() for whose, name in HEAD]
    parts = [
        f"# The thesis's tables 1-5, replicated on {p.dataset}",
        conditions(p),
    ]
    for name, experiment in thesis_results.EXPERIMENTS.items():
        parts += [
            f"## Table {experiment.table}: {experiment.title}",
            tabulate(figures(ours, name), head, tablefmt="github", disable_numparse=True),
            "Correct answers on the test clips:",
            tabulate(right_answers(ours, name), "firstrow", tablefmt="github", disable_numparse=True),
        ]
        runs = [f"{model} `{ours[name, model].run}`" for model in _models(name) if (name, model) in ours]
        parts += [f"Runs: {', '.join(runs)}"] * bool(runs)
    parts += ["## What differs from the thesis's protocol", "\n".join(f"- {line}" for line in differences(protocol))]
    parts += ["## What the thesis's own figures say", "\n".join(f"- {note}" for note in thesis_results.NOTES)]
    return "\n\n".join(parts) + "\n"


def conditions(protocol: ReplicationSettings) -> str:
    """Return the conditions of our figures, and how to read them."""
    p = protocol
    return (
        f"{p.clips} clips in {p.classes} classes; split {p.split}: {p.train} train, {p.valid} validation, {p.test} "
        f"test clips; {p.epochs} epochs in batches of {p.batch_size}; {p.trials} trials a search; seed {p.seed}. "
        "Figures are in percent; precision, recall and F1 are macro; the interval is for our accuracy."
    )


def differences(protocol: ReplicationSettings) -> list[str]:
    """Return a line for each difference between the thesis's protocol and ours, the most important first."""
    p = protocol
    lines = _about_corpus(p)
    if p.fast:
        lines.append("fast mode: few epochs and trials; it only shows that everything runs")
    lines += [
        f"choosing: on {p.valid} validation clips taken out of train; the thesis maximises validation accuracy but "
        "describes no validation part, so it probably chose on its test clips",
        "test: each model is scored on it once, after all choices are made",
        f"test clips: {p.test}, in the thesis {thesis_results.TEST_CLIPS}; it is not known which",
        _about_split(p),
        "input: each mel band is standardised on the training part; the thesis describes no normalisation, and "
        "without any, the CNN stalls near chance",
        "CRNN: batch normalisation's momentum is 0.9; Keras's default is 0.99, and the thesis does not give it",
        "CNN: the dense layer has 64 units unless tuned; the thesis does not give its size",
        f"search: {p.trials} trials in ranges read off the thesis's winners; it gives neither number nor ranges",
    ]
    if (p.epochs, p.batch_size) != (thesis_results.EPOCHS, thesis_results.BATCH_SIZE):
        lines.append(
            f"training: {p.epochs} epochs in batches of {p.batch_size}; "
            f"the thesis {thesis_results.EPOCHS} in batches of {thesis_results.BATCH_SIZE}"
        )
    if p.minutes:
        lines.append(f"training: cut short after {p.minutes:.3g} minutes; the runs say after how many steps")
    return lines


def _about_corpus(p: ReplicationSettings) -> list[str]:
    if p.dataset != "gtzan":
        line = (
            f"corpus: {p.dataset}, {p.clips} clips in {p.classes} classes, not GTZAN's {thesis_results.CLIPS} in ten; "
            "the figures are not comparable at all"
        )
        return [
            f"{line} and, because the music is made up, say nothing about music" if p.dataset == "synthetic" else line
        ]
    if p.clips != thesis_results.CLIPS:
        return [
            f"corpus: {p.clips} clips of GTZAN, the thesis {thesis_results.CLIPS} (without jazz.00054); here a clip is "
            "left out if it does not decode or has the same samples as another"
        ]
    return []


def _about_split(p: ReplicationSettings) -> str:
    ours = f"{p.train} train, {p.valid} validation and {p.test} test clips"
    if p.split != "random":
        return f"split: {p.split}, {ours}; the thesis 80:20 by clip"
    return f"split: by clip, {ours}; the thesis 80:20, all else train. Neither keeps an artist's clips together"


def _models(experiment: str) -> list[str]:
    return [model for name, model in thesis_results.REPORTED if name == experiment]


def figures(ours: Mapping[tuple[str, str], Ours], experiment: str) -> list[list[str]]:
    """Return one row per model of the experiment: its name, the thesis's figures and ours, in the order of HEAD."""
    rows = []
    for model in _models(experiment):
        reported, found = thesis_results.REPORTED[experiment, model], ours.get((experiment, model))
        row = [model, *(str(getattr(reported, name)) for name in METRICS)]
        if found:
            accuracy, *others = (f"{100 * getattr(found, name):.1f}" for name in METRICS)
            row += [accuracy, f"{100 * found.low:.0f}-{100 * found.high:.0f}", *others]
        rows.append(row + ["-"] * (len(HEAD) - len(row)))
    return rows


def _classes(ours: Mapping[tuple[str, str], Ours], experiment: str) -> list[str]:
    """Return the thesis's classes, then others that occur in our test clips."""
    own = [name for model in _models(experiment) if (experiment, model) in ours for name in ours[experiment, model].of]
    return list(dict.fromkeys([*thesis_results.TEST_CLIPS_OF[thesis_results.EXPERIMENTS[experiment].task], *own]))


def right_answers(ours: Mapping[tuple[str, str], Ours], experiment: str) -> list[list[str]]:
    """Return the classes, then two rows per model, the thesis's and ours: right answers out of test clips."""
    classes, asked = (
        _classes(ours, experiment),
        thesis_results.TEST_CLIPS_OF[thesis_results.EXPERIMENTS[experiment].task],
    )
    rows = [["right", *classes]]
    for model in _models(experiment):
        found = ours.get((experiment, model))
        rows.append([f"{model} thesis", *_shares(thesis_results.REPORTED[experiment, model].right, asked, classes)])
        rows.append([f"{model} ours", *_shares(found.right if found else {}, found.of if found else {}, classes)])
    return rows


def _shares(right: Mapping[str, int], of: Mapping[str, int], classes: list[str]) -> list[str]:
    return [f"{right.get(name, 0)}/{of[name]}" if name in of else "-" for name in classes]
