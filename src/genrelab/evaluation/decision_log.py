"""Record decisions on the champion: each is a run, and appears in the descriptions of both its versions."""

import datetime
import getpass
import json
import time
from typing import NamedTuple

import pandas as pd

from genrelab.config import Config
from genrelab.console import format_table
from genrelab.evaluation.decision import BY_HAND, OVERTAKEN, REFUSED, Decision, note, outcome
from genrelab.tracking import ledger, registry, runs
from genrelab.tracking.registry import Version

MOVES = "moves_alias"  # tag of a decision's run, set before the alias moves
ABANDONED = 300.0  # seconds after which an unfinished decision on another machine counts as dead


class Move(NamedTuple):
    """A decision that moved the alias, or was about to when it was interrupted."""

    run_id: str
    decision: str
    before: str
    to: str
    when: str
    ended: bool


def carry_out(config: Config, name: str, known: dict[str, Version], decision: Decision) -> bool:
    """Record the decision, and move the alias if it says so; return whether the decision stands.

    It does not stand if another machine is deciding or has decided on the same champion. Each machine records its
    intention before it looks for others, so of two machines at least one sees the other and gives way.

    The decision is recorded before the alias moves, so that after a kill in between every champion has its decision and
    the way back.
    """
    when = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    tags = {
        "registered_model": name,
        "decision": decision.decision,
        "from": decision.champion,
        "to": decision.candidate,
        "forced": str(decision.forced),
        "reason": decision.reason,
        "who": getpass.getuser(),
        "when": when,
        "mlflow.note.content": note(name, decision),
    }
    title = f"{decision.decision}: {name} {decision.champion or '-'} -> {decision.candidate}"
    with runs.run(title, "promote", config, tags) as run_id:
        runs.log_metrics(decision.metrics)
        runs.log_text(json.dumps(decision._asdict(), indent=1), "decision.json")
        if decision.classes:
            runs.log_table(pd.DataFrame(decision.classes), "classes")
        if decision.decision == REFUSED:
            _enter(decision, known)
            registry.note_decision(name, decision.candidate, f"{when}: {outcome(decision)}")
            return True
        if _others(name, run_id) or registry.champion(name) != _expected(decision):
            runs.set_tags({"decision": OVERTAKEN})
            return False
        _enter(decision, known)
        runs.set_tags({MOVES: "true"})
        if decision.decision != BY_HAND:
            registry.set_champion(name, decision.candidate)
        _note_on_versions(name, decision, when)
        return True


def _enter(decision: Decision, known: dict[str, Version]) -> None:
    """Record the decision in the ledger of the test part it was made on, if any."""
    if decision.ledger:
        ledger.record(ledger.DECIDED, ledger.part_of(known[decision.candidate].run_tags))


def _others(name: str, run_id: str) -> bool:
    """Return whether other machines are moving the alias or about to move it."""
    now = 1000 * time.time()
    return any(
        run.info.status == "RUNNING"
        and run.info.run_id != run_id
        and run.data.tags["decision"] not in (REFUSED, OVERTAKEN)
        and now - run.info.start_time < 1000 * ABANDONED
        for run in registry.decisions(name)
    )


def _expected(decision: Decision) -> str:
    """Return the version that must hold the alias for the decision to apply."""
    return decision.candidate if decision.decision == BY_HAND else decision.champion


def _note_on_versions(name: str, decision: Decision, when: str) -> None:
    """Record the outcome in the descriptions of both versions, if they still exist."""
    outcomes = {
        decision.champion: f"{when}: no longer champion; succeeded by version {decision.candidate}",
        decision.candidate: f"{when}: {outcome(decision)}",
    }
    there = registry.versions_of(name)
    for version, line in outcomes.items():
        if version in there:
            registry.note_decision(name, version, line)


def moves(name: str) -> list[Move]:
    """Return the decisions on a model that moved its alias, latest first."""
    found = []
    for run in registry.decisions(name):
        tags, ended = run.data.tags, run.info.status == "FINISHED"
        if tags["decision"] not in (REFUSED, OVERTAKEN) and (ended or MOVES in tags):
            found.append(Move(run.info.run_id, tags["decision"], tags["from"], tags["to"], tags["when"], ended))
    return found


def complete(name: str, champion: str) -> Decision | None:
    """Finish and return the decision that made the champion if a kill interrupted it after the alias moved."""
    made = next((move for move in moves(name) if champion and move.to == champion), None)
    if made is None or made.ended:
        return None
    decision = Decision(**json.loads(runs.read_text(made.run_id, "decision.json")))
    _note_on_versions(name, decision, made.when)
    runs.finish(made.run_id)
    return decision


def table(name: str) -> str:
    """Return all decisions on the champion of a model as a table, latest first."""
    rows = []
    for run in registry.decisions(name):
        tags, found = run.data.tags, run.data.metrics
        notes = [
            word
            for word, so in (("by force", tags["forced"] == "True"), ("cut off", run.info.status != "FINISHED"))
            if so
        ]
        rows.append(
            [
                tags["when"],
                ", ".join([tags["decision"], *notes]),
                tags["from"] or "-",
                tags["to"],
                *(f"{100 * found[key]:.1f}" if key in found else "-" for key in ("champion_f1", "candidate_f1")),
                tags["who"],
                tags["reason"],
            ]
        )
    head = ["when", "decision", "from", "to", "F1 % from", "F1 % to", "who", "reason"]
    return format_table(head, rows, words=(0, 1, 2, 3, 6, 7))
