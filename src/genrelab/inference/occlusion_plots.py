"""Pictures of what spoke for the labels that a model gave to sound files."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from genrelab import plots
from genrelab.classifiers.saved_model import SavedModel
from genrelab.errors import ConfigError
from genrelab.inference import occlusion, predictions
from genrelab.inference.predictions import Prediction
from genrelab.inference.windows import AudioFrontend
from genrelab.state import files

MOST = 20  # files: each takes some seconds
FOLDER = Path("explanations")  # where the answers are not written to a file


def check(about: dict[str, Any], files: int) -> None:
    """Raise a ConfigError where there can be no pictures: for another feature than mel, or too many files."""
    if about["feature"] != "mel":
        raise ConfigError(f"explain draws mel-spectrograms; the model takes the feature {about['feature']}")
    if files > MOST:
        raise ConfigError(f"explain takes {MOST} files at most, as each takes seconds; audio names {files}")


def draw(model: SavedModel, found: Sequence[Prediction], target: Path | None) -> list[Path]:
    """Draw a picture for each file that was judged, and return where they lie: beside `target`, or in FOLDER.

    Of a long song that window is drawn which speaks most for the song's label.
    """
    folder = target.with_suffix(".explain") if target else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for prediction in found:
        if prediction.fault is None:
            name, number = prediction.path.stem, 2
            while (path := folder / f"{name}.png") in written:  # another folder's file of that name
                name, number = f"{prediction.path.stem}-{number}", number + 1
            files.write_bytes(path, plots.png(_picture(model, prediction)))
            written.append(path)
    return written


def _picture(model: SavedModel, prediction: Prediction) -> Any:
    params, classes = model.feature.params["mel"], model.about["classes"]
    label = int(prediction.probabilities.argmax())
    window = int(prediction.windows[:, label].argmax())
    x = AudioFrontend.of(model.about).extract(prediction.path).features[window]
    start, end = prediction.spans[window]
    second = params.hop / params.sample_rate  # between frames
    frames = x.shape[1]
    if params.fit == "pad":
        width = frames * second
        start += max(0.0, (end - start - width) / 2)  # of what is longer, the middle is taken
        frames = min(frames, math.ceil((end - start) / second))
    else:
        second = (end - start) / frames
    found = occlusion.relevance(model.classifier.predict_proba, x, label, frames)
    where = (
        f"; of {len(prediction.windows)} windows the one that speaks most for it" if len(prediction.windows) > 1 else ""
    )
    name = predictions.name(Path(prediction.path.name))
    return plots.explanation(
        x[:, :frames],
        found[:, :frames],
        start=start,
        frame_seconds=second,
        f_min=params.f_min,
        f_max=params.highest,
        title=f"{name}: {classes[label]}, {100 * prediction.probabilities[label]:.0f}%",
        note=f"orange: this region speaks for {classes[label]}; violet: against it{where}",
    )
