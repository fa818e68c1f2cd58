"""Measure how far sounds lie from a model's training clips, compared with held-out clips of the same corpus.

The model carries what this needs: embeddings of some training clips, and the distances of its validation clips (see
genrelab.classifiers.reference). So it needs no corpus and looks at no test clip.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from genrelab import plots
from genrelab.config import Config
from genrelab.console import say
from genrelab.corpus import OK
from genrelab.errors import DataError, ModelError
from genrelab.inference import audio_files, drift_html, predict, predictions
from genrelab.inference.audio_files import Audio
from genrelab.inference.predictions import Predictions
from genrelab.metrics import two_samples
from genrelab.parallel import Workers
from genrelab.state import files
from genrelab.state.home import home
from genrelab.tracking import registry, runs

COLUMNS = ["path", "status", "reason", "drift", "label", "probability", "seconds"]


class Drift(NamedTuple):
    """The result: one row per sound, farthest first; how well distance tells them from held-out clips; the page.

    `auc` is the share (0...1) of pairs in which the sound lies farther than the validation clip, with its 95% interval.
    """

    table: pd.DataFrame
    auc: float
    low: float
    high: float
    page: Path


def drift(config: Config, model_uri: str, audio: Audio, *, output: str, workers: Workers) -> Drift:
    """Measure the sounds that `audio` names; print and log the result, and write it to `output` if given.

    Raises ModelError if the version was registered without a reference, and DataError if no sound can be used.
    """
    target = predictions.target(output)
    paths = audio_files.sounds(audio)
    model = registry.load_model(model_uri)
    if model.reference is None:
        raise ModelError(
            f"'{model_uri}' was registered before models stored the distances of their held-out clips to their "
            "training clips; train it again"
        )
    about, valid = model.about, model.reference.valid
    tags = {"model_uri": model_uri, "model": about["model"], "task": about["task"], "trained_on": about["dataset"]}
    with runs.run(f"drift {about['model']}", "drift", config, tags):
        found = Predictions(list(predict.predicted(model, paths, workers)), about["classes"], 1).table()
        table = found.sort_values("drift", ascending=False, kind="stable", ignore_index=True)[COLUMNS]
        distances = table.loc[table["status"] == OK, "drift"].to_numpy()
        if not len(distances):
            raise DataError(f"none of {len(paths)} files could be used: {table['path'][0]}: {table['reason'][0]}")
        area = two_samples.auc(valid, distances)
        low, high = two_samples.auc_interval(valid, distances, resamplings=config.metrics.bootstrap, seed=config.seed)
        page = home() / "reports" / about["dataset"] / f"drift-{about['model']}-{about['task']}.html"
        result = Drift(table, area, low, high, page)
        _report(result, f"{about['model']} of {about['dataset']}, {about['task']}", valid, target)
    if left_out := int((table["status"] != OK).sum()):
        table.attrs["left_out"] = f"{left_out} of {len(table)} files could not be used; the table gives the reasons"
    return result


def _report(found: Drift, title: str, valid: np.ndarray, target: Path | None) -> None:
    """Write the table and the page, log them, then print."""
    good = found.table[found.table["status"] == OK]
    distances = good["drift"].to_numpy()
    picture = plots.drift(valid, distances, f"{title}: distance to the training clips")
    text = drift_html.page(title, found.table, valid, (found.auc, found.low, found.high), plots.png(picture))
    written = [found.page]
    found.page.parent.mkdir(parents=True, exist_ok=True)
    files.write_text(found.page, text)
    if target:
        predictions.write_table(found.table, target)
        written.append(target)
    sentence = drift_html.sentence(distances, valid, (found.auc, found.low, found.high))
    runs.log_metrics({"drift_auc": found.auc, "drift_auc_low": found.low, "drift_auc_high": found.high})
    runs.log_metrics({"drift_beyond": float((distances > 1).mean()), "drift_median": float(np.median(distances))})
    runs.log_metrics({"files": len(found.table), "files_failed": len(found.table) - len(good)})
    runs.log_table(found.table, "drift")
    runs.log_picture(picture, "drift")
    runs.log_text(text, "drift.html")
    runs.describe(sentence, "drift.png")
    say(drift_html.text(title, found.table, sentence))
    for path in written:
        say(f"written: {path}")
