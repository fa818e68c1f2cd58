"""One fold by artist, stratified by label as far as artists allow: no artist lies in two parts.

What a model knows about an artist then helps with no test clip. Artists come from the corpus (clips.csv); a clip
without one counts as its own artist. Why it matters: Pampalk, Flexer & Widmer 2005, "Improvements of audio-based music
similarity and genre classification"; for GTZAN, Sturm 2013, arXiv 1306.1461.

Shares are met as closely as whole artists allow. A label gets clips in train before test, and in test before valid: a
label with a single artist is in train only.
"""

from collections import Counter
from collections.abc import Sequence

from pydantic import Field

from genrelab.config import Section, Share
from genrelab.corpus import Corpus, Fold
from genrelab.errors import DataError
from genrelab.splits._groups import TEST, TRAIN, VALID, Group, PartTarget, divide, group, largest
from genrelab.splits._parts import PARTS, fold_of
from genrelab.splits._warnings import missing, named, warn_once

SMALLEST = 3  # artists: one for each part
TOLERANCE = 0.1  # of a label's clips that a part may have too many or too few without a warning


class Params(Section):
    """Parameters of the split by artist."""

    test: Share = 0.2  # of each label's clips
    valid: Share = 0.125  # of what is left
    seed: int = Field(0, ge=0)


def folds(corpus: Corpus, params: Params) -> list[Fold]:
    """Return one fold of the corpus's clips, and warn of what could not be balanced.

    Raises DataError for fewer than three artists, or if nothing is left for a part.
    """
    groups = group(corpus, "artist")
    if len(groups) < SMALLEST:
        raise DataError(f"split artist needs at least {SMALLEST} artists; this corpus has {len(groups)}")
    valid = (1 - params.test) * params.valid
    shares = {"train": 1 - params.test - valid, "valid": valid, "test": params.test}
    absence = {"train": TRAIN, "valid": VALID, "test": TEST}
    sides = divide(groups, [PartTarget(shares[part], absence[part]) for part in PARTS], [params.seed])
    fold = fold_of(
        {clip: part for part, side in zip(PARTS, sides, strict=True) for g in side for clip in g.clips},
        "artist",
        ": no label has an artist to spare for it, as each goes to train first, then to test, then to valid",
    )
    _warn_absent(corpus, fold, groups)
    _warn_unbalanced(corpus, fold, groups, shares)
    return [fold]


def _warn_absent(corpus: Corpus, fold: Fold, groups: Sequence[Group]) -> None:
    artists = Counter(label for g in groups for label in g.labels)
    for part in PARTS:
        if absent := missing(corpus, getattr(fold, part)):
            labels = [f"{label} ({artists[label]} artist{'s' * (artists[label] != 1)})" for label in absent]
            warn_once(f"split artist: {part} has no clip of {named(labels)}")


def _warn_unbalanced(corpus: Corpus, fold: Fold, groups: Sequence[Group], shares: dict[str, float]) -> None:
    label_of = {clip.id: clip.label for clip in corpus.clips}
    have = {part: Counter(label_of[clip] for clip in getattr(fold, part)) for part in PARTS}
    for label, n in corpus.counts().items():
        if largest(groups, label).labels[label] == n:
            continue  # one artist has all: the warning that other parts have none covers it
        if any(abs(have[part][label] - share * n) > max(1, TOLERANCE * n) for part, share in shares.items()):
            found = ", ".join(f"{have[part][label]} {part}" for part in PARTS)
            meant = ", ".join(f"{share * n:.0f}" for share in shares.values())
            warn_once(f"split artist: {label} has {found} instead of {meant}{because(groups, label, n)}")


def because(groups: Sequence[Group], label: str, n: int) -> str:
    """Return why a label's n clips could not be balanced if one artist is too large for it, else ""."""
    of = largest(groups, label)
    if of.labels[label] <= max(1, TOLERANCE * n):
        return ""
    return f": {of.labels[label]} of {label}'s {n} clips are by {of.artist}"
