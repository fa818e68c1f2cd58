"""Which version of a registered model is the champion: a candidate must earn it, and every decision is kept.

The candidate takes the alias `champion` if it was scored on the same test clips as the champion, its macro F1 is
better, and it is significantly worse on no class: an exact one-sided binomial test on the class's clips that only one
of the two has right (McNemar's, within the class), with Holm's correction over the classes.
"""

import datetime
import getpass
import io
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import binomtest
from tabulate import tabulate

from genrelab.config import Config, Promotion
from genrelab.errors import ConfigError, ModelError
from genrelab.metrics.significance import holm
from genrelab.state import locks
from genrelab.state.home import state_folder
from genrelab.tracking import registry, runs
from genrelab.tracking.registry import Version

SAME = {"data.table": "version of the corpus", "task": "task", "split": "split", "data.test": "test clips"}


class Decision(NamedTuple):
    """A decision on the champion: what was decided, from which version to which ("" for none), why, and the figures."""

    decision: str  # promoted, refused, rolled back
    champion: str
    candidate: str
    reason: str
    forced: bool
    metrics: dict[str, float]
    classes: list[dict[str, Any]]  # of each class: clips, right answers of both, p value corrected by Holm


def promote(config: Config, name: str, version: str, *, force: bool) -> Decision:
    """Let a version challenge the champion: the one given, or the best of the others by validation macro F1."""
    with locks.exclusive_lock(_lock(name), "a promotion", wait=True):
        known = _known(name)
        champion = registry.champion(name)
        done = _complete(name, known, champion)
        if done and done.decision == "promoted" and version in ("", done.candidate):
            return done
        candidate = _candidate(known, champion, version, name)
        decision = _decide(known, champion, candidate, config.promotion, force=force)
        _carry_out(config, name, decision)
        return decision


def rollback(config: Config, name: str) -> Decision:
    """Give the alias back to the version that was champion before the present one."""
    with locks.exclusive_lock(_lock(name), "a promotion", wait=True):
        known = _known(name)
        champion = registry.champion(name)
        if not champion:
            raise ModelError(f"model '{name}' has no champion to go back from")
        done = _complete(name, known, champion)
        if done and done.decision == "rolled back":
            return done
        before = known[champion].tags.get("champion_before", "")
        if not before:
            raise ModelError(f"version {champion} of '{name}' is its first champion; there is none to go back to")
        if before not in known:
            raise ModelError(f"version {before} of '{name}', the champion before, has been deleted")
        metrics = _metrics(known, champion, before)
        decision = Decision("rolled back", champion, before, "asked for", False, metrics, [])
        _carry_out(config, name, decision)
        return decision


def history(name: str) -> str:
    """Return every decision on the champion of a model, latest first, as a table."""
    _known(name)
    runs.name_adopted(f"promotions of {name}")
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
    return tabulate(rows, head, tablefmt="simple", disable_numparse=True, maxcolwidths=[None] * 7 + [50])


def sentence(name: str, decision: Decision) -> str:
    """Return a decision in words."""
    if decision.decision == "promoted":
        force = " by force" if decision.forced else ""
        before = f" in place of version {decision.champion}" if decision.champion else ""
        return f"promoted{force}: version {decision.candidate} of {name} is champion{before}: {decision.reason}"
    if decision.decision == "rolled back":
        return f"rolled back: version {decision.candidate} of {name} is champion again, in place of {decision.champion}"
    return (
        f"refused: version {decision.champion} of {name} stays champion against {decision.candidate}: {decision.reason}"
    )


def _lock(name: str) -> Path:
    return state_folder() / "promotion" / "".join(c if c.isalnum() else "-" for c in name)


def _known(name: str) -> dict[str, Version]:
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
    return max(others, key=lambda number: (others[number].metrics["valid_f1"], int(number)))


def _decide(known: dict[str, Version], champion: str, candidate: str, rules: Promotion, *, force: bool) -> Decision:
    challenger = known[candidate]
    if "test_f1" not in challenger.metrics:
        raise ModelError(f"version {candidate} was not scored on a test part; it cannot be promoted")
    metrics = _metrics(known, champion, candidate)
    if not champion:
        return Decision("promoted", "", candidate, "there was no champion", False, metrics, [])
    reason, classes = _objection(known[champion], challenger, rules)
    gain = f"macro F1 {_pct(metrics['champion_f1'])} -> {_pct(metrics['candidate_f1'])}, worse on no class"
    if not reason:
        return Decision("promoted", champion, candidate, gain, False, metrics, classes)
    if force:
        return Decision("promoted", champion, candidate, f"although {reason}", True, metrics, classes)
    return Decision("refused", champion, candidate, reason, False, metrics, classes)


def _objection(champion: Version, challenger: Version, rules: Promotion) -> tuple[str, list[dict[str, Any]]]:
    """Return why the challenger may not be champion, or "", and the comparison by class."""
    differing = _differences(champion, challenger)
    if differing:
        return f"the two were not scored on the same data; they differ in the {', the '.join(differing)}", []
    old, new = champion.metrics["test_f1"], challenger.metrics["test_f1"]
    classes = by_class(_predictions(champion), _predictions(challenger))
    worse = [row["class"] for row in classes if row["p"] < rules.level]
    if not new > old + rules.min_gain:
        margin = f" by more than {_pct(rules.min_gain)}" if rules.min_gain else ""
        return f"its macro F1 of {_pct(new)} is not better than {_pct(old)}{margin}", classes
    if worse:
        return f"it is significantly worse on {', '.join(worse)} (level {rules.level:g}, Holm's correction)", classes
    return "", classes


def by_class(champion: pd.DataFrame, candidate: pd.DataFrame) -> list[dict[str, Any]]:
    """Return for each class how many clips each of two models has right, and the p value of the candidate being worse.

    The tables are predictions.csv of the two (clip, fold, true, predicted, ...), on the same clips.
    """
    both = champion.merge(candidate, on=["clip", "fold", "true"], suffixes=("_old", "_new"), validate="one_to_one")
    rows = []
    for name, clips in both.groupby("true"):
        old, new = clips.predicted_old == clips.true, clips.predicted_new == clips.true
        lost, won = int((old & ~new).sum()), int((new & ~old).sum())
        p = binomtest(won, won + lost, alternative="less").pvalue if won + lost else 1.0
        rows.append(
            {"class": str(name), "clips": len(clips), "champion": int(old.sum()), "candidate": int(new.sum()), "p": p}
        )
    for row, p in zip(rows, holm(np.array([row["p"] for row in rows])), strict=True):
        row["p"] = float(p)
    return rows


def _differences(one: Version, other: Version) -> list[str]:
    return [what for tag, what in SAME.items() if one.run_tags.get(tag) != other.run_tags.get(tag)]


def _metrics(known: dict[str, Version], champion: str, candidate: str) -> dict[str, float]:
    found = {}
    for role, number in (("champion", champion), ("candidate", candidate)):
        for figure in ("f1", "accuracy"):
            if number and f"test_{figure}" in known[number].metrics:
                found[f"{role}_{figure}"] = known[number].metrics[f"test_{figure}"]
    return found


def _predictions(version: Version) -> pd.DataFrame:
    text = runs.read_text(version.run_id, "predictions.csv")
    return pd.read_csv(io.StringIO(text), usecols=["clip", "fold", "true", "predicted"], dtype=str)


def _carry_out(config: Config, name: str, decision: Decision) -> None:
    """Write the decision down, and move the alias if it says so.

    Everything about the candidate is written before the alias moves: a kill in between leaves no champion without a
    decision, or without the way back.
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
            registry.tag_version(
                name, decision.candidate, {"refused": f"{when}: {decision.reason}", "refused_run": run_id}
            )
            return
        new = {"champion_since": when, "promotion_run": run_id}
        if decision.decision == "promoted":
            new["champion_before"] = decision.champion
        registry.tag_version(name, decision.candidate, new)
        registry.set_champion(name, decision.candidate)
        _retire(name, decision, when)


def _retire(name: str, decision: Decision, when: str) -> None:
    """Say on the champion before, if there was one, who has succeeded it."""
    if decision.champion:
        registry.tag_version(name, decision.champion, {"champion_until": when, "succeeded_by": decision.candidate})


def _complete(name: str, known: dict[str, Version], champion: str) -> Decision | None:
    """Finish the decision that made the champion, and return it, where a kill came after the alias had moved."""
    tags = known[champion].tags if champion else {}
    run_id = tags.get("promotion_run", "")
    if not run_id or not runs.is_cut_off(run_id):
        return None
    decision = Decision(**json.loads(runs.read_text(run_id, "decision.json")))
    _retire(name, decision, tags["champion_since"])
    runs.finish(run_id)
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
