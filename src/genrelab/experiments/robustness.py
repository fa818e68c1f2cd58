"""Measure how far a saved model's figures fall when its test clips are altered without changing their genre.

Each clip is altered as a sound, at its own sample rate, before the feature is computed. Each alteration is compared
with the same clips unaltered, so the intervals of the differences are paired. The results of each alteration are kept
until all are done, so that a run after a kill continues with the rest.
"""

import functools
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from tqdm import tqdm

from genrelab import parallel, plots
from genrelab.config import Config
from genrelab.console import format_table, say
from genrelab.data import audio, remote
from genrelab.evaluation import evaluate
from genrelab.evaluation.evaluate import ScoredPart
from genrelab.experiments import alterations, robustness_html
from genrelab.experiments.alterations import ALTERATIONS
from genrelab.features._base import Feature
from genrelab.metrics import classification
from genrelab.parallel import Workers
from genrelab.state import code, digests, files, folders, locks
from genrelab.state.home import home, state_folder
from genrelab.tracking import ledger, runs
from genrelab.training import experiment_data

UNALTERED = "unaltered"
TOGETHER = 64  # clips per job for a worker of a cluster


class Robustness(NamedTuple):
    """The result: the run, the figures (one row per alteration, the unaltered clips first), and the page."""

    run_id: str
    table: pd.DataFrame
    page: Path


def robustness(config: Config, model_uri: str, dataset: str, *, workers: Workers) -> Robustness:
    """Alter the model's scored clips, one alteration after another; log and print the effect on its figures."""
    scored = evaluate.part_to_score(config, model_uri, dataset)
    experiment_data.one_label(scored.data.config, "robustness")
    about, data = scored.model.about, scored.data
    config, labels = data.config, data.corpus.targets(scored.ids)
    with runs.run(
        f"robustness {about['model']} on {config.dataset}",
        "robustness",
        config,
        {**scored.tags, "model_uri": model_uri},
    ) as run_id:
        runs.log_data(config, about["feature"], data.version)
        ledger.record(ledger.SCORED, scored.test_part)
        answers = answers_of(scored, run_id, workers)
        groups = data.corpus.groups(scored.ids)
        table = figures(answers, labels, groups, resamplings=config.metrics.bootstrap, seed=config.seed)
        page = _report(scored, table, classification.units(labels, groups))
    return Robustness(run_id, table, page)


def figures(
    answers: dict[str, np.ndarray], labels: np.ndarray, groups: np.ndarray, *, resamplings: int, seed: int
) -> pd.DataFrame:
    """Return one row per alteration: accuracy, F1, their changes with paired 95% intervals, and changed answers.

    `answers` holds probabilities (clips, classes) by alteration, including UNALTERED; `labels` int (clips,);
    `groups` int (clips,), the artist or the clip, by which the bootstrap draws. All figures lie in 0...1.
    """
    before, rows = answers[UNALTERED], []
    for name, after in answers.items():
        kind = "" if name == UNALTERED else ALTERATIONS[name].kind
        row: dict[str, Any] = {"kind": kind, "alteration": name, "clips": len(labels)}
        for figure, of in (("accuracy", classification.accuracy), ("f1", classification.f1)):
            row[figure] = of(labels, after)
            row[f"{figure}_change"] = row[figure] - of(labels, before)
            bounds = (0.0, 0.0)
            if name != UNALTERED:
                bounds = classification.difference(
                    of, labels, before, after, resamplings=resamplings, seed=seed, groups=groups
                )
            row[f"{figure}_change_low"], row[f"{figure}_change_high"] = bounds
        row["answers_changed"] = float((before.argmax(axis=1) != after.argmax(axis=1)).mean())
        rows.append(row)
    return pd.DataFrame(rows)


def altered_feature(feature: Feature, path: Path, name: str, seed: int) -> np.ndarray:
    """Return the feature of a sound after an alteration: float32 (*feature shape).

    Deterministic for a file and a seed. Raises AudioError for a file that does not decode.
    """
    samples, rate = audio.decode(path)
    rng = np.random.default_rng([seed, zlib.crc32(f"{path.name} {name}".encode())])
    y = ALTERATIONS[name].alter(audio.mono(samples), rate, rng)
    return feature.extract({wanted: audio.resample(y, rate, wanted) for wanted in feature.sample_rates})


def answers_of(scored: ScoredPart, run_id: str, workers: Workers) -> dict[str, np.ndarray]:
    """Return the probabilities (clips, classes) of the clips under each alteration, and of the unaltered clips."""
    clips = {clip.id: clip for clip in scored.data.corpus.clips}
    paths = remote.sounds(scored.data.config, [clips[clip] for clip in scored.ids])
    found = {UNALTERED: scored.model.classifier.predict_proba(scored.data.features(scored.ids))}
    about = [scored.ids, scored.data.version.features, scored.data.config.seed]
    # The answers identify the model.
    key = digests.of_value([*about, found[UNALTERED].round(6).tolist(), code.digest(alterations.__name__)])
    bar = tqdm(total=len(ALTERATIONS) * len(paths), desc="robustness", unit="clip", disable=not sys.stderr.isatty())
    with bar, locks.exclusive_lock(state_folder() / "robustness" / key, "this experiment") as state:
        runs.supersede_run(state, run_id)
        for i, name in enumerate(ALTERATIONS):
            kept = state / f"{i}.npy"
            if kept.exists():
                found[name] = np.load(kept)
                bar.update(len(paths))
                continue
            found[name] = _predict(scored, paths, name, bar, workers)
            with files.replacing(kept) as partial, partial.open("wb") as file:
                np.save(file, found[name])
        folders.discard(state)
    return found


def _predict(scored: ScoredPart, paths: Sequence[Path], name: str, bar: tqdm, workers: Workers) -> np.ndarray:
    feature, seed, x = scored.model.feature, scored.data.config.seed, []
    jobs = (_job(feature, path.absolute(), name, seed) for path in paths)
    for one in parallel.run(jobs, workers, together=TOGETHER, ordered=True):
        x.append(one)
        bar.update()
    return scored.model.classifier.predict_proba(np.stack(x))


def _job(feature: Feature, path: Path, name: str, seed: int) -> parallel.Job:
    return parallel.Job(functools.partial(altered_feature, feature, path, name, seed), parallel.same, [path])


def _report(scored: ScoredPart, table: pd.DataFrame, artists: int) -> Path:
    about, config = scored.model.about, scored.data.config
    title = f"{about['model']} on {config.dataset}, {about['task']}: {len(scored.ids)} altered clips"
    notes = remarks(len(scored.ids), artists)
    altered = table[table["alteration"] != UNALTERED]
    picture = plots.robustness(altered, title)
    page = robustness_html.page(title, table, plots.png(picture), notes)
    path = home() / "reports" / config.dataset / f"robustness-{about['model']}-{about['task']}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_text(path, page)
    runs.log_table(table, "robustness")
    runs.log_picture(picture, "robustness")
    runs.log_text(page, "robustness.html")
    worst = altered.loc[altered["accuracy_change"].idxmin()]
    runs.log_metrics({"accuracy_unaltered": table["accuracy"][0], "f1_unaltered": table["f1"][0]})
    runs.log_metrics({"accuracy_mean_change": altered["accuracy_change"].mean()})
    runs.log_metrics({"accuracy_worst_change": worst["accuracy_change"], "f1_worst_change": altered["f1_change"].min()})
    runs.describe(robustness_html.sentence(table), "robustness.png")
    say(f"\n{text(title, table, notes)}\n\nwritten: {path}")
    return path


def text(title: str, table: pd.DataFrame, notes: Sequence[str]) -> str:
    """Return the figures for the terminal."""
    rows = [
        [row.kind, row.alteration, f"{100 * row.accuracy:.1f}", *robustness_html.changes(row)]
        for row in table.itertuples()
    ]
    head = ["", "", "accuracy %", "change, points (95%)", "F1, change (95%)", "answers\nchanged %"]
    shown = format_table(head, rows, words=(0, 1))
    return "\n".join([title, "", shown, "", *notes])


def remarks(clips: int, artists: int) -> list[str]:
    """Return sentences on how to read the figures."""
    drawn = f"{artists} artists" if artists < clips else f"{clips} clips"
    return [
        f"Changes are against the same {clips} clips unaltered; 95%: paired bootstrap over {drawn}.",
        f"Of {len(ALTERATIONS)} intervals, about one would exclude 0 by chance if nothing had changed.",
    ]
