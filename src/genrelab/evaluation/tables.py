"""Compare models on the same test clips: pure functions from runs to tables, rendered by terminal.py and html.py.

Shares lie in 0...1. Every table lists the models in the order of the leaderboard, under its names.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from genrelab.corpus import Corpus, Fold
from genrelab.evaluation import thesis_results
from genrelab.metrics import classification, significance

METRICS = {  # column of the leaderboard: metric of the run
    "accuracy": "test_accuracy",
    "low": "test_accuracy_low",
    "high": "test_accuracy_high",
    "f1": "test_f1",
    "f1_low": "test_f1_low",
    "f1_high": "test_f1_high",
    "precision": "test_precision",
    "recall": "test_recall",
    "top3": "test_top3",
    "roc_auc": "test_roc_auc",
    "log_loss": "test_log_loss",
    "ece": "test_ece",
    "parameters": "parameters",
    "train_seconds": "train_seconds",
    "model_bytes": "model_bytes",
    "predict_ms": "predict_ms",
}


# Figures by which pairs are compared: column of the pairs -> figure.
FIGURES = {"difference": classification.accuracy, "f1_difference": classification.f1}
PAIRS = ["one", "other", "both", "only_one", "only_other", "neither"]
PAIRS += [f"{name}{end}" for name in FIGURES for end in ("", "_low", "_high")] + ["p"]


class Entry(NamedTuple):
    """A scored run: its figures by metric name, and its answers, one row per clip (the index) with `true`, `predicted`.

    `experiment` is the thesis's experiment that it repeats, or empty; `cut_short` says how a budget ended its training.
    """

    model: str
    settings: str
    run: str
    experiment: str
    metrics: Mapping[str, float]
    answers: pd.DataFrame
    cut_short: str = ""

    @property
    def right(self) -> np.ndarray:
        """Whether each clip is right, bool (clips,)."""
        return (self.answers["true"] == self.answers["predicted"]).to_numpy(bool)


class Drawing(NamedTuple):
    """How to draw intervals of differences: the corpus (by its artists if known), the resamplings, and the seed.

    The tests of pairs use the same artists.
    """

    corpus: Corpus
    resamplings: int
    seed: int


class LeftOut(NamedTuple):
    """A run that is not compared, and why: the continuation of "a run ..."."""

    model: str
    run: str
    reason: str


class Comparison(NamedTuple):
    """Everything that a comparison reports; `notes` are sentences on how far to trust it.

    `units` says what intervals resample and tests count, such as "34 artists" or "60 clips".
    """

    title: str
    table: pd.DataFrame  # the leaderboard, one row per model
    pairs: pd.DataFrame
    per_class: pd.DataFrame
    disagreements: pd.DataFrame
    confusions: dict[str, pd.DataFrame]
    left_out: list[LeftOut]
    notes: list[str]
    comparable: bool  # with the thesis
    units: str


def compare(
    title: str,
    entries: Sequence[Entry],
    classes: Sequence[str],
    left_out: Sequence[LeftOut],
    notes: Sequence[str],
    *,
    comparable: bool,
    drawing: Drawing,
) -> Comparison:
    """Compare runs with answers to the same clips; ties in accuracy and F1 keep the given order."""
    ranked = sorted(entries, key=lambda entry: (-entry.metrics["test_accuracy"], -entry.metrics["test_f1"]))
    aligned = [entry._replace(answers=entry.answers.loc[ranked[0].answers.index]) for entry in ranked]
    named = dict(zip(numbered_names([entry.model for entry in ranked]), aligned, strict=True))
    clips = list(aligned[0].answers.index)
    groups = drawing.corpus.groups(clips)
    tested = _pairs(named, classes, groups, drawing)
    known = any(clip.artist for clip in drawing.corpus.clips if clip.id in aligned[0].answers.index)
    return Comparison(
        title,
        _board(named, tested),
        tested,
        _per_class(named, classes),
        _disagreements(named),
        _confusions(named, classes),
        list(left_out),
        list(notes),
        comparable,
        counted(classification.units(groups, groups), "artist" if known else "clip"),
    )


def experiment(model: str, task: str, space: str, *, changed: bool) -> str:
    """Return the thesis's experiment that a training repeats, or "".

    `space` is the search space of its hyperparameters, empty without a search; `changed` says whether any was set.
    """
    if not space and changed:
        return ""
    found = [name for name, known in thesis_results.EXPERIMENTS.items() if (known.task, known.space) == (task, space)]
    return next((name for name in found if (name, model) in thesis_results.REPORTED), "")


def about_artists(corpus: Corpus, folds: Sequence[Fold]) -> str:
    """Return a sentence on how many test clips have their artist in train too."""
    artist = {clip.id: clip.artist for clip in corpus.clips}
    known = shared = clips = 0
    for fold in folds:
        trained = {artist[clip] for clip in fold.train} - {""}
        clips += len(fold.test)
        known += sum(bool(artist[clip]) for clip in fold.test)
        shared += sum(artist[clip] in trained for clip in fold.test)
    if not known:
        return "artists: none is known, nor how many test clips share their artist with train"
    which = "the test clips" if known == clips else f"the {known} of {clips} test clips with a known artist"
    if not shared:
        return f"artists: none of {which} shares its artist with train"
    return f"artists: {shared / known:.0%} of {which} share their artist with train, which flatters every model here"


def left_out_summary(left_out: Sequence[LeftOut]) -> str:
    """Return how many runs are left out for each reason, as one line; empty if none is."""
    counts = Counter(run.reason for run in left_out)
    parts = [f"{n} {reason}" for reason, n in counts.items()]
    if not parts:
        return ""
    number, reason = parts[0].split(" ", 1)
    parts[0] = f"{number} run{'s' * (number != '1')} {reason}"
    return f"left out: {', '.join(parts)}"


def numbered_names(models: Sequence[str]) -> list[str]:
    """Return a name for each run: the model, numbered from its second run on."""
    seen: Counter[str] = Counter()
    names = []
    for model in models:
        seen[model] += 1
        names.append(model if seen[model] == 1 else f"{model} {seen[model]}")
    return names


def _board(named: Mapping[str, Entry], tested: pd.DataFrame) -> pd.DataFrame:
    """Return one row per run, best first: figures (NaN if a run has none), `group`, the thesis's accuracy, the run."""
    names = list(named)
    differ = np.zeros((len(names), len(names)), bool)
    for row in tested[tested.differ].itertuples():
        i, j = names.index(row.one), names.index(row.other)
        differ[i, j] = differ[j, i] = True
    rows = []
    for (name, entry), letters in zip(named.items(), significance.compact_letter_display(differ), strict=True):
        # A training that a budget cut short is not comparable with the thesis's figure.
        reported = None if entry.cut_short else thesis_results.REPORTED.get((entry.experiment, entry.model))
        rows.append(
            {
                "name": name,
                "model": entry.model,
                **{column: entry.metrics.get(metric, float("nan")) for column, metric in METRICS.items()},
                "group": letters,
                "thesis_accuracy": reported.accuracy / 100 if reported else float("nan"),
                "experiment": entry.experiment,
                "settings": entry.settings,
                "cut_short": entry.cut_short,
                "run": entry.run[:8],
            }
        )
    return pd.DataFrame(rows).astype({"parameters": "Int64", "model_bytes": "Int64"})


def counted(number: int, what: str) -> str:
    """Return a number with what it counts, such as "1 artist" or "34 artists"."""
    return f"{number} {what}{'s' * (number != 1)}"


def _pairs(named: Mapping[str, Entry], classes: Sequence[str], groups: np.ndarray, drawing: Drawing) -> pd.DataFrame:
    """Return one row per pair, `one` before `other` on the leaderboard.

    Columns: the clips that both, only one, only the other, and neither has right; how far `one` is ahead in accuracy
    and macro F1, with 95% intervals; p, corrected p, `differ`.
    """
    n, rows = classification.units(groups, groups), []
    drawn = {name: _drawn(named, classes, groups, drawing, name) for name in FIGURES}
    right = {name: entry.right for name, entry in named.items()}
    for (i, one), (j, other) in combinations(enumerate(named), 2):
        a, b = right[one], right[other]
        row = {"one": one, "other": other, "both": int((a & b).sum()), "only_one": int((a & ~b).sum())}
        row |= {"only_other": int((b & ~a).sum()), "neither": int((~a & ~b).sum())}
        for name, (found, values) in drawn.items():
            low, high = classification.bounds(values[i] - values[j], n, -1.0, 1.0)
            row |= {name: found[i] - found[j], f"{name}_low": low, f"{name}_high": high}
        rows.append({**row, "p": significance.permutation(a, b, groups)})
    table = pd.DataFrame(rows, columns=PAIRS)
    table["p_holm"] = significance.holm(table["p"].to_numpy(float))
    table["differ"] = table["p_holm"] < significance.LEVEL
    return table


def _drawn(
    named: Mapping[str, Entry], classes: Sequence[str], groups: np.ndarray, drawing: Drawing, name: str
) -> tuple[list[float], np.ndarray]:
    """Return a figure for each model, and its values in the resamplings (models, resamplings)."""
    true, *answers = (
        pd.Categorical(labels, classes).codes.astype(int)
        for labels in (
            next(iter(named.values())).answers["true"],
            *(entry.answers["predicted"] for entry in named.values()),
        )
    )
    certain = [np.eye(len(classes))[answer] for answer in answers]
    figure = FIGURES[name]
    values = classification.paired(
        figure, true, certain, resamplings=drawing.resamplings, seed=drawing.seed, groups=groups
    )
    return [figure(true, probabilities) for probabilities in certain], values


def _per_class(named: Mapping[str, Entry], classes: Sequence[str]) -> pd.DataFrame:
    """Return one row per occurring class: `class`, its test `clips`, and each model's share of right answers."""
    true = next(iter(named.values())).answers["true"].to_numpy()
    occurring = [name for name in classes if (true == name).any()]
    table = pd.DataFrame({"class": occurring, "clips": [int((true == name).sum()) for name in occurring]})
    for name, entry in named.items():
        table[name] = [float(entry.right[true == occurs].mean()) for occurs in occurring]
    return table


def _confusions(named: Mapping[str, Entry], classes: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return each model's confusion matrix in numbers of clips: true classes down, answers across."""
    return {
        name: pd.crosstab(
            pd.Categorical(entry.answers["true"], classes),
            pd.Categorical(entry.answers["predicted"], classes),
            dropna=False,
        )
        .set_axis(list(classes), axis=0)
        .set_axis(list(classes), axis=1)
        for name, entry in named.items()
    }


def _disagreements(named: Mapping[str, Entry]) -> pd.DataFrame:
    """Return one row per clip on which models differ: `clip`, `true`, how many are `right`, and each model's answer.

    Clips that the fewest models have right come first.
    """
    first = next(iter(named.values())).answers
    table = pd.DataFrame({"clip": first.index, "true": first["true"].to_numpy()})
    table["right"] = np.sum([entry.right for entry in named.values()], axis=0)
    for name, entry in named.items():
        table[name] = entry.answers["predicted"].to_numpy()
    split_corpus = table[list(named)].nunique(axis=1) > 1
    return table[split_corpus].sort_values(["right", "clip"]).reset_index(drop=True)
