"""Measure leakage: train one model on three divisions of the same slices, several times, on equally much data.

Random slices have neighbours from their own clip in train. Random clips may have their artist there. The third division
is an honest split of the catalog. Equal labels, and equally many slices of each in train, make the three comparable.
"""

import dataclasses
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from genrelab import plots
from genrelab.classifiers import ensemble_spec, factory, keras_fit
from genrelab.classifiers.factory import Examples
from genrelab.classifiers.slicing import Slicing, slicing
from genrelab.config import Config
from genrelab.console import format_table, say, strip_styles
from genrelab.corpus import Corpus, Fold
from genrelab.data.streamed import Array, take
from genrelab.errors import ConfigError, DataError
from genrelab.experiments import leakage_html, leakage_splits
from genrelab.experiments.leakage_splits import Division, Scored
from genrelab.features._base import Feature
from genrelab.metrics import classification
from genrelab.state import digests, files, locks
from genrelab.state.home import home, state_folder
from genrelab.tracking import ledger, runs
from genrelab.training import prediction_table, trainer
from genrelab.training.completed import CompletedTrainings
from genrelab.training.experiment_data import TrainingData, in_one_fold, load, one_label, test_digest
from genrelab.training.trainer import TrainingResult

SLICES, CLIPS = "slices at random", "clips at random"
WIDTH = 110  # columns of the printed text
REFERENCE_SPLITS = "artist"  # the honest split if the config names `random`, which is not one


class SlicePool(NamedTuple):
    """What to divide: slices, with the class, clip (its position in `corpus.ids`) and artist of each, all (slices,)."""

    corpus: Corpus
    slicing: Slicing
    x: Array
    y: np.ndarray
    clip: np.ndarray
    artist: np.ndarray


def leakage(config: Config, model: str, seeds: int) -> pd.DataFrame:
    """Train `model` on each division with each seed; log and print accuracies, gaps and their intervals."""
    one_label(config, "leakage")
    config = _with_slices(config, model)
    reference_split = REFERENCE_SPLITS if config.split == "random" else config.split
    config = config.derive({"split": reference_split})
    data = in_one_fold(load(config, model), "leakage")
    if reference_split == REFERENCE_SPLITS and not any(clip.artist for clip in data.corpus.clips):
        raise DataError(
            f"corpus '{config.dataset}' has no known artists to keep apart; give it a manifest with artists, "
            "or name another honest split, such as --split file"
        )
    numbers = range(config.seed, config.seed + seeds)
    folds = {seed: _fold(data, reference_split, seed) for seed in numbers}
    pool = _slice_pool(data, folds)
    key = digests.of_value(
        [config.config_hash, data.version.features, reference_split, seeds]
        + [trainer.key_of(data, fold) for fold in folds.values()]
    )
    tags = {**trainer.tags_of(data, {}), "honest": reference_split}
    with (
        locks.exclusive_lock(state_folder() / "leakage" / key, "this experiment") as state,
        runs.run(f"leakage {model} {config.dataset}", "leakage", config, tags) as run_id,
    ):
        runs.supersede_run(state, run_id)
        runs.log_data(config, data.feature.name, data.version)
        runs.log_params({"model": model})
        done, rows = CompletedTrainings(state / "done.json"), []
        for seed in numbers:
            for name, division in _divisions(pool, folds[seed], reference_split, seed).items():
                title = f"{name}, seed {seed}"
                say(f"\n{title}: {len(division.train)} slices in train, {len(division.test)} in test")
                found = done.get(title, run_id)
                before = ", already trained" if found else ""
                if not found:
                    split = {SLICES: SLICES, CLIPS: "random"}.get(name, reference_split)
                    found = _train(data, pool, division, split, title, seed, state / f"{seed}-{name}")
                    done.put(title, found.run_id, found)
                    keras_fit.forget(state / f"{seed}-{name}")
                say(f"accuracy {100 * found.metrics['test_slice_accuracy']:.1f}% on the test slices{before}")
                rows.append(_row(name, seed, found, pool, division))
        table = _report(data, rows, pool, reference_split)
        done.forget()
        return table


def _with_slices(config: Config, model: str) -> Config:
    module = ensemble_spec.load(model, config)
    if isinstance(module, ensemble_spec.Ensemble):
        raise ConfigError(f"leakage trains one model, but '{model}' is an ensemble; name one of its members")
    own = ensemble_spec.takes(module, model, config)
    if Feature.of(own).frame_rate is None:
        raise ConfigError(f"leakage slices clips, but the feature '{own.feature}' of {model} has no time axis")
    return config.derive({"slices.seconds": own.slices.seconds or config.leakage.seconds})


def _fold(data: TrainingData, split: str, seed: int) -> Fold:
    """Return the split's fold, drawn with this seed if it is drawn at all."""
    module, params = data.config.split_params(split)
    if "seed" in type(params).model_fields:
        params = params.with_values(seed=seed)
    return module.folds(data.corpus, params)[0]


def _slice_pool(data: TrainingData, folds: Mapping[int, Fold]) -> SlicePool:
    """Return the slices of the labels that every honest fold has in train and in test; report the labels left out."""
    corpus, label = data.corpus, {clip.id: clip.label for clip in data.corpus.clips}
    usable = set(corpus.classes)
    for fold in folds.values():
        usable &= {label[clip] for clip in fold.train} & {label[clip] for clip in fold.test}
    out = [name for name in corpus.classes if name not in usable]
    if len(usable) < 2:
        raise DataError(
            f"corpus '{data.config.dataset}' has {len(usable)} labels with clips in train and in test under split "
            f"{data.config.split}; leakage needs two (in artist splits, labels of several artists)"
        )
    if out:
        say(f"left out: {', '.join(out)}, which split {data.config.split} cannot put in both train and test")
    known = {clip for fold in folds.values() for part in dataclasses.astuple(fold) for clip in part}
    clips = tuple(clip for clip in corpus.clips if clip.label in usable and clip.id in known)
    corpus = Corpus(clips, tuple(name for name in corpus.classes if name in usable))
    cut = slicing(data.config)
    assert cut is not None  # `_with_slices` ensures it
    x, owner = cut.cut(data.features(corpus.ids))
    return SlicePool(corpus, cut, x, corpus.targets(corpus.ids)[owner], owner, corpus.groups(corpus.ids)[owner])


def _divisions(pool: SlicePool, fold: Fold, reference_split: str, seed: int) -> dict[str, Division]:
    from genrelab.splits import random

    ids = pool.corpus.ids
    at_random = random.folds(
        pool.corpus, random.Params(test=leakage_splits.TEST, valid=leakage_splits.VALID, seed=seed)
    )[0]
    found = {
        SLICES: leakage_splits.by_slice(pool.y, seed),
        CLIPS: leakage_splits.by_clip(at_random, ids, pool.clip),
        _reference_split(reference_split): leakage_splits.by_clip(fold, ids, pool.clip),
    }
    return leakage_splits.of_equal_size(found, pool.y, seed)


def _reference_split(split: str) -> str:
    return "artists apart" if split == "artist" else split


def _train(
    data: TrainingData,
    pool: SlicePool,
    division: Division,
    split: str,
    title: str,
    seed: int,
    state: Path,
) -> TrainingResult:
    """Train and score once, in a run that belongs to no leaderboard and says so. `split` is for the ledger of test."""
    config = data.config.derive({"seed": seed})
    tags = {"model": data.model, "dataset": config.dataset, "task": config.task, "divided": title}
    with runs.run(title, "leakage training", config, tags, nested=True) as run_id:
        classes = pool.corpus.classes
        shape = data.feature.sliced_shape(pool.x.shape[-1])
        net = factory.build(data.module, data.hyperparameters(), shape, len(classes), seed)
        train, valid = (Examples(take(pool.x, part), pool.y[part], "slice") for part in division[:2])
        trainer.fit(net, train, valid, config.training, seed=seed, state=state)
        probabilities, true = net.predict_proba(take(pool.x, division.test)), pool.y[division.test]
        found = {f"test_slice_{name}": value for name, value in classification.scores(true, probabilities).items()}
        ids = [pool.corpus.ids[clip] for clip in pool.clip[division.test]]
        digest = test_digest(pool.corpus, [sorted(set(ids))])
        ledger.record(ledger.SCORED, ledger.Part(data.version.table, config.task, split, digest))
        runs.log_metrics(found)
        prediction_table.log(prediction_table.make(ids, 0, true, probabilities, classes), "slices")
    return TrainingResult(run_id, "", found)


def _row(name: str, seed: int, found: TrainingResult, pool: SlicePool, division: Division) -> dict[str, Any]:
    """Return the results of one training; its answers come from its run, which may be an earlier one."""
    table = prediction_table.read(found.run_id, "slices")
    probabilities = table[list(pool.corpus.classes)].to_numpy(float)
    clips = division.test
    _, first, owner = np.unique(pool.clip[clips], return_index=True, return_inverse=True)
    together = pool.slicing.together(probabilities, owner)
    return {
        "divided": name,
        "seed": seed,
        "train": len(division.train),
        "test": len(clips),
        "clip_in_train": leakage_splits.share_in_train(division, pool.clip),
        "artist_in_train": leakage_splits.share_in_train(division, pool.artist),
        "accuracy": found.metrics["test_slice_accuracy"],
        "f1": found.metrics["test_slice_f1"],
        "clip_accuracy": float((together.argmax(axis=1) == pool.y[clips][first]).mean()),
        "scored": Scored(probabilities.argmax(axis=1) == pool.y[clips], pool.artist[clips]),
    }


def _report(data: TrainingData, rows: list[dict[str, Any]], pool: SlicePool, reference_split: str) -> pd.DataFrame:
    """Log and print the means over the seeds, and the gaps of both other divisions to the honest one."""
    config, table = data.config, pd.DataFrame(rows)
    names = [SLICES, CLIPS, _reference_split(reference_split)]
    drawn = {
        name: leakage_splits.resampled(
            list(table[table["divided"] == name]["scored"]), resamplings=config.metrics.bootstrap, seed=i
        )
        for i, name in enumerate(names)
    }
    means = table.drop(columns=["scored", "seed"]).groupby("divided").mean().loc[names]
    units = len(np.unique(np.concatenate([scored.group for scored in table["scored"]])))
    spans = [classification.bounds(drawn[name], units, 0.0, 1.0) for name in names]
    means["low"], means["high"] = zip(*spans, strict=True)
    gaps = {}
    for name in names[:2]:
        low, high = classification.bounds(drawn[name] - drawn[names[2]], units, -1.0, 1.0)
        gaps[name] = (means.loc[name, "accuracy"] - means.loc[names[2], "accuracy"], low, high)
    seeds, cut = table["seed"].nunique(), config.slices.seconds
    title = f"{data.model} on {config.dataset}, {config.task}: slices of {cut:g} s, {seeds} seeds"
    runs.log_table(table.drop(columns="scored"), "trainings")
    runs.log_table(means.reset_index(), "leakage")
    bars = [(name, row.accuracy, row.low, row.high) for name, row in means.iterrows()]
    runs.log_picture(plots.leaderboard(bars, title), "leakage")
    for (name, gap), key in zip(gaps.items(), ("slices", "clips"), strict=True):
        runs.log_metrics({f"gap_{key}": gap[0], f"gap_{key}_low": gap[1], f"gap_{key}_high": gap[2]})
        runs.log_metrics({f"accuracy_{key}": means.loc[name, "accuracy"]})
    runs.log_metrics({"accuracy_honest": means.loc[names[2], "accuracy"]})
    remarks = _remarks(len(pool.corpus.clips))
    page = leakage_html.page(title, means, gaps, table, remarks)
    path = home() / "reports" / config.dataset / f"leakage-{data.model}-{config.task}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_text(path, page)
    runs.log_text(page, "leakage.html")
    runs.describe(leakage_html.sentence(SLICES, gaps[SLICES], names[2]), "leakage.png")
    text = _text(title, means, gaps, names[2], remarks)
    runs.log_text(strip_styles(text) + "\n", "leakage.txt")
    say(f"\n{text}\n\nwritten: {path}")
    return table.drop(columns="scored")


def _text(title: str, means: pd.DataFrame, gaps: dict[str, Any], reference_split: str, remarks: list[str]) -> str:
    def percent(value: float) -> str:
        return f"{100 * value:.1f}"

    rows = [
        [
            name,
            f"{percent(row.accuracy)} ({100 * row.low:.0f}-{100 * row.high:.0f})",
            percent(row.f1),
            "-" if name == SLICES else percent(row.clip_accuracy),
            f"{100 * row.clip_in_train:.0f}",
            f"{100 * row.artist_in_train:.0f}",
            f"{row.train:.0f}",
        ]
        for name, row in means.iterrows()
    ]
    head = ["divided", "slices right %\n(95%)", "F1 %", "clips\nright %", "test slices whose\nclip in train %"]
    head += ["artist in\ntrain %", "train\nslices"]
    lines = [title, "", format_table(head, rows), ""]
    for name, (gap, low, high) in gaps.items():
        sure = "higher" if low > 0 else "lower" if high < 0 else "not significantly different"
        lines.append(
            f"{name}: {100 * gap:+.1f} points ({100 * low:+.1f} to {100 * high:+.1f}) against {reference_split}: {sure}"
        )
    return "\n".join([*lines, *(textwrap.fill(remark, WIDTH) for remark in remarks)])


def _remarks(clips: int) -> list[str]:
    """Return sentences on how to read the figures."""
    return [
        f"The same number of slices of each label in train; {clips} clips. Means over the seeds; 95%: bootstrap over "
        "seeds and, within each, over artists (clips if the artist is unknown).",
        "Slices at random LEAK: what the model learns about a clip in train gives away the rest of the clip in test. "
        "No model here is registered or compared.",
    ]
