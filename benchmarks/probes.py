"""Print the probe table: encoder x head on the folds of a corpus, by accuracy, with intervals.

    python benchmarks/probes.py [--feature embeddings+timbre+rhythm+pitch+ssd] [--inputs all,MSD_musicnn,...]
        [--artists 3] [--against MSD_musicnn] [--set dataset=gtzan_mini --set split=artist_kfold --set hp.balance=false]

It uses the features that the project in the current folder has stored, including all layers of all encoders, so that
nothing is computed twice. In each fold it fits the heads of the probe's grid on train. For each kind of head, and for
all together (`chosen`), it scores the best on valid on test, as `train -P model=probe` does. The input `embeddings`
means all parts of that feature together; a + joins inputs. `--artists` leaves out labels with fewer artists, which
artist folds would test without any of their clips in train. `--against` names inputs; the last column then shows how
much more each row's chosen head has right than theirs, with a paired interval. Intervals are by artist if artists are
known. Each row scores the test parts once. Picking the best row uses test, so its figure says less than it seems.
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
from genrelab.features._base import JOIN, ArrayShape
from genrelab.metrics import classification
from genrelab.training import experiment_data

HEADS = {"linear": "linear", "k-NN": "knn", "one hidden layer": "mlp", "chosen": ""}


def predictions(data, pipelines, train: Examples, valid: Examples, test: Examples) -> np.ndarray:
    """Return the test probabilities of the pipeline that is best on valid."""
    one = ChosenClassifier(pipelines, len(data.corpus.classes))
    with tempfile.TemporaryDirectory() as state, contextlib.redirect_stdout(io.StringIO()):
        one.fit(train, valid, FitSettings(data.config.training, data.config.seed, Path(state)))
    return one.uncalibrated(test.x)


def with_labels_of(data, artists: int):
    """Return `data` without the labels that have fewer than `artists` artists."""
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
    """Return the probabilities of all test clips by head, fold by fold, and the number of input columns."""
    found = {head: [] for head in HEADS}
    known = data.module.parts(data.input_shape)
    blocks = [columns for name in inputs.split(JOIN) for columns in known[name]]
    columns = [i for block in blocks for i in block]
    shape = ArrayShape((len(columns),))
    shape.blocks = tuple((f"block{i}", len(block)) for i, block in enumerate(blocks))
    for fold in data.folds:
        parts = [data.part(ids) for ids in (fold.train, fold.valid, fold.test)]
        parts = [part._replace(x=part.x[:, columns]) for part in parts]
        for head, kind in HEADS.items():
            # Build the grid again for each head, so that no fitted pipeline is reused.
            hp = hyperparameters.choose(data.module, data.config.hp, shape, len(data.corpus.classes))
            grid = hyperparameters.build(data.module, hp, shape, len(data.corpus.classes)).pipelines
            picked = {name: pipeline for name, pipeline in grid.items() if name.startswith(kind)}
            found[head].append(predictions(data, picked, *parts))
    return {head: np.concatenate(each) for head, each in found.items()}, len(columns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feature", default="embeddings")
    parser.add_argument("--inputs", default="")
    parser.add_argument("--against", default="")
    parser.add_argument("--artists", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    asked = parser.parse_args()
    settings = config.load(overrides={"feature": asked.feature, **dict(one.split("=", 1) for one in asked.set)})
    data = with_labels_of(experiment_data.load(settings, "probe"), asked.artists)
    ids = [clip for fold in data.folds for clip in fold.test]
    true = data.corpus.targets(ids)
    print(f"{len(set(ids))} clips of {', '.join(data.corpus.classes)} in {len(data.folds)} folds\n")
    rows = asked.inputs.split(",") if asked.inputs else list(data.module.parts(data.input_shape))
    drawn = {
        "resamplings": settings.metrics.bootstrap,
        "seed": settings.seed,
        "groups": data.corpus.groups(ids),
    }
    other = row(data, asked.against)[0]["chosen"] if asked.against else None
    heads = [*HEADS, *([f"chosen, against {asked.against}"] if asked.against else [])]
    print(f"| inputs | numbers | {' | '.join(heads)} |\n|---|---|{'---|' * len(heads)}")
    for inputs in rows:
        found, columns = row(data, inputs)
        cells = []
        for probabilities in found.values():
            low, high = classification.interval(classification.accuracy, true, probabilities, **drawn)
            right = classification.accuracy(true, probabilities)
            cells.append(f"**{100 * right:.1f}** ({100 * low:.0f}-{100 * high:.0f})")
        if other is not None:
            one = found["chosen"]
            low, high = classification.difference(classification.accuracy, true, other, one, **drawn)
            gain = classification.accuracy(true, one) - classification.accuracy(true, other)
            cells.append(
                "-" if inputs == asked.against else f"{100 * gain:+.1f} ({100 * low:+.0f} to {100 * high:+.0f})"
            )
        print(f"| {inputs} | {columns} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
