"""Which version of a registered model is the champion: a candidate must earn it, and every decision is kept.

The candidate takes the alias `champion` if it was scored on the same test clips as the champion, the 95% interval of
the difference in macro F1 (paired bootstrap, by artist where artists are known) lies above `promotion.min_gain`, and it
is significantly worse on no class; see paired_comparison. Under a task of several labels a clip, the difference is that
in mAP, and tags are not tested one by one. An alias that somebody has moved by hand is recorded as such
before anything else is decided. Of several machines that promote at once, one goes ahead and the others decide anew.
"""

import datetime
import getpass
import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from tabulate import tabulate

from genrelab import corpus
from genrelab.config import Config, Promotion
from genrelab.console import format_table
from genrelab.data import dvc
from genrelab.errors import ConfigError, DataError, ModelError, StoreError
from genrelab.evaluation import paired_comparison
from genrelab.state import locks
from genrelab.state.home import state_folder
from genrelab.tracking import ledger, registry, runs
from genrelab.tracking.registry import Version
from genrelab.training import prediction_table

BY_HAND = "moved by hand"
ROLLED_BACK = "rolled back"
OVERTAKEN = "overtaken"  # by another machine's decision at the same time; nothing was moved
MOVES = "moves_alias"  # tag of a decision's run, from before the alias moves
ATTEMPTS = 10  # to decide anew
ABANDONED = 300.0  # seconds after which a decision that has not ended on another machine is taken for dead
SAME = {"data.table": "version of the corpus", "task": "task", "split": "split", "data.test": "test clips"}


class Decision(NamedTuple):
    """A decision on the champion: what was decided, from which version to which ("" for none), why, and the figures.

    `ledger` says in words what had been done before with the test part that it was made on; "" if it was made on none.
    """

    decision: str  # promoted, refused, rolled back, moved by hand
    champion: str
    candidate: str
    reason: str
    forced: bool
    metrics: dict[str, float]
    classes: list[dict[str, Any]]  # of each class: clips, right answers of both, p value corrected by Holm
    ledger: str = ""


def promote(config: Config, name: str, version: str, *, force: bool) -> Decision:
    """Let a version challenge the champion: the one given, or the best of the others by validation macro F1."""

    def decide(known: dict[str, Version], champion: str) -> Decision:
        return _decide(known, champion, _candidate(known, champion, version, name), config, force=force)

    return _settle(config, name, lambda done: done.decision == "promoted" and version in ("", done.candidate), decide)


def rollback(config: Config, name: str) -> Decision:
    """Give the alias back to the version that was champion before the present one."""

    def decide(known: dict[str, Version], champion: str) -> Decision:
        if not champion:
            raise ModelError(f"model '{name}' has no champion to go back from")
        before = next(
            (move.before for move in _moves(name) if move.to == champion and move.decision != ROLLED_BACK), ""
        )
        if not before:
            raise ModelError(f"version {champion} of '{name}' is its first champion; there is none to go back to")
        if before not in known:
            raise ModelError(f"version {before} of '{name}', the champion before, has been deleted")
        metrics = _metrics(known, champion, before)
        return Decision(ROLLED_BACK, champion, before, "asked for", False, metrics, [])

    return _settle(config, name, lambda done: done.decision == ROLLED_BACK, decide)


def _settle(
    config: Config,
    name: str,
    suffices: Callable[[Decision], bool],
    decide: Callable[[dict[str, Version], str], Decision],
) -> Decision:
    """Decide and carry out; anew where another machine has moved the alias in the meantime.

    A decision that a kill has cut off is completed first; where that `suffices`, it is the answer.
    """
    with locks.exclusive_lock(_lock(name), "a promotion", wait=True):
        for _ in range(ATTEMPTS):
            known = known_versions(name)
            champion = registry.champion(name)
            done = _complete(name, champion)
            if done and suffices(done):
                return done
            _notice_hand(config, name, known, champion)
            known = known_versions(name)
            decision = decide(known, champion)
            if carry_out(config, name, known, decision):
                return decision
            time.sleep(random.uniform(0.2, 2.0))  # so that two that have given way to each other do not meet again
    raise StoreError(f"other machines decide on the champion of '{name}' all the time; try again later")


def _notice_hand(config: Config, name: str, known: dict[str, Version], champion: str) -> None:
    """Record it where the alias is not where the latest decision has put it."""
    recorded = next((move.to for move in _moves(name) if move.ended), "")
    if champion == recorded:
        return
    reason = f"moved by hand, {recorded or 'none'} -> {champion or 'none'}, untested"
    metrics = _metrics(known, recorded, champion)
    carry_out(config, name, known, Decision(BY_HAND, recorded, champion, reason, False, metrics, []))


def history(name: str) -> str:
    """Return every decision on the champion of a model, latest first, as a table."""
    known_versions(name)
    runs.name_project_run(f"promotions of {name}")
    rows = []
    for run in registry.decisions(name):
        tags, found = run.data.tags, run.data.metrics
        notes = [
            note
            for note, so in (("by force", tags["forced"] == "True"), ("cut off", run.info.status != "FINISHED"))
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


def sentence(name: str, decision: Decision) -> str:
    """Return a decision in words."""
    if decision.decision == BY_HAND:
        return f"noticed: the champion of {name} was {decision.reason}"
    if decision.decision == ROLLED_BACK:
        return f"rolled back: version {decision.candidate} of {name} is champion again, in place of {decision.champion}"
    if decision.decision == "promoted":
        force = " by force" if decision.forced else ""
        before = f" in place of version {decision.champion}" if decision.champion else ""
        said = f"promoted{force}: version {decision.candidate} of {name} is champion{before}: {decision.reason}"
    else:
        kept = f"version {decision.champion} of {name} stays champion against {decision.candidate}"
        said = f"refused: {kept}: {decision.reason}"
    return f"{said}; {decision.ledger}" if decision.ledger else said


def _lock(name: str) -> Path:
    return state_folder() / "promotion" / "".join(c if c.isalnum() else "-" for c in name)


def known_versions(name: str) -> dict[str, Version]:
    """Return all versions of a registered model, by number; ConfigError if there is no such model."""
    known = registry.versions_of(name)
    if not known:
        raise ConfigError(f"there is no registered model '{name}'. Known: {', '.join(registry.models()) or '(none)'}")
    return known


def _candidate(known: dict[str, Version], champion: str, version: str, name: str) -> str:
    """Return the version that challenges; test plays no part in choosing it."""
    if version:
        if version not in known:
            raise ConfigError(f"there is no version '{version}' of '{name}'. Known: {', '.join(known)}")
        if version == champion:
            raise ConfigError(f"version {version} of '{name}' is the champion already")
        return version
    others = {number: found for number, found in known.items() if number != champion and "valid_f1" in found.metrics}
    if champion:
        same = {number: found for number, found in others.items() if not _differences(known[champion], found)}
        others = same or others
    if not others:
        raise ModelError(f"model '{name}' has no version that was trained and scored, beside the champion")

    def by_validation(number: str) -> tuple[float, int]:
        found = others[number].metrics
        return found.get("valid_map", found["valid_f1"]), int(number)

    return max(others, key=by_validation)


def _decide(known: dict[str, Version], champion: str, candidate: str, config: Config, *, force: bool) -> Decision:
    challenger = known[candidate]
    if "test_f1" not in challenger.metrics:
        raise ModelError(f"version {candidate} was not scored on a test part; it cannot be promoted")
    metrics = _metrics(known, champion, candidate)
    if not champion:
        return Decision("promoted", "", candidate, "there was no champion", False, metrics, [])
    differing, looked_up = _differences(known[champion], challenger), ""
    of_tags = "test_map" in challenger.metrics
    old, new = (
        (pd.DataFrame(), pd.DataFrame()) if differing else (_predictions(known[champion]), _predictions(challenger))
    )
    if of_tags and {*old.columns} != {*new.columns}:
        differing = ["tags"]
    if differing:
        reason = f"the two were not scored on the same data; they differ in the {', the '.join(differing)}"
        classes: list[dict[str, Any]] = []
    else:
        measured = paired_comparison.gain_of_tags if of_tags else paired_comparison.gain
        gain = measured(old, new, _artists(config, challenger), resamplings=config.metrics.bootstrap, seed=config.seed)
        metrics |= {"gain": gain.gain, "gain_low": gain.low, "gain_high": gain.high}
        classes = [] if of_tags else paired_comparison.by_class(old, new)
        looked_up = ledger.look_up(ledger.part_of(challenger.run_tags)).words
        figure, key = ("mAP", "map") if of_tags else ("macro F1", "f1")
        reason = _objection(gain, classes, config.promotion, figure)
        tested = (
            f"{figure} {_pct(metrics[f'champion_{key}'])} -> {_pct(metrics[f'candidate_{key}'])}, {_interval(gain)}"
        )
        tested += "" if of_tags else f"; {paired_comparison.losses(classes)}"
    if not reason:
        return Decision("promoted", champion, candidate, tested, False, metrics, classes, looked_up)
    if force:
        return Decision("promoted", champion, candidate, f"although {reason}", True, metrics, classes, looked_up)
    return Decision("refused", champion, candidate, reason, False, metrics, classes, looked_up)


def _objection(gain: paired_comparison.Gain, classes: list[dict[str, Any]], rules: Promotion, figure: str) -> str:
    """Return why the challenger may not be champion, or ""."""
    if not gain.low > rules.min_gain:
        what = "no better than chance could have made it" if gain.gain > rules.min_gain else "not better"
        margin = f", which must lie above {_pct(rules.min_gain)}" if rules.min_gain else ""
        return f"its {figure} is {what}: {_interval(gain)}{margin}"
    worse = [row["class"] for row in classes if row["p"] < rules.level]
    if worse:
        return f"it is significantly worse on {', '.join(worse)} (level {rules.level:g}, Holm's correction)"
    return ""


def _interval(gain: paired_comparison.Gain) -> str:
    return (
        f"a difference of {100 * gain.gain:+.1f} points, 95% interval {100 * gain.low:+.1f} to {100 * gain.high:+.1f} "
        f"by {gain.units} {gain.by}"
    )


def _artists(config: Config, version: Version) -> dict[str, str]:
    """Return the artists of a version's corpus by clip; none where the corpus is not at hand.

    From a remote, its tables are fetched: every machine is to judge by the same artists.
    """
    name = version.run_tags.get("dataset", config.dataset)
    if name in config.corpora:
        dvc.pull_tables(config.derive({"dataset": name}))
    try:
        return {clip.id: clip.artist for clip in corpus.read(name).clips}
    except DataError:
        return {}


def _differences(one: Version, other: Version) -> list[str]:
    return [what for tag, what in SAME.items() if one.run_tags.get(tag) != other.run_tags.get(tag)]


def _metrics(known: dict[str, Version], champion: str, candidate: str) -> dict[str, float]:
    found = {}
    for role, number in (("champion", champion), ("candidate", candidate)):
        for figure in ("f1", "accuracy", "map"):
            if number in known and f"test_{figure}" in known[number].metrics:
                found[f"{role}_{figure}"] = known[number].metrics[f"test_{figure}"]
    return found


def _predictions(version: Version) -> pd.DataFrame:
    table = prediction_table.read(version.run_id)
    return table if "test_map" in version.metrics else table[["clip", "fold", "true", "predicted"]]


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
        "mlflow.note.content": _note(name, decision),
    }
    title = f"{decision.decision}: {name} {decision.champion or '-'} -> {decision.candidate}"
    with runs.run(title, "promote", config, tags) as run_id:
        runs.log_metrics(decision.metrics)
        runs.log_text(json.dumps(decision._asdict(), indent=1), "decision.json")
        if decision.classes:
            runs.log_table(pd.DataFrame(decision.classes), "classes")
        if decision.decision == "refused":
            _enter(decision, known)
            registry.note_decision(name, decision.candidate, f"{when}: {_outcome(decision)}")
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
        and run.data.tags["decision"] not in ("refused", OVERTAKEN)
        and now - run.info.start_time < 1000 * ABANDONED
        for run in registry.decisions(name)
    )


def _expected(decision: Decision) -> str:
    """Return where the alias must be for a decision to be about it."""
    return decision.candidate if decision.decision == BY_HAND else decision.champion


class _Move(NamedTuple):
    """A decision that has moved the alias, or was about to when it was cut off."""

    run_id: str
    decision: str
    before: str
    to: str
    when: str
    ended: bool


def _moves(name: str) -> list[_Move]:
    """Return them, latest first."""
    moves = []
    for run in registry.decisions(name):
        tags, ended = run.data.tags, run.info.status == "FINISHED"
        if tags["decision"] not in ("refused", OVERTAKEN) and (ended or MOVES in tags):
            moves.append(_Move(run.info.run_id, tags["decision"], tags["from"], tags["to"], tags["when"], ended))
    return moves


def _note_on_versions(name: str, decision: Decision, when: str) -> None:
    """Say in the descriptions of both versions, as far as they are there, what became of them."""
    outcomes = {
        decision.champion: f"{when}: champion no longer; succeeded by version {decision.candidate}",
        decision.candidate: f"{when}: {_outcome(decision)}",
    }
    there = registry.versions_of(name)
    for version, outcome in outcomes.items():
        if version in there:
            registry.note_decision(name, version, outcome)


def _outcome(decision: Decision) -> str:
    """Return what a decision means for its candidate."""
    if decision.decision == "refused":
        return f"refused against version {decision.champion}: {decision.reason}"
    before = f", in place of version {decision.champion}" if decision.champion else ""
    return f"champion{before} ({decision.decision}): {decision.reason}"


def _complete(name: str, champion: str) -> Decision | None:
    """Finish the decision that made the champion, and return it, where a kill came after the alias had moved."""
    made = next((move for move in _moves(name) if champion and move.to == champion), None)
    if made is None or made.ended:
        return None
    decision = Decision(**json.loads(runs.read_text(made.run_id, "decision.json")))
    _note_on_versions(name, decision, made.when)
    runs.finish(made.run_id)
    return decision


def _note(name: str, decision: Decision) -> str:
    """Return the decision as the description of its run, in Markdown."""
    lines = [f"**{sentence(name, decision)}**", ""]
    if decision.classes:
        rows = [
            [row["class"], row["clips"], row["champion"], row["candidate"], f"{row['p']:.3f}"]
            for row in decision.classes
        ]
        head = ["class", "test clips", "right: champion", "right: candidate", "p (candidate worse, Holm)"]
        lines.append(tabulate(rows, head, tablefmt="github"))
    return "\n".join(lines)


def _pct(share: float) -> str:
    return f"{100 * share:.1f}%"
