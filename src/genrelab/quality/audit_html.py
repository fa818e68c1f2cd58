"""What an audit has found, on the terminal and as an HTML page."""

from collections.abc import Mapping
from html import escape

from tabulate import tabulate

from genrelab.html import document
from genrelab.quality.issues import KINDS, Audited

ROWS = 2000  # of findings on the page; audit.csv has all
LINES = 12  # of findings on the terminal
KINDS_OF_COPIES = {
    "gain": "12 dB softer",
    "louder": "6 dB louder, peaks cut off where they must be",
    "offset": "begins 2-3 s later",
    "delay": "2-3 s of silence in front",
    "mp3": "MP3 at 64 kbit/s and back",
    "noise": "white noise, 20 dB below the sound",
    "resample": "at 44.1 kHz and back",
    "all": "all of these together",
}


def text(found: Audited, counts: Mapping[str, int]) -> str:
    """Return the summary for the terminal."""
    lines = [f"{found.dataset}: {len(found.table)} findings on {found.clips} clips"]
    if counts:
        rows = [[kind, n, KINDS[kind]] for kind, n in counts.items()]
        lines += ["", tabulate(rows, ["finding", "clips", "what it means"]), ""]
        for row in found.table.head(LINES).itertuples():
            lines.append(f"  {row.clip}: {row.finding}: {row.evidence}")
        if len(found.table) > LINES:
            lines.append(f"  and {len(found.table) - LINES} more, in audit.csv")
    return "\n".join([*lines, "", *remarks(found)])


def remarks(found: Audited) -> list[str]:
    """Return what should be known about the findings, a line each."""
    lines = []
    if found.recall:
        planted = found.recall[0].planted
        named = ", ".join(f"{row.kind} {row.found}" for row in found.recall)
        wrong = sum(row.false for row in found.recall)
        lines.append(
            f"Search for near duplicates, tried on altered copies of {planted} clips: found of each kind: {named}; "
            f"{wrong} clip{'s' * (wrong != 1)} named wrongly."
        )
    doubted = found.label_issues
    if doubted.accuracy == doubted.accuracy:
        unjudged = f"; {doubted.unjudged} classes of too few artists or clips are not judged" * bool(doubted.unjudged)
        lines.append(
            f"Label suspects are the doubts of a simple model that is right on {100 * doubted.accuracy:.0f}% of the "
            f"clips{unjudged}."
        )
    else:
        lines.append("No labels are doubted: fewer than two classes have clips of five artists or more.")
    lines.append(found.split)
    if found.sturm:
        listed, named_here, missed = found.sturm
        if listed:
            lines.append(
                f"Sturm (2013) has {len(listed)} of these clips as repeated or distorted: {len(named_here)} are among "
                f"the findings, {len(missed)} are not{': ' * bool(missed)}{', '.join(missed[:20])}."
            )
        else:
            lines.append("Sturm (2013) has none of these clips of GTZAN as repeated or distorted.")
    return lines


def page(found: Audited, counts: Mapping[str, int], pictures: Mapping[str, bytes]) -> str:
    """Return the page; `pictures` are PNG files by name."""
    parts = [document.note(f"{len(found.table)} findings on {found.clips} clips."), *map(document.note, remarks(found))]
    if counts:
        rows = [[kind, document.number(n), KINDS[kind]] for kind, n in counts.items()]
        parts.append(document.table(["finding", document.number("clips"), "what it means"], rows))
    parts += [document.picture(png, name.replace("_", " ")) for name, png in pictures.items()]
    if found.recall:
        parts += [document.heading("Can the search for near duplicates be trusted here?"), _recall(found)]
    if found.sturm and found.sturm.listed:
        rows = [[clip, "found" if clip in found.sturm.found else "not found"] for clip in found.sturm.listed]
        parts += [document.heading("Beside what Sturm found in GTZAN"), document.table(["clip", "here"], rows)]
    if len(found.table):
        parts += [document.heading("Findings"), _findings(found)]
    return document.page(f"Audit of {found.dataset}", parts)


def _recall(found: Audited) -> str:
    rows = [
        [row.kind, KINDS_OF_COPIES.get(row.kind, ""), *map(document.number, (row.planted, row.found, row.false))]
        for row in found.recall
    ]
    head = ["altered copy", "", *map(document.number, ("planted", "found", "other clips named"))]
    return document.table(head, rows)


def _findings(found: Audited) -> str:
    rows = [
        [row.finding.replace("_", " "), row.label, row.clip, row.evidence]
        for row in found.table.head(ROWS).itertuples(index=False)
    ]
    table = document.table(["finding", "label", "clip", "evidence"], rows)
    more = len(found.table) - ROWS
    return table + (document.note(escape(f"And {more} more, in audit.csv.")) if more > 0 else "")
