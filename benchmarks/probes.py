"""The probe table: encoder x head on the folds of a corpus, by accuracy, with intervals.

    python benchmarks/probes.py [--feature embeddings+timbre+rhythm+pitch+ssd] [--inputs all,MSD_musicnn,...]
        [--artists 3] [--set dataset=gtzan_mini --set split=artist_kfold --set hp.balance=false]

It takes the features that the project in the current folder has stored, all layers of all encoders among them, so that
nothing is computed twice. In each fold the heads of the probe's grid are fitted on train; of each kind, and of all
(`chosen`), the best on valid is scored on test, as `train -P model=probe` does. `embeddings` among the inputs are all
parts of that feature together. `--artists` leaves out the labels of fewer artists, which folds by artist test where
train has none of them. The test parts are scored once a row: which row is best is seen on test, and says less than its
figure.
"""

import argparse
import contextlib
import dataclasses
import io
import tempfile
from pathlib import Path

import numpy as np

from genrelab import config
from genrelab.classifiers import hyperparameters
from genrelab.classifiers.base import Examples, FitSettings
from genrelab.classifiers.choosing import ChosenClassifier
from genrelab.corpus import Corpus, Fold
from genrelab.metrics import classification
from genrelab.training import experiment_data

HEADS = {"linear": "linear", "k-NN": "knn", "one hidden layer": "mlp", "chosen": ""}


def predictions(data, pipelines, parts: tuple[Examples, Examples, Examples]) -> np.ndarray:
    """Return the probabilities of test by the best of the pipelines on valid."""
    train, valid, test = parts
    one = ChosenClassifier(pipelines, len(data.corpus.classes))
    with tempfile.TemporaryDirectory() as state, contextlib.redirect_stdout(io.StringIO()):
        one.fit(train, valid, FitSettings(data.config.training, data.config.seed, Path(state)))
    return one.uncalibrated(test.x)


def with_labels_of(data, artists: int):
    """Return `data` without the labels that have fewer artists."""
    of = {label: {clip.artist for clip in data.corpus.clips if clip.label == label} for label in data.corpus.classes}
    kept = tuple(label for label in data.corpus.classes if len(of[label]) >= artists)
    clips = tuple(clip for clip in data.corpus.clips if clip.label in kept)
    ids = {clip.id for clip in clips}
    folds = [
        Fold(**{part: tuple(i for i in clips if i in ids) for part, clips in dataclasses.asdict(fold).items()})
        for fold in data.folds
    ]
    return dataclasses.replace(data, corpus=Corpus(clips, kept, data.corpus.parts), folds=folds)


def row(data, inputs: str) -> tuple[dict[str, np.ndarray], int]:
    """Return the probabilities of every test clip by head, fold by fold, and how many columns the heads are given."""
    shape, classes = data.input_shape, len(data.corpus.classes)
    found = {head: [] for head in HEADS}
    for fold in data.folds:
        parts = tuple(data.part(ids) for ids in (fold.train, fold.valid, fold.test))
        for head, kind in HEADS.items():
            # Built anew for each: fitted pipelines are not to be handed on.
            hp = hyperparameters.choose(data.module, {**data.config.hp, "inputs": inputs}, shape, classes)
            grid = hyperparameters.build(data.module, hp, shape, classes).pipelines
            picked = {name: pipeline for name, pipeline in grid.items() if name.startswith(kind)}
            found[head].append(predictions(data, picked, parts))
    columns = next(iter(grid.values())).named_steps["columns"].columns
    return {head: np.concatenate(each) for head, each in found.items()}, len(columns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feature", default="embeddings")
    parser.add_argument("--inputs", default="")
    parser.add_argument("--artists", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    asked = parser.parse_args()
    settings = config.load(overrides={"feature": asked.feature, **dict(one.split("=", 1) for one in asked.set)})
    data = with_labels_of(experiment_data.load(settings, "probe"), asked.artists)
    ids = [clip for fold in data.folds for clip in fold.test]
    true = data.corpus.targets(ids)
    known = hyperparameters.declared(data.module, data.input_shape, len(data.corpus.classes))["inputs"].values
    print(f"{len(set(ids))} clips of {', '.join(data.corpus.classes)} in {len(data.folds)} folds\n")
    print(f"| inputs | numbers | {' | '.join(HEADS)} |\n|---|---|{'---|' * len(HEADS)}")
    for inputs in asked.inputs.split(",") if asked.inputs else known:
        found, columns = row(data, inputs)
        cells = []
        for probabilities in found.values():
            low, high = classification.interval(
                classification.accuracy,
                true,
                probabilities,
                resamplings=settings.metrics.bootstrap,
                seed=settings.seed,
                groups=data.corpus.groups(ids),
            )
            right = classification.accuracy(true, probabilities)
            cells.append(f"**{100 * right:.1f}** ({100 * low:.0f}-{100 * high:.0f})")
        print(f"| {inputs} | {columns} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
