"""The zoo as an HTML page: the models, best first, the failed ones, and where each departs from its paper."""

from collections.abc import Mapping, Sequence

from genrelab.experiments.zoo_report import CUT_SHORT, About, Row, ranked, short
from genrelab.html import page as document
from genrelab.html.page import Cell


def page(rows: Sequence[Row], about: About) -> str:
    """Return the page of a zoo."""
    failed = [row for row in rows if row.failure]
    head = ["model", "system", *map(document.number, ("accuracy %", "95%", "F1 %", "training s", "size MiB"))]
    departs = [row for row in rows if row.paper.left_open or row.paper.differs]
    return document.render(
        "zoo",
        title=f"Zoo: {about.dataset}, {about.task}, split {about.split}",
        lead=lead(rows),
        models=document.table(
            [*head, "reported by its authors", "run"], [_figures(row, row.paper.reported) for row in ranked(rows)]
        ),
        cut_short=document.table(
            [*head, "trained", "run"], [_figures(row, row.cut_short) for row in ranked(rows, cut_short=True)]
        ),
        about_cut_short=CUT_SHORT,
        remarks=[
            f"{about.tested} of {about.clips} clips in {about.classes} classes are test clips, "
            f"{about.folds} fold{'s' * (about.folds > 1)}, seed {about.seed}; all models were scored on the "
            "same clips.",
            "The authors' figures are on other clips and other splits and cannot be compared with the figures here.",
        ],
        failed=document.table(["model", "why"], [[row.model, row.failure] for row in failed]),
        differs=document.table(
            ["model", "the paper leaves open", "different here"],
            [[row.model, row.paper.left_open, row.paper.differs] for row in departs],
        ),
        command=about.command,
    )


def lead(rows: Sequence[Row]) -> str:
    """Return what the table says, in a few sentences."""
    trained, cut = ranked(rows), ranked(rows, cut_short=True)
    failed = sum(bool(row.failure) for row in rows)
    said = "No model finished training."
    if trained:
        best = trained[0].metrics
        near = sum(row.metrics["test_accuracy_high"] >= best["test_accuracy_low"] for row in trained[1:])
        said = (
            f"{trained[0].model} has the highest accuracy of {len(trained)}: {100 * best['test_accuracy']:.1f}% "
            f"(95%: {_span(best)})" + f"; {_counted(near)} its own" * bool(near) + "."
        )
    said += f" {len(cut)} cut short by the budget." * bool(cut)
    return said + f" {failed} failed." * bool(failed)


def _counted(near: int) -> str:
    return "the interval of one other overlaps" if near == 1 else f"the intervals of {near} others overlap"


def _figures(row: Row, remark: str) -> list[str | Cell]:
    found = row.metrics
    low, value, high = (found[f"test_accuracy{end}"] for end in ("_low", "", "_high"))
    size = f"{found['model_bytes'] / 2**20:.1f}" if "model_bytes" in found else "-"
    return [
        row.model,
        short(row.paper.cite),
        document.number(f"{100 * value:.1f}"),
        document.number(_span(found), interval=(low, value, high)),
        document.number(f"{100 * found['test_f1']:.1f}"),
        document.number(f"{found['train_seconds']:.0f}"),
        document.number(size),
        remark,
        row.run[:8],
    ]


def _span(found: Mapping[str, float]) -> str:
    return f"{100 * found['test_accuracy_low']:.0f}-{100 * found['test_accuracy_high']:.0f}"
