"""Faults of a corpus's clips: pure functions that turn what is known about the clips into a table of findings.

A finding is a row: clip, label, finding (one of KINDS), evidence (a sentence with the figures), and other, the related
clip, if any.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from genrelab.config import Audit
from genrelab.corpus import OK, Corpus, Fold
from genrelab.quality.duplicate_recall import RecallEstimate
from genrelab.quality.label_issues import LabelIssues
from genrelab.quality.near_duplicates import Match

COLUMNS = ["clip", "label", "finding", "evidence", "other"]
# finding: what it means
KINDS = {
    "unreadable": "no sound that can be decoded; left out",
    "empty": "no samples; left out",
    "truncated": "breaks off before its end; left out",
    "too_short": "shorter than checks.min_seconds; left out",
    "too_long": "longer than checks.max_minutes; left out",
    "silent": "silent throughout; left out",
    "not_finite": "samples that are NaN or infinite; left out",
    "no_feature": "levels and spectrum cannot be computed",
    "duplicate": "the same samples as another clip; left out",
    "near_duplicate": "the same recording as another clip, at another level, offset or speed, or through a codec",
    "clipped": "peaks cut off",
    "dc_shift": "not centred on zero",
    "silence": "a silent stretch inside or at an end",
    "wrong_rate": "a sample rate other than most clips'",
    "wrong_length": "a length other than most clips'",
    "artist_on_both_sides": "in test, but its artist has clips in train or validation",
    "label_suspect": "another class fits far better, according to a model that has not seen the clip",
}
UNIFORM = 0.9  # minimum share of clips with one length (or rate) for the others to be wrong

Row = tuple[str, str, str, str, str]


class Sturm(NamedTuple):
    """Ids of the GTZAN clips that Sturm found repeated or distorted: all, those found here, those missed."""

    listed: list[str]
    found: list[str]
    missed: list[str]


class Audited(NamedTuple):
    """Everything that an audit found."""

    dataset: str
    clips: int  # in the table, including those left out
    table: pd.DataFrame  # of findings
    matches: list[Match]
    recall: list[RecallEstimate]
    label_issues: LabelIssues
    split: str  # remark on the split that decides whether artists are on both sides
    sturm: Sturm | None


def left_out(table: pd.DataFrame) -> list[Row]:
    """Return a finding for each clip that did not enter the corpus."""
    out = table[table["status"] != OK]
    return [(row.id, row.label, row.status, f"{row.path}: {row.reason}", "") for row in out.itertuples()]


def of_sounds(table: pd.DataFrame, labels: Sequence[str], limits: Audit) -> list[Row]:
    """Return findings on levels, lengths and rates from a survey's table."""
    found: list[Row] = []
    table = table.assign(label=list(labels))

    def add(where: pd.Series, kind: str, evidence: Iterable[str]) -> None:
        clips = zip(table["clip"][where], table["label"][where], evidence, strict=True)
        found.extend((clip, label, kind, text, "") for clip, label, text in clips)

    where = table["rate"] == 0
    add(where, "no_feature", ("the survey could not measure it" for _ in table["clip"][where]))
    table = table[~where]
    where = table["clipped"] >= limits.clipped
    add(where, "clipped", (f"{100 * share:.2g}% of its samples are cut off" for share in table["clipped"][where]))
    where = table["dc"].abs() >= limits.dc
    add(where, "dc_shift", (f"its mean is {dc:+.3f} of full scale" for dc in table["dc"][where]))
    where = table["silence"] >= limits.silence
    lengths = zip(table["silence"][where], table["seconds"][where], strict=True)
    add(where, "silence", (f"{silence:.1f} of its {seconds:.1f} s are silent" for silence, seconds in lengths))
    usual = table["rate"].mode().iloc[0] if len(table) else 0
    where = table["rate"] != usual
    if where.mean() <= 1 - UNIFORM:
        add(where, "wrong_rate", (f"{rate} Hz; most have {usual}" for rate in table["rate"][where]))
    middle = table["seconds"].median()
    where = (table["seconds"] - middle).abs() > limits.length * middle
    if where.mean() <= 1 - UNIFORM:
        add(where, "wrong_length", (f"{s:.2f} s; most have {middle:.2f}" for s in table["seconds"][where]))
    return found


def near_duplicates(matches: Sequence[Match], corpus: Corpus, folds: Sequence[Fold]) -> list[Row]:
    """Return a finding for each pair of near duplicates, under its second clip."""
    sides, found = [_sides(fold) for fold in folds], []
    for match in matches:
        one, other = corpus.clips[match.one], corpus.clips[match.other]
        evidence = f"{match.matches} landmarks agree, {100 * match.share:.0f}% of those in the overlap"
        evidence += f"; begins {abs(match.offset_seconds):.1f} s {'after' if match.offset_seconds >= 0 else 'before'} "
        evidence += f"{one.id}"
        if match.speed != 1:
            evidence += f"; {100 * abs(match.speed - 1):.1f}% {'faster' if match.speed > 1 else 'slower'}"
        if any(len({side.get(one.id, ""), side.get(other.id, "")} - {""}) > 1 for side in sides):
            evidence += "; the split separates them"
        if one.label != other.label:
            evidence += f"; labelled {other.label} and {one.label}"
        found.append((other.id, other.label, "near_duplicate", evidence, one.id))
    return found


def artists_on_both_sides(corpus: Corpus, folds: Sequence[Fold]) -> list[Row]:
    """Return a finding for each test clip whose artist is in train or validation of the same fold."""
    clips, found = {clip.id: clip for clip in corpus.clips}, dict[str, Row]()
    for fold in folds:
        learnt: dict[str, list[str]] = defaultdict(list)
        for learned in (*fold.train, *fold.valid):
            learnt[clips[learned].artist].append(learned)
        for tested in fold.test:
            artist, label = clips[tested].artist, clips[tested].label
            others = learnt.get(artist, []) if artist else []
            if others:
                many = f"{len(others)} other clip{'s' * (len(others) > 1)}"
                evidence = f"{many} of {artist} in train or validation, such as {others[0]}"
                found[tested] = (tested, label, "artist_on_both_sides", evidence, others[0])
    return [found[clip] for clip in sorted(found)]


def label_issues(doubted: LabelIssues, corpus: Corpus, limits: Audit) -> list[Row]:
    """Return a finding for each clip that another class fits at least `limits.suspect` times better than its label."""
    found = []
    for i in np.flatnonzero(doubted.ratio >= limits.suspect):
        clip, other = corpus.clips[i], int(doubted.other[i])
        said, own = doubted.probabilities[i, [other, corpus.classes.index(clip.label)]]
        evidence = f"{corpus.classes[other]} with {100 * said:.0f}%, {clip.label} with {100 * own:.0f}%: relative "
        evidence += f"to each class's mean, {corpus.classes[other]} fits {doubted.ratio[i]:.0f} times better"
        found.append((clip.id, clip.label, "label_suspect", evidence, ""))
    return found


def table_of(rows: Sequence[Row]) -> pd.DataFrame:
    """Return the findings as a table, in the order of KINDS, then clips."""
    order = {kind: i for i, kind in enumerate(KINDS)}
    return pd.DataFrame(sorted(rows, key=lambda row: (order[row[2]], row[0], row[4])), columns=COLUMNS)


def counts(table: pd.DataFrame) -> dict[str, int]:
    """Return the number of findings of each kind that occurs, in the order of KINDS."""
    found = table["finding"].value_counts()
    return {kind: int(found[kind]) for kind in KINDS if kind in found}


def _sides(fold: Fold) -> dict[str, str]:
    return {clip: side for side in ("train", "valid", "test") for clip in getattr(fold, side)}
