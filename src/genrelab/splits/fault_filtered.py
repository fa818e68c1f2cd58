"""GTZAN's fault-filtered, artist-conditional partition: 443 clips train, 197 validate, 290 test, 70 are left out.

Source: Kereliuk, Sturm & Larsen, "Deep learning and music adversaries", IEEE Transactions on Multimedia 17(11), 2015,
arXiv 1507.04761. No artist lies in two parts, and most of the repeated and distorted clips that Sturm (2013) found are
gone. Figures on it are far below those on random splits: they are what remains without shared artists and repetitions.

Clips are found by their ids: blues.00000 for the kinds gtzan and gtzan_mini, or a path that ends in blues.00000.wav for
a folder that holds GTZAN.
"""

from collections import Counter

from genrelab.config import Section
from genrelab.corpus import Corpus, Fold
from genrelab.datasets import _gtzan_facts as facts
from genrelab.errors import DataError
from genrelab.splits._parts import PARTS, fold_of, warn_untrained
from genrelab.splits._warnings import warn_once


class Params(Section):
    """No parameters."""


def folds(corpus: Corpus, params: Params) -> list[Fold]:
    """Return the partition, as far as its clips are in the corpus; report what is missing.

    Raises DataError if none of the corpus's clips is GTZAN's, or a part is empty.
    """
    from genrelab.datasets import gtzan

    names = gtzan.named({clip.id: clip.artist for clip in corpus.clips})
    if not names:
        raise DataError("split fault_filtered divides GTZAN's clips; this corpus has none, such as blues.00000")
    if foreign := len(corpus.clips) - len(names):
        warn_once(f"split fault_filtered: {foreign} of {len(corpus.clips)} clips are not GTZAN's; they are left out")
    parts = {clip: facts.part(name) for clip, name in names.items() if facts.part(name) != facts.EXCLUDED}
    _warn_missing(set(names.values()))
    fold = fold_of(parts, "fault_filtered", ": this corpus has none of the partition's clips there")
    warn_untrained(corpus, fold, "fault_filtered")
    return [fold]


def _warn_missing(names: set[str]) -> None:
    whole = Counter(facts.parts().values())
    gone = Counter(part for clip, part in facts.parts().items() if clip not in names)
    if gone:
        each = ", ".join(f"{gone[part]} of {whole[part]} {part}" for part in PARTS)
        warn_once(f"split fault_filtered: {gone.total()} of its {whole.total()} clips are not in this corpus ({each})")
