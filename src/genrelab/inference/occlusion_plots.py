"""Draw what supports the labels that a model gave to audio files, and measure how faithful that is to the model."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from genrelab import plots
from genrelab.classifiers.saved_model import SavedModel
from genrelab.corpus import csv_text
from genrelab.errors import ConfigError
from genrelab.inference import faithfulness, occlusion, predictions
from genrelab.inference.faithfulness import Removal
from genrelab.inference.frontend import AudioFrontend
from genrelab.inference.predictions import Prediction
from genrelab.state import files

MOST = 20  # files at most: each takes some seconds
FOLDER = Path("explanations")  # if the answers are not written to a file


class Explanations(NamedTuple):
    """The output: one picture per file, and in `table_file` a table of how faithful the explanations are.

    It has one row per step of each file: path, label, removed (share of the sound, 0...1); the label's probability
    after removal in the explanation's order (named) or in random orders (random_mean, random_std); gain, the area
    between the file's two curves; and gain_std, the standard deviation of the areas under the random curves.
    """

    pictures: list[Path]
    table: pd.DataFrame
    table_file: Path

    @property
    def gain(self) -> float:
        """The mean gain over the files, -1...1."""
        return float(self.table.groupby("path")["gain"].first().mean())


def check(about: dict[str, Any], files: int) -> None:
    """Raise ConfigError if there can be no pictures: the feature is not mel, or there are too many files."""
    if about["feature"] != "mel":
        raise ConfigError(f"explain draws mel-spectrograms; the model takes the feature {about['feature']}")
    if files > MOST:
        raise ConfigError(f"explain takes at most {MOST} files, as each takes seconds; audio names {files}")


def draw(model: SavedModel, found: Sequence[Prediction], target: Path | None) -> Explanations:
    """Draw a picture for each classified file, and write the table: next to `target`, or in FOLDER.

    For a long song, draw the window that supports the song's label most.
    """
    folder = target.with_suffix(".explain") if target else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    tables: list[pd.DataFrame] = []
    for prediction in found:
        if prediction.fault is None:
            name, number = prediction.path.stem, 2
            while (path := folder / f"{name}.png") in written:  # a file of the same name in another folder
                name, number = f"{prediction.path.stem}-{number}", number + 1
            figure, removal = explained(model, prediction)
            files.write_bytes(path, plots.png(figure))
            written.append(path)
            tables.append(_table(model, prediction, removal))
    table_file = target.with_suffix(".faithfulness.csv") if target else folder / "faithfulness.csv"
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    if tables:
        predictions.write_text(table_file, csv_text(table))
    return Explanations(written, table, table_file)


def _table(model: SavedModel, prediction: Prediction, removal: Removal) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "path": predictions.name(prediction.path),
            "label": model.about["classes"][int(prediction.probabilities.argmax())],
            "removed": removal.share,
            "named": removal.named,
            "random_mean": removal.random.mean(axis=0),
            "random_std": removal.random.std(axis=0, ddof=1),
            "gain": removal.gain,
            "gain_std": removal.spread,
        }
    )


def explained(model: SavedModel, prediction: Prediction) -> tuple[Any, Removal]:
    """Return the picture of a classified file, and its label's probability as the sound is removed."""
    params, classes = model.feature.params["mel"], model.about["classes"]
    label = int(prediction.probabilities.argmax())
    window = int(prediction.windows[:, label].argmax())
    x = AudioFrontend.of(model.about).extract(prediction.path).features[window]
    start, end = prediction.spans[window]
    second = params.hop / params.sample_rate  # between frames
    frames = x.shape[1]
    if params.fit == "pad":
        width = frames * second
        start += max(0.0, (end - start - width) / 2)  # the feature takes the middle of a longer stretch
        frames = min(frames, math.ceil((end - start) / second))
    else:
        second = (end - start) / frames
    found = occlusion.relevance(model.classifier.predict_proba, x, label, frames)
    removal = faithfulness.remove(model.classifier.predict_proba, x, found, label, frames)
    where = f"; of {len(prediction.windows)} windows, the one most in favour" if len(prediction.windows) > 1 else ""
    name = predictions.name(Path(prediction.path.name))
    figure = plots.explanation(
        x[:, :frames],
        found[:, :frames],
        start=start,
        frame_seconds=second,
        f_min=params.f_min,
        f_max=params.highest,
        title=f"{name}: {classes[label]}, {100 * prediction.probabilities[label]:.0f}%",
        note=f"orange: regions in favour of {classes[label]}; violet: against it{where}",
        removal=plots.RemovalCurves(*removal),
    )
    return figure, removal
