"""The table of the zoo in Markdown: pure functions. docs/zoo.md consists of blocks that are replaced by name."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from genrelab import plugins
from genrelab.classifiers.ensemble_spec import Ensemble
from genrelab.features._base import JOIN
from genrelab.models import Paper

CUT_SHORT = "Cut short by the budget, so their figures do not show what the models can do"
OWN = Paper(cite="own", reported="-", data="-", left_open="", differs="")  # for a model that names no paper


class Row(NamedTuple):
    """A model: its paper, its run and figures by metric name; or why it failed.

    `cut_short` says in words how a budget ended its training, "" if it did not.
    """

    model: str
    paper: Paper
    run: str
    metrics: Mapping[str, float]
    failure: str
    cut_short: str = ""


class About(NamedTuple):
    """What the figures are about: the corpus, its clips, how many of them are tested; and the command."""

    dataset: str
    task: str
    split: str
    clips: int
    tested: int
    classes: int
    folds: int
    seed: int
    command: str

    @property
    def name(self) -> str:
        """The name of its block in docs/zoo.md."""
        return f"{self.dataset} {self.task} {self.split}"


def paper_of(name: str) -> Paper:
    """Return the paper of a model or an ensemble."""
    return Ensemble.PAPER if JOIN in name else getattr(plugins.load("models", name), "PAPER", OWN)


def table(rows: Sequence[Row], about: About) -> str:
    """Return the tables of one corpus, best first, failures last; models cut short by a budget have their own table."""
    folds = f", each tested once in {about.folds} folds" if about.folds > 1 else ""
    lines = [
        f"### {about.dataset}, {about.task}, split {about.split}",
        "",
        f"{about.clips} clips of {about.classes} classes, {about.tested} of them tested{folds}; seed {about.seed}. "
        "95% intervals in brackets. Made by:",
        "",
        f"```\n{about.command}\n```",
        "",
        "| model | system | reported | accuracy here, % | F1, % | training, s | size, MiB |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_line(row, row.paper.reported) for row in ranked(rows)]
    for row in rows:
        if row.failure:
            cells = [f"`{row.model}`", short(row.paper.cite), row.paper.reported, f"failed: {row.failure}", "", "", ""]
            lines.append(f"| {' | '.join(map(_cell, cells))} |")
    if cut := ranked(rows, cut_short=True):
        lines += [
            "",
            f"{CUT_SHORT}:",
            "",
            "| model | system | trained | accuracy here, % | F1, % | training, s | size, MiB |",
            "|---|---|---|---|---|---|---|",
            *(_line(row, row.cut_short) for row in cut),
        ]
    return "\n".join(lines) + "\n"


def ranked(rows: Sequence[Row], *, cut_short: bool = False) -> list[Row]:
    """Return the trained models, best first: those trained to the end, or those cut short."""
    trained = [row for row in rows if row.run and bool(row.cut_short) is cut_short]
    return sorted(trained, key=lambda row: -row.metrics["test_accuracy"])


def _line(row: Row, third: str) -> str:
    """Return a model's line; its third column says what the paper reported, or how far the model was trained."""
    f = row.metrics
    cells = [
        f"`{row.model}`",
        short(row.paper.cite),
        third,
        f"**{100 * f['test_accuracy']:.1f}** ({100 * f['test_accuracy_low']:.0f}-{100 * f['test_accuracy_high']:.0f})",
        f"{100 * f['test_f1']:.1f}",
        f"{f['train_seconds']:.0f}",
        f"{f['model_bytes'] / 2**20:.1f}" if "model_bytes" in f else "-",
    ]
    return f"| {' | '.join(map(_cell, cells))} |"


def frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Return the rows as a table of numbers."""
    metrics = ["test_accuracy", "test_accuracy_low", "test_accuracy_high", "test_f1", "train_seconds", "model_bytes"]
    metrics += ["optimizer_steps", "epochs_trained"]
    return pd.DataFrame(
        [
            {
                "model": row.model,
                "paper": row.paper.cite,
                "reported": row.paper.reported,
                **{name: row.metrics.get(name) for name in metrics},
                "run": row.run,
                "cut_short": row.cut_short,
                "failure": row.failure,
            }
            for row in rows
        ]
    )


def systems() -> str:
    """Return the list of all models: paper, what it reported on which data, what it leaves open, what differs here."""
    lines = []
    for name in plugins.names("models"):
        paper = paper_of(name)
        reported = "" if paper.reported == "-" else f" Reported: {_sentence(f'{paper.reported} ({paper.data})')}"
        lines.append(f"- **`{name}`**: {_sentence(paper.cite)}{reported}")
        if paper.left_open:
            lines.append(f"  Left open there: {_sentence(paper.left_open)}")
        if paper.differs:
            lines.append(f"  Different here: {_sentence(paper.differs)}")
    return "\n".join(lines) + "\n"


def short(cite: str) -> str:
    """Return authors and year of a citation.

    >>> short("Tzanetakis & Cook 2002, Musical Genre Classification of Audio Signals")
    'Tzanetakis & Cook 2002'
    """
    return cite.partition(", ")[0]


def put(page: str, name: str, block: str) -> str:
    """Return the page with the block of that name replaced, or added at its end."""
    first, last = f"<!-- zoo: {name} -->\n", "<!-- end -->\n"
    before, found, rest = page.partition(first)
    if not found:
        return f"{page.rstrip()}\n\n{first}{block}{last}"
    return f"{before}{first}{block}{last}{rest.partition(last)[2]}"


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ")


def main() -> None:
    """Update the list of systems in docs/zoo.md, after a model or its PAPER has changed."""
    page = Path("docs/zoo.md")
    page.write_text(put(page.read_text(encoding="utf-8"), "systems", systems()), encoding="utf-8")


if __name__ == "__main__":
    main()
