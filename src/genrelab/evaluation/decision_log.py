"""Decisions on the champion, written down: each is a run, and stands in the descriptions of both its versions."""

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

MOVES = "moves_alias"  # tag of a decision's run, from before the alias moves
ABANDONED = 300.0  # seconds after which a decision that has not ended on another machine is taken for dead


class Move(NamedTuple):
    """A decision that has moved the alias, or was about to when it was cut off."""

    run_id: str
    decision: str
    before: str
    to: str
    when: str
    ended: bool


def carry_out(config: Config, name: str, known: dict[str, Version], decision: Decision) -> bool:
    """Write the decision down, and move the alias if it says so; return whether it stands.

    It does not where another machine decides or has decided on the same champion: each writes down what it is about to
    do before it looks for others, so that of two at least one sees the other and gives way.

    The decision is written before the alias moves: a kill in between leaves no champion without one, or without the way
    back.
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
    """Write the decision into the ledger of the test part that it was made on, if it was made on one."""
    if decision.ledger:
        ledger.record(ledger.DECIDED, ledger.part_of(known[decision.candidate].run_tags))


def _others(name: str, run_id: str) -> bool:
    """Return whether other machines are about to move the alias, or moving it."""
    now = 1000 * time.time()
    return any(
        run.info.status == "RUNNING"
        and run.info.run_id != run_id
        and run.data.tags["decision"] not in (REFUSED, OVERTAKEN)
        and now - run.info.start_time < 1000 * ABANDONED
        for run in registry.decisions(name)
    )


def _expected(decision: Decision) -> str:
    """Return where the alias must be for a decision to be about it."""
    return decision.candidate if decision.decision == BY_HAND else decision.champion


def _note_on_versions(name: str, decision: Decision, when: str) -> None:
    """Say in the descriptions of both versions, as far as they are there, what became of them."""
    outcomes = {
        decision.champion: f"{when}: champion no longer; succeeded by version {decision.candidate}",
        decision.candidate: f"{when}: {outcome(decision)}",
    }
    there = registry.versions_of(name)
    for version, line in outcomes.items():
        if version in there:
            registry.note_decision(name, version, line)


def moves(name: str) -> list[Move]:
    """Return the decisions on a model that have moved its alias, latest first."""
    found = []
    for run in registry.decisions(name):
        tags, ended = run.data.tags, run.info.status == "FINISHED"
        if tags["decision"] not in (REFUSED, OVERTAKEN) and (ended or MOVES in tags):
            found.append(Move(run.info.run_id, tags["decision"], tags["from"], tags["to"], tags["when"], ended))
    return found


def complete(name: str, champion: str) -> Decision | None:
    """Finish the decision that made the champion, and return it, where a kill came after the alias had moved."""
    made = next((move for move in moves(name) if champion and move.to == champion), None)
    if made is None or made.ended:
        return None
    decision = Decision(**json.loads(runs.read_text(made.run_id, "decision.json")))
    _note_on_versions(name, decision, made.when)
    runs.finish(made.run_id)
    return decision


def table(name: str) -> str:
    """Return every decision on the champion of a model, latest first, as a table."""
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
