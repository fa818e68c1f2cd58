"""The verb `audit`: report the faults of a corpus, clip by clip, as a table, a page and pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from genrelab import corpus, plots
from genrelab.config import Config
from genrelab.console import say
from genrelab.corpus import Corpus, Fold
from genrelab.data import audio, dvc
from genrelab.datasets import _gtzan_facts as facts
from genrelab.datasets import gtzan
from genrelab.errors import ConfigError, DataError, suggest
from genrelab.quality import (
    audit_html,
    corpus_statistics,
    duplicate_recall,
    fingerprint,
    issues,
    label_issues,
    near_duplicates,
)
from genrelab.quality.duplicate_recall import RecallEstimate
from genrelab.quality.issues import Audited, Sturm
from genrelab.quality.near_duplicates import Match
from genrelab.splits._lockbox import lockbox
from genrelab.state import folders
from genrelab.state.home import home
from genrelab.tracking import runs

PAIRS = 4  # of near duplicates to picture
GTZAN_SECONDS = (29.9, 30.7)  # of a GTZAN clip; other corpora may use the same names
# Findings that correspond to Sturm's list: repetitions and distortion.
ALIKE = ("duplicate", "near_duplicate", "clipped", "silence", "unreadable", "truncated")


def folder(config: Config) -> Path:
    """Return the folder of the report."""
    return home() / "reports" / config.dataset / "audit"


class AuditReport(NamedTuple):
    """The result of an audit: its run, the findings (one row each), and the page."""

    run_id: str
    table: pd.DataFrame
    page: Path


def audit(config: Config, strict: bool | Sequence[str]) -> AuditReport:
    """Audit the corpus and write the report; raise DataError on findings of the kinds that `strict` selects."""
    wanted = failing_kinds(strict)
    version = dvc.ensure_built(config, f"survey@{config.dataset}")
    own = corpus.read(config.dataset)
    found = _find(config, own)
    with runs.run(
        f"audit {config.dataset}", "audit", config, {"dataset": config.dataset, "split": config.split}
    ) as run_id:
        runs.log_data(config, "", version)
        _report(found, own, folder(config))
    counts = issues.counts(found.table)
    say(audit_html.text(found, counts))
    page = folder(config) / "audit.html"
    say(f"\nwritten: {page}")
    failed = {kind: n for kind, n in counts.items() if kind in wanted}
    if failed:
        named = ", ".join(f"{n} {kind}" for kind, n in failed.items())
        raise DataError(f"the audit of '{config.dataset}' found faults, and strict was requested: {named}")
    return AuditReport(run_id, found.table, page)


def failing_kinds(strict: bool | Sequence[str]) -> set[str]:
    """Return the kinds of findings that fail a strict audit."""
    if isinstance(strict, bool):
        return set(issues.KINDS) if strict else set()
    kinds = {*strict}
    for kind in sorted(kinds - set(issues.KINDS)):
        raise ConfigError(
            f"strict takes true, false or findings; there is no finding '{kind}'{suggest(kind, issues.KINDS)}"
        )
    return kinds


def _folds(config: Config, own: Corpus) -> tuple[list[Fold], str]:
    """Return the folds of the chosen split and a remark on it; no folds if it cannot divide the corpus."""
    split, params = config.split_params(config.split)
    try:
        return split.folds(own, params), f"Artists on both sides: by the split '{config.split}'."
    except DataError as error:
        return [], f"Artists on both sides: not checked, as the split cannot divide this corpus: {error}."


def _find(config: Config, own: Corpus) -> Audited:
    held = lockbox(own, config.lockbox)
    folds, split = _folds(config, own.without(held))
    table, statistics = corpus.read_table(config.dataset), corpus_statistics.read(config.dataset)
    if list(statistics.table["clip"]) != list(own.ids):
        raise DataError(f"the survey of '{config.dataset}' covers other clips; run: dvc repro survey@{config.dataset}")
    prints = corpus_statistics.prints(config.dataset)
    matches = near_duplicates.near_duplicates(prints)
    recall = _recall(config, own, prints)
    # Search all clips for faults and repetitions, but train no model on the lockbox's clips and let none judge them.
    inside = np.isin(own.ids, [*held])
    judged = np.where(inside[:, None], np.float32(np.nan), statistics.descriptors)
    doubted = label_issues.judge(
        judged, own.targets(own.ids), own.groups(own.ids), classes=len(own.classes), seed=config.seed
    )
    rows = [
        *issues.left_out(table),
        *issues.of_sounds(statistics.table, [clip.label for clip in own.clips], config.audit),
        *issues.near_duplicates(matches, own, folds),
        *issues.artists_on_both_sides(own, folds),
        *issues.label_issues(doubted, own, config.audit),
    ]
    found = issues.table_of(rows)
    sturm = _sturm(found, table)
    return Audited(config.dataset, len(table), found, matches, recall, doubted, split, sturm)


def _recall(config: Config, own: Corpus, prints: near_duplicates.Prints) -> list[RecallEstimate]:
    """Plant copies of some clips, drawn at random, and count how many the search finds."""
    n = min(config.audit.planted, len(own.clips))
    if not n:
        return []
    chosen = sorted(np.random.default_rng(config.seed).permutation(len(own.clips))[:n].tolist())
    rate, root = fingerprint.RATE, corpus.folder(config.dataset)
    sounds = [audio.load(root / own.clips[i].path, rate) for i in chosen]
    return duplicate_recall.recall(sounds, rate, chosen, prints, seed=config.seed)


def _sturm(found: pd.DataFrame, clips: pd.DataFrame) -> Sturm | None:
    """Return what Sturm's list says about the clips; None if none of them is GTZAN's by name, artist and length."""
    known = gtzan.named(dict(zip(clips["id"], clips["artist"], strict=True)))
    if not clips[clips["id"].isin(known)]["seconds"].between(*GTZAN_SECONDS).any():
        return None
    alike = found[found["finding"].isin(ALIKE)]
    named = set(alike["clip"]) | set(alike["other"])
    listed = sorted(clip for clip, name in known.items() if facts.flagged(name))
    return Sturm(listed, [c for c in listed if c in named], [c for c in listed if c not in named])


def _report(found: Audited, own: Corpus, target: Path) -> None:
    """Write audit.csv, audit.html and the pictures, and log them."""
    partial = target.with_name(f".{target.name}.partial")
    folders.discard(partial)
    partial.mkdir(parents=True)
    counts = issues.counts(found.table)
    pictures = {"findings": plots.findings(found.table, list(issues.KINDS), f"{found.dataset}: findings")}
    if found.matches:
        best = sorted(found.matches, key=lambda match: -match.matches)[:PAIRS]
        pictures["near_duplicates"] = plots.pairs(_pairs(best, own, found.dataset), f"{found.dataset}: near duplicates")
    for name, figure in pictures.items():
        figure.savefig(partial / f"{name}.png")
        runs.log_picture(figure, name)
    (partial / "audit.csv").write_bytes(corpus.csv_text(found.table).encode())
    drawn = {name: plots.png(figure) for name, figure in pictures.items()}
    page = audit_html.page(found, counts, drawn, own.sound_links(found.dataset, target))
    (partial / "audit.html").write_text(page, encoding="utf-8")
    folders.replace(partial, target)
    for name in ("audit.csv", "audit.html"):
        runs.log_file(target / name)
    runs.describe(f"{len(found.table):,} findings on {found.clips:,} clips", "findings.png")
    runs.log_metrics({"clips": found.clips, "findings": len(found.table)})
    runs.log_metrics({f"findings_{kind}": n for kind, n in counts.items()})
    runs.log_metrics({f"planted_{row.kind}_recall": row.found / row.planted for row in found.recall})


def _pairs(matches: Sequence[Match], own: Corpus, dataset: str) -> list[plots.Pair]:
    """Return what to picture of near duplicates: both clips' sounds, and how far apart they begin."""
    root = corpus.folder(dataset)

    def sound(clip: int) -> np.ndarray:
        return audio.load(root / own.clips[clip].path, fingerprint.RATE)

    return [
        plots.Pair(
            own.clips[m.one].id, own.clips[m.other].id, sound(m.one), sound(m.other), fingerprint.RATE, m.offset_seconds
        )
        for m in matches
    ]
