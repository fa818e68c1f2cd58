"""The model card of a registered version, in Markdown: its result first, then what its users must know."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from genrelab.corpus import Corpus, Fold
from genrelab.tracking.ledger import Ledger


class Card(NamedTuple):
    """The contents of a card; `result` is the sentence on the test part, `ledger` that part's earlier uses."""

    name: str  # of the registered model
    result: str
    tags: Mapping[str, str]  # of the run: model, dataset, task, split, feature, settings
    classes: Sequence[str]
    corpus: Corpus
    fold: Fold
    version: str  # of the corpus, DVC's hash
    window_seconds: float
    ledger: Ledger


def render(card: Card) -> str:
    """Return the card, with one line per paragraph, because MLflow's page keeps line breaks."""
    tags, fold = card.tags, card.fold
    return f"""{card.result}

{tags["model"]} ({tags["settings"]}) on the feature {tags["feature"]}.

### What it is for
{_about_classes(card)}

### How to call it
```
python -m genrelab predict --model_uri models:/{card.name}@champion --audio song.mp3
```
`@champion` is the version that serves; `models:/{card.name}/<version>` is this one. In Python, \
`mlflow.pyfunc.load_model(uri).predict(...)` takes a table with sound files as bytes in the column `audio`.

### Data and split
Corpus {tags["dataset"]}, version {card.version[:8]}, task {tags["task"]}; split {tags["split"]}: {len(fold.train)} \
clips to learn from, {len(fold.valid)} to choose by (and to calibrate the probabilities), {len(fold.test)} to test. \
{_about_artists(card)}

### How far to trust the result
{_about_ledger(card.ledger)} The interval says how much the figure would vary with other test clips of the same \
kind, and nothing about music from elsewhere.

### Limits
- A sound is judged in windows of {card.window_seconds:.1f} s; what is shorter than one is padded.
- {_about_corpus(tags["dataset"])}
"""


def _about_classes(card: Card) -> str:
    named = ", ".join(card.classes)
    if card.corpus.multilabel:
        return (
            f"It says of recorded music which of these tags it has, several or none: {named}. Each has a threshold of "
            "its own, at which F1 was highest on the validation clips. It says so of speech and of noise, too."
        )
    return (
        f"It names the genre of recorded music, one of: {named}. It always names one of them, also of speech, of noise "
        "and of music of other genres."
    )


def _about_artists(card: Card) -> str:
    artist = {clip.id: clip.artist for clip in card.corpus.clips}
    learnt = {artist[clip] for clip in card.fold.train} - {""}
    known = [clip for clip in card.fold.test if artist[clip]]
    if not known:
        return "No artist is known: nobody can say how many test clips have their artist in train too."
    shared = sum(artist[clip] in learnt for clip in known)
    if not shared:
        return f"No artist of the {len(known)} test clips whose artist is known is in train."
    return f"{shared / len(known):.0%} of the test clips have their artist in train too, which flatters the result."


def _about_ledger(ledger: Ledger) -> str:
    if not ledger.scored:
        return "This is the first time that this test part was scored."
    words = f"{ledger.words[0].upper()}{ledger.words[1:]}"
    return f"{words}: the best of many looks better than it is."


def _about_corpus(dataset: str) -> str:
    if dataset == "synthetic":
        return "Its music is composed by rule: the model knows nothing of real music."
    return f"It knows the genres as the corpus {dataset} draws their borders."
