"""Report how far sounds lie from a model's training clips, on the terminal and as an HTML page."""

from pathlib import Path

import numpy as np
import pandas as pd

from genrelab.console import format_table
from genrelab.corpus import OK
from genrelab.html import page as document
from genrelab.html.page import Cell
from genrelab.inference import predictions

ROWS = 100  # sounds on the page; the table holds all
LINES = 10  # sounds on the terminal


def page(title: str, table: pd.DataFrame, valid: np.ndarray, auc: tuple[float, float, float], picture: bytes) -> str:
    """Return the page.

    `table` is that of genrelab.inference.drift, farthest first; `valid`, float (clips,), are the validation clips'
    distances; `auc` is the area and its interval; `picture` is a PNG file.
    """
    good, bad = table[table["status"] == OK], table[table["status"] != OK]
    rows = [
        [
            Cell(row.path, sound=Path(row.path).absolute().as_uri()),
            document.number(f"{row.drift:.2f}", share=min(1.0, max(0.0, row.drift - 1))),
            row.label,
            document.number(f"{100 * row.probability:.0f}"),
        ]
        for row in good.head(ROWS).itertuples()
    ]
    head = ["sound", document.number("distance"), "label", document.number("%")]
    return document.render(
        "drift",
        title=f"Drift: {title}",
        lead=sentence(good["drift"].to_numpy(), valid, auc),
        distances=document.Picture(
            picture, "Distances to the training clips, for validation clips and for these sounds"
        ),
        farthest=document.table(head, rows),
        more=len(good) - len(rows),
        left_out=document.table(["sound", "reason"], bad[["path", "reason"]].to_numpy().tolist()),
        remarks=remarks(len(valid)),
    )


def sentence(distances: np.ndarray, valid: np.ndarray, auc: tuple[float, float, float]) -> str:
    """Return a sentence on how many sounds lie far off, and how well distance tells them from held-out clips."""
    area, low, high = auc
    beyond = int((distances > 1).sum())
    verdict = "these sounds differ from those that the model was trained on." if low > 0.5 else "that may be chance."
    if high < 0.5:
        verdict = "these are nearer than held-out clips are; was the model trained on them?"
    return (
        f"{beyond} of {len(distances)} sounds are farther from the training clips than 95% of {len(valid)} validation "
        f"clips are. Distance tells the two apart with an AUC of {area:.2f} (95%: {low:.2f} to {high:.2f}): "
        f"{verdict}"
    )


def remarks(valid: int) -> list[str]:
    """Return remarks on how to read the figures."""
    return [
        "The distance is that to the nearest training clips, as the model sees them; 95% of the validation clips are "
        "within 1.",
        f"An AUC of 0.5 is no better than chance; at 1, all sounds are farther than every one of {valid} validation "
        "clips.",
        "Near does not mean right: a genre that the model has never heard may be close to one that it has.",
    ]


def text(title: str, table: pd.DataFrame, said: str) -> str:
    """Return the text for the terminal."""
    good, bad = table[table["status"] == OK], table[table["status"] != OK]
    rows = [
        [predictions.legible(Path(row.path)), f"{row.drift:.2f}", row.label, f"{100 * row.probability:.0f}"]
        for row in good.head(LINES).itertuples()
    ]
    shown = format_table(["farthest", "drift", "label", "%"], rows, words=(0, 2))
    left_out = [
        f"left out: {predictions.legible(Path(row.path))} ({row.status}): {row.reason}"
        for row in bad.head(LINES).itertuples()
    ]
    return "\n".join([title, "", shown, "", *left_out, said])
