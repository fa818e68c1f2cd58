"""Measure the cost of each stage for a clip of 30 s, and project it to 1,000, 100,000 and 10 million songs.

    python benchmarks/rates.py [--clips 48] [--models cnn,crnn]

Makes stereo MP3s of 30 s at 44.1 kHz, like FMA's, and runs the stages on them in one process, without DVC. Costs are
processor seconds, which depend less on other load than wall seconds do. Hours are core-hours; any number of cores can
share them, since no clip waits for another. A training is 25 epochs on seven tenths of the clips, projected from the
second epoch; its hours add up all cores that the net keeps busy. Disk is what a stage adds.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from tabulate import tabulate

RATE, SECONDS, CLASSES, BATCH = 44_100, 30, 4, 20
SONGS = (1_000, 100_000, 10_000_000)
EPOCHS, SHARE = 25, 0.7


class Cost(NamedTuple):
    """The cost of a stage per clip: processor seconds, and bytes on disk."""

    stage: str
    seconds: float
    disk: float = 0


def make(folder: Path, clips: int) -> None:
    """Write MP3s of beats, tones and noise, equally many per class."""
    time_axis = np.arange(SECONDS * RATE) / RATE
    for number in range(clips):
        rng = np.random.default_rng(number)
        beat = np.abs(np.sin(np.pi * rng.uniform(1, 3) * time_axis)) ** 8
        tones = sum(np.sin(2 * np.pi * hertz * time_axis) for hertz in rng.uniform(60, 8000, 8))
        y = 0.05 * beat * tones + rng.normal(0, 0.02, len(time_axis))
        path = folder / f"class{number % CLASSES}" / f"{number:04d}.mp3"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.stack([y, np.roll(y, 40)], axis=1), RATE)


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def timed(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def stages(music: Path, clips: int) -> list[Cost]:
    from genrelab import config
    from genrelab.verbs import stages

    source = {"dataset": "made", "corpora.made": f"{{kind: folder, source: {music}}}", "workers": "1", "feature": "mel"}
    settings = config.load(config.DEFAULTS, source)
    found, before = [], 0
    for name, stage in (("dataset", stages.dataset), ("features", stages.features), ("survey", stages.survey)):
        seconds = timed(lambda stage=stage: stage(settings))
        after = size(Path("data"))
        found.append(Cost(f"{name} (mel)" if name == "features" else name, seconds / clips, (after - before) / clips))
        before = after
    return found


def training(model: str, clips: int, state: Path) -> list[Cost]:
    from genrelab import plugins
    from genrelab.classifiers import factory, hyperparameters
    from genrelab.classifiers.base import Examples, FitSettings
    from genrelab.config import Training

    shape = (128, 660)
    x, y = np.random.default_rng(0).uniform(-80, 0, (clips, *shape)).astype(np.float32), np.arange(clips) % CLASSES
    module = plugins.load("models", model)
    net = factory.build(module, hyperparameters.choose(module, {}, shape, CLASSES), shape, CLASSES, seed=0)
    marks: list[float] = []
    settings = Training(epochs=2, batch_size=BATCH, early_stopping=0, restore_best=False)
    few = Examples(x[:BATCH], y[:BATCH])
    net.fit(Examples(x, y), few, FitSettings(settings, 0, state, lambda epoch: marks.append(time.process_time())))
    net.predict_proba(x[:BATCH])
    return [
        Cost(f"{model}: {EPOCHS} epochs", EPOCHS * SHARE * (marks[1] - marks[0]) / clips),
        Cost(f"{model}: scoring", timed(lambda: net.predict_proba(x)) / clips),
    ]


def duration(seconds: float) -> str:
    return f"{seconds / 60:,.0f} min" if seconds < 3600 else f"{seconds / 3600:,.0f} h"


def text(disk: float) -> str:
    return "" if not disk else f"{disk / 1e12:.1f} TB" if disk >= 1e12 else f"{disk / 1e9:.1f} GB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=48)
    parser.add_argument("--models", default="cnn,crnn")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="genrelab-rates-") as here:
        os.environ["GENRELAB_HOME"] = here
        os.chdir(here)
        music = Path(here) / "music"
        make(music, options.clips)
        costs = stages(music, options.clips)
        for model in options.models.split(","):
            costs += training(model, options.clips, Path(here) / model)
    header = ["stage", "core-ms a clip", "kB a clip", *(f"{n:,} songs" for n in SONGS)]
    rows = []
    for one in costs:
        needs = [f"{duration(n * one.seconds)}, {text(n * one.disk)}".rstrip(", ") for n in SONGS]
        rows.append([one.stage, f"{1000 * one.seconds:.1f}", f"{one.disk / 1000:.0f}" if one.disk else "", *needs])
    print(tabulate(rows, header, tablefmt="github", disable_numparse=True))


if __name__ == "__main__":
    main()
