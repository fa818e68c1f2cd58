"""Render an audit's findings for the terminal and as an HTML page."""

from collections.abc import Mapping
from types import MappingProxyType

from genrelab.console import format_table
from genrelab.html import page as document
from genrelab.html.page import Cell, Picture, Table
from genrelab.quality.issues import KINDS, Audited, Sturm

ROWS = 2000  # findings on the page; audit.csv has all
LINES = 12  # findings on the terminal
KINDS_OF_COPIES = {
    "gain": "12 dB softer",
    "louder": "6 dB louder, peaks cut off where they must be",
    "offset": "begins 2-3 s later",
    "delay": "2-3 s of silence in front",
    "mp3": "MP3 at 64 kbit/s and back",
    "noise": "white noise, 20 dB below the sound",
    "resample": "at 44.1 kHz and back",
    "speed": "0.5 to 2% faster or slower",
    "all": "all of these but the speed",
}


def text(found: Audited, counts: Mapping[str, int]) -> str:
    """Return the summary for the terminal."""
    lines = [f"{found.dataset}: {len(found.table)} findings on {found.clips} clips"]
    if counts:
        rows = [[kind, str(n), KINDS[kind]] for kind, n in counts.items()]
        lines += ["", format_table(["finding", "clips", "what it means"], rows, words=(0, 2)), ""]
        for row in found.table.head(LINES).itertuples():
            lines.append(f"  {row.clip}: {row.finding}: {row.evidence}")
        if len(found.table) > LINES:
            lines.append(f"  and {len(found.table) - LINES} more, in audit.csv")
    return "\n".join([*lines, "", *remarks(found)])


def remarks(found: Audited) -> list[str]:
    """Return remarks on the findings, one line each."""
    lines = []
    if found.recall:
        planted = found.recall[0].planted
        named = ", ".join(f"{row.kind} {row.found}" for row in found.recall)
        wrong = sum(row.false for row in found.recall)
        lines.append(
            f"Search for near duplicates, tested on altered copies of {planted} clips; found of each kind: {named}; "
            f"{wrong} clip{'s' * (wrong != 1)} matched wrongly."
        )
    doubted = found.label_issues
    if doubted.accuracy == doubted.accuracy:
        unjudged = f"; {doubted.unjudged} classes with too few artists or clips are not judged" * bool(doubted.unjudged)
        lines.append(
            f"Label suspects come from a simple model that is right on {100 * doubted.accuracy:.0f}% of the "
            f"clips{unjudged}."
        )
    else:
        lines.append("No labels are doubted: fewer than two classes have clips by five artists or more.")
    lines.append(found.split)
    if found.sturm:
        listed, named_here, missed = found.sturm
        if listed:
            lines.append(
                f"Sturm (2013) lists {len(listed)} of these clips as repeated or distorted: {len(named_here)} are "
                f"among the findings, {len(missed)} are not{': ' * bool(missed)}{', '.join(missed[:20])}."
            )
        else:
            lines.append("Sturm (2013) lists none of these clips of GTZAN as repeated or distorted.")
    return lines


def page(
    found: Audited,
    counts: Mapping[str, int],
    pictures: Mapping[str, bytes],
    sounds: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Return the page; `pictures` are PNG files by name, `sounds` are addresses of sound files by clip, for players."""
    sturm = found.sturm or Sturm([], [], [])
    return document.render(
        "audit",
        title=f"Audit of {found.dataset}",
        lead=f"{len(found.table):,} findings on {found.clips:,} clips.",
        remarks=remarks(found),
        counts=document.table(
            ["finding", document.number("clips"), "what it means"],
            [[_words(kind), document.number(n), KINDS[kind]] for kind, n in counts.items()],
        ),
        findings=_findings(found, sounds),
        more=len(found.table) - ROWS,
        pictures=[Picture(png, _words(name).capitalize()) for name, png in pictures.items()],
        sturm=document.table(
            ["clip", "here"], [[clip, "found" if clip in sturm.found else "not found"] for clip in sturm.listed]
        ),
        recall=_recall(found),
    )


def _recall(found: Audited) -> Table:
    rows = [
        [row.kind, KINDS_OF_COPIES.get(row.kind, ""), *map(document.number, (row.planted, row.found, row.false))]
        for row in found.recall
    ]
    head = ["altered copy", "", *map(document.number, ("planted", "found", "wrong matches"))]
    return document.table(head, rows)


def _findings(found: Audited, sounds: Mapping[str, str]) -> Table:
    rows = [
        [_words(row.finding), row.label, Cell(row.clip, sound=sounds.get(row.clip, "")), row.evidence]
        for row in found.table.head(ROWS).itertuples(index=False)
    ]
    return document.table(["finding", "label", "clip", "evidence"], rows)


def _words(name: str) -> str:
    return name.replace("_", " ")
