"""Decisions on the champion, and their wording."""

from typing import Any, NamedTuple

from tabulate import tabulate

PROMOTED = "promoted"
REFUSED = "refused"
BY_HAND = "moved by hand"
ROLLED_BACK = "rolled back"
OVERTAKEN = "overtaken"  # by another machine's simultaneous decision; nothing was moved


class Decision(NamedTuple):
    """A decision on the champion: the outcome, from which version to which ("" for none), why, and the figures.

    `ledger` says in words how its test part was used before; "" if it used no test part.
    """

    decision: str  # PROMOTED, REFUSED, ROLLED_BACK or BY_HAND; the tag of its run may also be OVERTAKEN
    champion: str
    candidate: str
    reason: str
    forced: bool
    metrics: dict[str, float]
    classes: list[dict[str, Any]]  # per class: clips, right answers of both, Holm-corrected p value
    ledger: str = ""


def sentence(name: str, decision: Decision) -> str:
    """Return a decision in words."""
    if decision.decision == BY_HAND:
        return f"noticed: the champion of {name} was {decision.reason}"
    if decision.decision == ROLLED_BACK:
        return f"rolled back: version {decision.candidate} of {name} is champion again, in place of {decision.champion}"
    if decision.decision == PROMOTED:
        force = " by force" if decision.forced else ""
        before = f" in place of version {decision.champion}" if decision.champion else ""
        said = f"promoted{force}: version {decision.candidate} of {name} is champion{before}: {decision.reason}"
    else:
        kept = f"version {decision.champion} of {name} stays champion against {decision.candidate}"
        said = f"refused: {kept}: {decision.reason}"
    return f"{said}; {decision.ledger}" if decision.ledger else said


def outcome(decision: Decision) -> str:
    """Return what a decision means for its candidate."""
    if decision.decision == REFUSED:
        return f"refused against version {decision.champion}: {decision.reason}"
    before = f", in place of version {decision.champion}" if decision.champion else ""
    return f"champion{before} ({decision.decision}): {decision.reason}"


def note(name: str, decision: Decision) -> str:
    """Return a decision in Markdown, as the description of its run."""
    lines = [f"**{sentence(name, decision)}**", ""]
    if decision.classes:
        rows = [
            [row["class"], row["clips"], row["champion"], row["candidate"], f"{row['p']:.3f}"]
            for row in decision.classes
        ]
        head = ["class", "test clips", "right: champion", "right: candidate", "p (candidate worse, Holm)"]
        lines.append(tabulate(rows, head, tablefmt="github"))
    return "\n".join(lines)
