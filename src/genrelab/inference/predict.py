"""Run a saved model on audio files: find, decode in batches, classify and list them; a bad file fails alone."""

import functools
import itertools
import os
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from genrelab import parallel
from genrelab.classifiers.base import TOP
from genrelab.classifiers.saved_model import SavedModel
from genrelab.config import Config
from genrelab.console import say
from genrelab.data.audio import AudioError
from genrelab.errors import ConfigError, DataError
from genrelab.inference import audio_files, predictions
from genrelab.inference import windows as listening
from genrelab.inference.audio_files import Audio
from genrelab.inference.frontend import AudioFrontend, Windows, extract_or_error
from genrelab.inference.predictions import Prediction, Predictions
from genrelab.parallel import Workers
from genrelab.tracking import registry, runs

BATCH = 32  # files whose features are in memory at a time: 0.1 GB for five-minute songs
AHEAD = 1  # batches that processes decode ahead of the model
MANY = 64  # files from which worker processes are worth starting
TOGETHER = 16  # files sent to a cluster worker at a time: 50 MB of features for five-minute songs


def predict(
    config: Config,
    model_uri: str,
    audio: Audio,
    *,
    output: str,
    top_k: int | None,
    timeline: bool,
    explain: bool,
    workers: Workers,
) -> pd.DataFrame:
    """Classify the audio files that `audio` names; print a table, write it to `output` if given, explain if requested.

    Returns one row per file. If some files are unusable, the table's `attrs["left_out"]` says how many; raises
    DataError if all are.
    """
    target = predictions.target(output)
    paths = audio_files.sounds(audio)
    model = registry.load_model(model_uri)
    classes = model.about["classes"]
    if top_k and top_k > len(classes):
        raise ConfigError(f"top_k must be at most {len(classes)}, the number of the model's classes, got {top_k}")
    if explain:
        from genrelab.inference import occlusion_plots  # imports matplotlib, which is slow, only when needed

        occlusion_plots.check(model.about, len(paths))
    # Classifying a few songs is not an experiment: record it only if `mlflow run` has opened a run for it.
    recorded = "MLFLOW_RUN_ID" in os.environ
    with _run(config, model_uri, model.about) if recorded else nullcontext():
        files = list(predicted(model, paths, workers))
        found = Predictions(files, classes, top_k or min(TOP, len(classes)), model.thresholds)
        written = predictions.write(found, target, timeline=timeline) if target else []
        explained = occlusion_plots.draw(model, found.files, target) if explain else None
        say(found.terminal(timeline=timeline))  # after the results are written: a terminal may fail
        for path in written:
            say(f"written: {path}")
        if explained and explained.pictures:
            say(f"written: {len(explained.pictures)} pictures in {explained.pictures[0].parent}")
            say(f"written: {explained.table_file}, the area between the curves {explained.gain:+.3f} on average")
        failed = [prediction for prediction in found.files if prediction.fault]
        if recorded:
            _log(found, timeline=timeline, failed=len(failed))
            if explained and explained.pictures:
                for file in (*explained.pictures, explained.table_file):
                    runs.log_file(file, "explanations")
                runs.log_metrics({"faithfulness_gain": explained.gain})
    if len(failed) == len(paths):
        raise DataError(f"none of {len(paths)} files could be used; the reasons stand above")
    table = found.table()
    if failed:
        table.attrs["left_out"] = f"{len(failed)} of {len(paths)} files could not be used; see the reasons above"
    return table


def _run(config: Config, model_uri: str, about: dict[str, Any]) -> AbstractContextManager[Any]:
    tags = {"model_uri": model_uri, "model": about["model"], "task": about["task"], "trained_on": about["dataset"]}
    return runs.run(f"predict {about['model']}", "predict", config, tags)


def _log(found: Predictions, *, timeline: bool, failed: int) -> None:
    runs.log_metrics({"files": len(found.files), "files_failed": failed})
    runs.describe(f"{len(found.files) - failed} of {len(found.files)} files were answered")
    runs.log_table(found.table(), "predictions")
    if timeline:
        runs.log_table(found.timeline(), "timeline")


def predicted(model: SavedModel, paths: Sequence[Path], workers: Workers) -> Iterator[Prediction]:
    """Yield a model's answers for audio files, in order; `workers` decode the files if there are many."""
    decoded = _decoded(AudioFrontend.of(model.about), paths, workers if len(paths) >= MANY else 1)
    bar = tqdm(decoded, "listening", total=len(paths), unit="file", leave=False, disable=not sys.stderr.isatty())
    listened, rest = iter(bar), iter(paths)
    while batch := list(itertools.islice(listened, BATCH)):
        answers = listening.answers(model, (one for one in batch if isinstance(one, Windows)))
        for one, path in zip(batch, rest, strict=False):
            if isinstance(one, Windows):
                answer = next(answers)
                yield Prediction(path, None, one.seconds, one.spans, answer.windows, answer.drift)
            else:
                yield Prediction(path, one)


def _decoded(frontend: AudioFrontend, paths: Sequence[Path], workers: Workers) -> Iterator[Windows | AudioError]:
    # Local processes decode one batch of files while the model works on the previous one: otherwise they would run
    # ahead of a slow model and fill the memory. Cluster workers do not.
    size = len(paths) if isinstance(workers, str) else BATCH
    begun: deque[Iterator[Windows | AudioError]] = deque()
    for start in range(0, len(paths), size):
        jobs = (_job(frontend, path.absolute()) for path in paths[start : start + size])
        begun.append(parallel.run(jobs, workers, together=TOGETHER, ordered=True))
        if len(begun) > AHEAD:
            yield from begun.popleft()
    for rest in begun:
        yield from rest


def _job(frontend: AudioFrontend, path: Path) -> parallel.Job:
    return parallel.Job(functools.partial(extract_or_error, frontend, path), parallel.same, [path])
