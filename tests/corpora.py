"""Corpora to divide."""

from collections.abc import Sequence

from genrelab.corpus import Clip, Corpus
from genrelab.datasets import _gtzan_facts as facts
from genrelab.datasets.gtzan import GENRES


def corpus(clips: Sequence[tuple[str, str, str]]) -> Corpus:
    """A corpus of (id, label, artist)."""
    corpus_clips = tuple(Clip(id, f"clips/{label}/{id}.wav", label, artist, 30.0, id) for id, label, artist in clips)
    return Corpus(corpus_clips, tuple(sorted({label for _, label, _ in clips})))


def by_artist(labels: dict[str, dict[str, int]]) -> Corpus:
    """A corpus of label -> artist -> number of clips."""
    return corpus(
        [
            (f"{label}.{artist}.{i}", label, artist)
            for label, artists in labels.items()
            for artist, n in artists.items()
            for i in range(n)
        ]
    )


IDS = [f"{genre}.{number:05d}" for genre in GENRES for number in range(100)]
GTZAN = corpus([(id, id.split(".")[0], facts.artist(id)) for id in IDS])
