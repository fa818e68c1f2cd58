"""Choose the champion among the versions of a registered model, and record every decision.

The candidate takes the alias `champion` if it passes the tests of `challenge`. If somebody moved the alias by hand,
that is recorded before anything else is decided. If several machines promote at once, one goes ahead and the others
decide again.
"""

import random
import time
from collections.abc import Callable
from pathlib import Path

from genrelab.config import Config
from genrelab.errors import ConfigError, ModelError, StoreError
from genrelab.evaluation import challenge, decision_log
from genrelab.evaluation.decision import BY_HAND, PROMOTED, ROLLED_BACK, Decision
from genrelab.state import locks
from genrelab.state.home import state_folder
from genrelab.tracking import registry, runs
from genrelab.tracking.registry import Version

ATTEMPTS = 10  # of decisions


def promote(config: Config, name: str, version: str, *, force: bool) -> Decision:
    """Let `version`, or the best of the others by validation macro F1 or mAP, challenge the champion."""

    def decide(known: dict[str, Version], champion: str) -> Decision:
        return challenge.weigh(known, champion, challenge.choose(known, champion, version, name), config, force=force)

    return _settle(config, name, lambda done: done.decision == PROMOTED and version in ("", done.candidate), decide)


def rollback(config: Config, name: str) -> Decision:
    """Give the alias back to the version that was champion before the present one."""

    def decide(known: dict[str, Version], champion: str) -> Decision:
        if not champion:
            raise ModelError(f"model '{name}' has no champion to roll back")
        before = next(
            (move.before for move in decision_log.moves(name) if move.to == champion and move.decision != ROLLED_BACK),
            "",
        )
        if not before:
            raise ModelError(f"version {champion} of '{name}' is its first champion; there is no earlier one")
        if before not in known:
            raise ModelError(f"the previous champion, version {before} of '{name}', has been deleted")
        metrics = challenge.figures(known, champion, before)
        return Decision(ROLLED_BACK, champion, before, "asked for", False, metrics, [])

    return _settle(config, name, lambda done: done.decision == ROLLED_BACK, decide)


def history(name: str) -> str:
    """Return all decisions on the champion of a model as a table, latest first."""
    _versions(name)
    runs.name_project_run(f"promotions of {name}")
    return decision_log.table(name)


def _settle(
    config: Config,
    name: str,
    suffices: Callable[[Decision], bool],
    decide: Callable[[dict[str, Version], str], Decision],
) -> Decision:
    """Decide and carry out the decision; decide again if another machine moved the alias in the meantime.

    First complete a decision that was interrupted by a kill; if it `suffices`, return it.
    """
    with locks.exclusive_lock(_lock(name), "a promotion", wait=True):
        for _ in range(ATTEMPTS):
            known = _versions(name)
            champion = registry.champion(name)
            done = decision_log.complete(name, champion)
            if done and suffices(done):
                return done
            _notice_hand(config, name, known, champion)
            known = _versions(name)
            decision = decide(known, champion)
            if decision_log.carry_out(config, name, known, decision):
                return decision
            time.sleep(random.uniform(0.2, 2.0))  # so that two that gave way to each other do not collide again
    raise StoreError(f"other machines keep deciding on the champion of '{name}'; try again later")


def _notice_hand(config: Config, name: str, known: dict[str, Version], champion: str) -> None:
    """Record a move by hand if the alias is not where the latest decision put it."""
    recorded = next((move.to for move in decision_log.moves(name) if move.ended), "")
    if champion == recorded:
        return
    reason = f"moved by hand, {recorded or 'none'} -> {champion or 'none'}, untested"
    metrics = challenge.figures(known, recorded, champion)
    decision_log.carry_out(config, name, known, Decision(BY_HAND, recorded, champion, reason, False, metrics, []))


def _lock(name: str) -> Path:
    return state_folder() / "promotion" / "".join(c if c.isalnum() else "-" for c in name)


def _versions(name: str) -> dict[str, Version]:
    """Return all versions of a registered model by number; ConfigError if there is no such model."""
    known = registry.versions_of(name)
    if not known:
        raise ConfigError(f"there is no registered model '{name}'. Known: {', '.join(registry.models()) or '(none)'}")
    return known
