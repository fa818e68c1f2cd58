"""Decide whether a version may become champion, by comparing it with the present one on the same test clips.

It may if the 95% interval of the difference in macro F1 (paired bootstrap, by artist if artists are known) lies above
`promotion.min_gain`, and it is not significantly worse on any class; see paired_comparison. For a multi-label task, the
difference is in mAP, and single tags are not tested.
"""

from typing import Any

import pandas as pd

from genrelab import corpus
from genrelab.config import Config, Promotion
from genrelab.data import dvc
from genrelab.errors import ConfigError, DataError, ModelError
from genrelab.evaluation import paired_comparison
from genrelab.evaluation.decision import PROMOTED, REFUSED, Decision
from genrelab.tracking import ledger
from genrelab.tracking.registry import Version
from genrelab.training import prediction_table

SAME = {"data.table": "corpus version", "task": "task", "split": "split", "data.test": "test clips"}


def choose(known: dict[str, Version], champion: str, version: str, name: str) -> str:
    """Return the challenging version; test plays no part in choosing it."""
    if version:
        if version not in known:
            raise ConfigError(f"there is no version '{version}' of '{name}'. Known: {', '.join(known)}")
        if version == champion:
            raise ConfigError(f"version {version} of '{name}' is already the champion")
        return version
    others = {number: found for number, found in known.items() if number != champion and "valid_f1" in found.metrics}
    if champion:
        same = {number: found for number, found in others.items() if not _differences(known[champion], found)}
        others = same or others
    if not others:
        raise ModelError(f"model '{name}' has no trained and scored version other than the champion")

    def by_validation(number: str) -> tuple[float, int]:
        found = others[number].metrics
        return found.get("valid_map", found["valid_f1"]), int(number)

    return max(others, key=by_validation)


def weigh(known: dict[str, Version], champion: str, candidate: str, config: Config, *, force: bool) -> Decision:
    """Return whether the candidate takes the alias from the champion ("": there is none), why, and on which figures."""
    challenger = known[candidate]
    if "test_f1" not in challenger.metrics:
        raise ModelError(f"version {candidate} was not scored on a test part; it cannot be promoted")
    metrics = figures(known, champion, candidate)
    if not champion:
        return Decision(PROMOTED, "", candidate, "there was no champion", False, metrics, [])
    differing, looked_up = _differences(known[champion], challenger), ""
    of_tags = "test_map" in challenger.metrics
    old, new = (
        (pd.DataFrame(), pd.DataFrame()) if differing else (_predictions(known[champion]), _predictions(challenger))
    )
    if of_tags and {*old.columns} != {*new.columns}:
        differing = ["tags"]
    if differing:
        reason = f"the two were scored on different data; they differ in the {', the '.join(differing)}"
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
        return Decision(PROMOTED, champion, candidate, tested, False, metrics, classes, looked_up)
    if force:
        return Decision(PROMOTED, champion, candidate, f"although {reason}", True, metrics, classes, looked_up)
    return Decision(REFUSED, champion, candidate, reason, False, metrics, classes, looked_up)


def _objection(gain: paired_comparison.Gain, classes: list[dict[str, Any]], rules: Promotion, figure: str) -> str:
    """Return why the challenger may not become champion, or ""."""
    if not gain.low > rules.min_gain:
        what = "not significantly better" if gain.gain > rules.min_gain else "not better"
        margin = f", and the interval must lie above {_pct(rules.min_gain)}" if rules.min_gain else ""
        return f"its {figure} is {what}: {_interval(gain)}{margin}"
    worse = [row["class"] for row in classes if row["p"] < rules.level]
    if worse:
        return f"it is significantly worse on {', '.join(worse)} (level {rules.level:g}, Holm's correction)"
    return ""


def _interval(gain: paired_comparison.Gain) -> str:
    return (
        f"a difference of {100 * gain.gain:+.1f} points, 95% interval {100 * gain.low:+.1f} to {100 * gain.high:+.1f} "
        f"over {gain.units} {gain.by}"
    )


def _artists(config: Config, version: Version) -> dict[str, str]:
    """Return the artists of a version's corpus by clip; empty if the corpus is not available.

    If there is a remote, fetch the tables from it, so that every machine judges by the same artists.
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


def figures(known: dict[str, Version], champion: str, candidate: str) -> dict[str, float]:
    """Return the test figures of both versions, as far as they exist: champion_f1, candidate_f1 and so on."""
    found = {}
    for role, number in (("champion", champion), ("candidate", candidate)):
        for figure in ("f1", "accuracy", "map"):
            if number in known and f"test_{figure}" in known[number].metrics:
                found[f"{role}_{figure}"] = known[number].metrics[f"test_{figure}"]
    return found


def _predictions(version: Version) -> pd.DataFrame:
    table = prediction_table.read(version.run_id)
    return table if "test_map" in version.metrics else table[["clip", "fold", "true", "predicted"]]


def _pct(share: float) -> str:
    return f"{100 * share:.1f}%"
