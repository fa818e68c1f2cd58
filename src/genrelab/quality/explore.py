"""Show a corpus before anything is trained on it: pictures, and a page with all of them and a table by class."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genrelab import corpus, plots
from genrelab.config import Config
from genrelab.corpus import Clip, Corpus
from genrelab.data import audio
from genrelab.quality import clip_statistics, corpus_statistics, explore_html
from genrelab.quality.corpus_statistics import CorpusStatistics
from genrelab.state import files, folders
from genrelab.state.home import home
from genrelab.tracking import runs

FEATURE = "mel"  # what the sheet shows besides waveforms
SHOWN = 20  # classes on the sheet
NONE = {  # why a clip has no such number
    "loudness": "are silent or too short for one",
    "tempo": "are too short for one",
}
STRETCH = 60.0  # at most this many seconds of a clip on the sheet, from its middle


def folder(config: Config) -> Path:
    """Return the folder of the pictures."""
    return home() / "reports" / config.dataset / f"explore-{FEATURE}"


def page_of(pictures: Path) -> Path:
    """Return the page next to the folder of pictures, as `dvc plots` accepts nothing else inside it."""
    return pictures.with_name(f"{pictures.name}.html")


def draw(config: Config, target: Path) -> None:
    """Write the pictures as PNG files, and a page with all of them."""
    found, table, statistics = (
        corpus.read(config.dataset),
        corpus.read_table(config.dataset),
        corpus_statistics.read(config.dataset),
    )
    out = table[table["status"] != corpus.OK]
    figures = {"sheet": _sheet(config, found, statistics), "balance": _balance(config, found, out)}
    figures |= _numbers(config, found, statistics)
    pictures = {name: plots.png(figure) for name, figure in figures.items()}
    drawn = target.with_name(f"{target.name}.partial")
    folders.discard(drawn)
    drawn.mkdir(parents=True)
    for name, picture in pictures.items():
        (drawn / f"{name}.png").write_bytes(picture)
    folders.replace(drawn, target)
    text = explore_html.page(found, out, statistics, f"{config.dataset}: overview of the corpus", pictures)
    files.write_text(page_of(target), text)


def log(config: Config, source: Path) -> None:
    """Log the pictures, the page and the clip counts to the active run."""
    found, table = corpus.read(config.dataset), corpus.read_table(config.dataset)
    for picture in sorted(source.glob("*.png")):
        runs.log_png(picture)
    runs.log_file(page_of(source))
    runs.describe(
        f"{len(found.clips):,} clips in {len(found.classes)} classes, {len(table) - len(found.clips):,} left out",
        "sheet.png",
    )
    known = {clip.artist for clip in found.clips if clip.artist}
    runs.log_metrics(
        {
            "clips": len(found.clips),
            "left_out": len(table) - len(found.clips),
            "classes": len(found.classes),
            "artists": len(known),
            "hours": sum(clip.seconds for clip in found.clips) / 3600,
        }
    )


def typical(found: Corpus, statistics: CorpusStatistics) -> dict[str, Clip]:
    """Return for each class the clip whose mean spectrum is nearest to the class's median; the first in a tie."""
    chosen, labels = {}, np.array([clip.label for clip in found.clips])
    for label in found.classes:
        rows = np.flatnonzero(labels == label)
        means = statistics.spectra[rows, 0]
        distance = ((means - np.median(means, axis=0)) ** 2).sum(axis=1)
        chosen[label] = found.clips[rows[int(distance.argmin())]]
    return chosen


def _sheet(config: Config, found: Corpus, statistics: CorpusStatistics) -> Any:
    module, params = config.feature_params(FEATURE)
    shown, cut = [], False
    for label, clip in list(typical(found, statistics).items())[:SHOWN]:
        samples = audio.load(corpus.folder(config.dataset) / clip.path, params.sample_rate)
        stretch = _middle(samples, round(STRETCH * params.sample_rate))
        cut |= len(stretch) < len(samples)
        decibels = module.extract(stretch, _whole(params, len(stretch)))
        shown.append(plots.Shown(label, clip.id, stretch, decibels))
    more = len(found.classes) - len(shown)
    note = "for each class, the clip whose spectrum is nearest to the class's median"
    note += f"; of longer clips, the middle {STRETCH:.0f} s" * cut
    return plots.sheet(
        shown,
        sample_rate=params.sample_rate,
        mel=plots.Mel(params.hop, params.f_min, params.highest),
        title=f"{config.dataset}: a clip of each class",
        note=note + f"; {more:,} more classes are not shown" * bool(more),
    )


def _middle(samples: np.ndarray, wanted: int) -> np.ndarray:
    start = max(len(samples) - wanted, 0) // 2
    # Copy, since a view would keep all of a long clip in memory.
    return samples[start : start + wanted].copy()


def _whole(params: Any, n: int) -> Any:
    """Return mel parameters that neither cut, pad nor stretch n samples, so time matches the waveform's."""
    return params.with_values(frames=1 + n // params.hop)


def _balance(config: Config, found: Corpus, out: pd.DataFrame) -> Any:
    return plots.balance(found.counts(), out["label"].value_counts().to_dict(), f"{config.dataset}: clips")


def _numbers(config: Config, found: Corpus, statistics: CorpusStatistics) -> dict[str, Any]:
    """Return the pictures of the survey's measurements."""
    table, labels = statistics.table, np.array([clip.label for clip in found.clips])

    def boxes(column: str, axis: str) -> Any:
        numbers = table[column].to_numpy(float)
        finite = np.isfinite(numbers)
        values = {name: numbers[finite & (labels == name)] for name in found.classes}
        none = f"; {np.count_nonzero(~finite):,} of {len(table):,} clips {NONE[column]}" * (not finite.all())
        note = f"box: half of the clips; line: nine in ten{none}"
        return plots.by_class(values, f"{config.dataset}: {column}", axis=axis, note=note)

    levels = np.stack([statistics.spectra[labels == name, 0].mean(axis=0) for name in found.classes])
    return {
        "durations": plots.durations(table["seconds"].to_numpy(float), f"{config.dataset}: lengths of clips"),
        "loudness": boxes("loudness", "loudness (LUFS, ITU-R BS.1770)"),
        "spectra": plots.spectra(
            levels, found.classes, f_max=clip_statistics.RATE / 2, title=f"{config.dataset}: mean spectra"
        ),
        "tempo": boxes("tempo", "tempo (beats per minute)"),
    }
