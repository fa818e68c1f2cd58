"""Clips that are put away before any split: no part of a split contains them, and they are scored once, at the end.

The more often a test part is looked at, the better its best figure looks. Nobody has looked at the lockbox. It is drawn
from the corpus alone, by artist if artists are known, so it is the same under every split and task. It has no seed, so
nobody can search for a lucky one.
"""

from genrelab.corpus import Corpus
from genrelab.errors import DataError
from genrelab.splits._groups import TEST, TRAIN, PartTarget, divide, group_silently
from genrelab.splits._warnings import missing, named, warn_once

SEED = 0x10CB0  # differs from the splits' seeds, so that they divide the rest differently


def lockbox(corpus: Corpus, share: float) -> frozenset[str]:
    """Return the ids of the clips in the lockbox of a corpus with its own labels; none if `share` (0...1) is 0.

    Stratified by label as far as artists allow; a label with a single artist stays outside. Raises DataError if there
    are fewer than two artists, or if no clip can be put away without losing a label.
    """
    if not share:
        return frozenset()
    groups = group_silently(corpus)
    if len(groups) < 2:
        raise DataError(f"a lockbox needs at least 2 artists; this corpus has {len(groups)}; set lockbox to 0")
    _, inside = divide(groups, [PartTarget(1 - share, TRAIN), PartTarget(share, TEST)], [SEED])
    held = frozenset(clip for one in inside for clip in one.clips)
    if not held or missing(corpus, [clip for clip in corpus.ids if clip not in held]):
        raise DataError(
            f"lockbox {share:g} cannot hold any clip without losing a label: "
            f"{len(groups)} artists for {len(corpus.classes)} labels are too few; set lockbox to 0"
        )
    found = len(held) / len(corpus.clips)
    said = f"lockbox: {len(held)} of {len(corpus.clips)} clips ({found:.0%}) are in no part of the split"
    if absent := missing(corpus, held):
        said += f"; it has none of {named(absent)}"
    warn_once(said)
    return held
