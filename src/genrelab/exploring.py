"""A look at a corpus before anything is trained on it: pictures, and a page with all of them and a table by class."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genrelab import audio, corpus, explore_page, plots, sounding, survey, tracking
from genrelab.config import Config
from genrelab.corpus import Clip, Corpus
from genrelab.survey import Survey

SHOWN = 20  # classes on the sheet


def folder(config: Config) -> Path:
    """Return the folder of the pictures and the page."""
    return Path("reports") / config.dataset / f"explore-{config.feature}"


def page_of(pictures: Path) -> Path:
    """Return the page beside the folder of pictures, in which `dvc plots` wants nothing else."""
    return pictures.with_name(f"{pictures.name}.html")


def draw(config: Config, target: Path) -> None:
    """Write the pictures as PNG files, and a page which holds them all."""
    found, table, surveyed = corpus.read(config.dataset), corpus.read_table(config.dataset), survey.read(config.dataset)
    out = table[table["status"] != corpus.OK]
    figures = {"sheet": _sheet(config, found, surveyed), "balance": _balance(config, found, out)}
    figures |= _numbers(config, found, surveyed)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name, figure in figures.items():
        figure.savefig(target / f"{name}.png")
    pictures = {name: plots.png(figure) for name, figure in figures.items()}
    page = explore_page.page(config.dataset, explore_page.by_class(found, out, surveyed), out, pictures)
    page_of(target).write_text(page, encoding="utf-8")


def log(config: Config, source: Path) -> None:
    """Log the pictures, the page and what there is of clips to the active run."""
    found, table = corpus.read(config.dataset), corpus.read_table(config.dataset)
    for picture in sorted(source.glob("*.png")):
        tracking.log_png(picture)
    tracking.log_file(page_of(source))
    known = {clip.artist for clip in found.clips if clip.artist}
    tracking.log_metrics(
        {
            "clips": len(found.clips),
            "left_out": len(table) - len(found.clips),
            "classes": len(found.classes),
            "artists": len(known),
            "hours": sum(clip.seconds for clip in found.clips) / 3600,
        }
    )


def typical(found: Corpus, surveyed: Survey) -> dict[str, Clip]:
    """Return of each class the clip whose mean spectrum lies nearest to the class's median; of equals the first."""
    chosen, labels = {}, np.array([clip.label for clip in found.clips])
    for label in found.classes:
        rows = np.flatnonzero(labels == label)
        means = surveyed.spectra[rows, 0]
        distance = ((means - np.median(means, axis=0)) ** 2).sum(axis=1)
        chosen[label] = found.clips[rows[int(distance.argmin())]]
    return chosen


def _sheet(config: Config, found: Corpus, surveyed: Survey) -> Any:
    module, params = config.feature_params(config.feature)
    is_mel = config.feature == "mel"  # other features have axes of their own
    shown = []
    for label, clip in list(typical(found, surveyed).items())[:SHOWN]:
        samples = audio.load(corpus.folder(config.dataset) / clip.path, params.sample_rate)
        shown.append(plots.Shown(label, clip.id, samples, module.extract(samples, params) if is_mel else None))
    more = len(found.classes) - len(shown)
    note = "the clip of each class whose spectrum is nearest to the class's median"
    return plots.sheet(
        shown,
        sample_rate=params.sample_rate,
        mel=plots.Mel(params.hop, params.f_min, params.highest) if is_mel else None,
        title=f"{config.dataset}: how it looks",
        note=f"{note}; {more} more classes are not shown" if more else note,
    )


def _balance(config: Config, found: Corpus, out: pd.DataFrame) -> Any:
    return plots.balance(found.counts(), out["label"].value_counts().to_dict(), f"{config.dataset}: clips")


def _numbers(config: Config, found: Corpus, surveyed: Survey) -> dict[str, Any]:
    """Return the pictures of what the survey has measured."""
    table, labels = surveyed.table, np.array([clip.label for clip in found.clips])

    def values(column: str) -> dict[str, np.ndarray]:
        finite = np.isfinite(table[column].to_numpy(float))
        return {name: table[column].to_numpy(float)[finite & (labels == name)] for name in found.classes}

    short = int((table["seconds"] < sounding.TEMPO_SECONDS).sum())
    none = f"; {short:,} clips are too short for one" * bool(short)
    box = "box: half of the clips; line: nine in ten"
    levels = np.stack([surveyed.spectra[labels == name, 0].mean(axis=0) for name in found.classes])
    return {
        "durations": plots.durations(table["seconds"].to_numpy(float), f"{config.dataset}: lengths of clips"),
        "loudness": plots.by_class(
            values("loudness"), f"{config.dataset}: loudness", axis="loudness (LUFS, ITU-R BS.1770)", note=box
        ),
        "spectra": plots.spectra(
            levels, found.classes, f_max=sounding.RATE / 2, title=f"{config.dataset}: mean spectra"
        ),
        "tempo": plots.by_class(
            values("tempo"), f"{config.dataset}: tempo", axis="tempo (beats a minute)", note=f"{box}{none}"
        ),
    }
