"""Render the page of `explore`: a corpus by class, its pictures, and the clips that were left out."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from genrelab.corpus import Corpus
from genrelab.html import page as document
from genrelab.html.page import Picture, Table
from genrelab.quality.corpus_statistics import CorpusStatistics

ROWS = 50  # clips left out to list
TEXTS = {
    "sheet": "A clip of each class: waveform and mel-spectrogram",
    "balance": "Clips of each class",
    "durations": "Lengths of the clips",
    "loudness": "Loudness by class",
    "spectra": "Mean spectrum of each class",
    "tempo": "Tempo by class (beats per minute)",
}


def by_class(found: Corpus, out: pd.DataFrame, statistics: CorpusStatistics) -> pd.DataFrame:
    """Return a row per class: clips, left out, artists, minutes, and medians of the survey's measurements.

    Classes whose clips were all left out come last.
    """
    clips = statistics.table.assign(label=[clip.label for clip in found.clips])
    clips["artist"] = [clip.artist or np.nan for clip in found.clips]
    groups = clips.groupby("label")
    gone = sorted(set(out["label"]) - set(found.classes))
    table = pd.DataFrame(
        {
            "clips": groups.size(),
            "left_out": out["label"].value_counts(),
            "artists": groups["artist"].nunique(),
            "minutes": groups["seconds"].sum() / 60,
            "seconds": groups["seconds"].median(),
            "loudness": groups["loudness"].median(),
            "tempo": groups["tempo"].median(),
            "rates": groups["rate"].agg(lambda rates: ", ".join(map(str, sorted(set(rates))))),
            "channels": groups["channels"].agg(lambda numbers: ", ".join(map(str, sorted(set(numbers))))),
        }
    ).loc[[*found.classes, *gone]]
    counts = ["clips", "left_out", "artists"]
    table[counts] = table[counts].fillna(0).astype(int)
    return table.fillna({"minutes": 0.0, "rates": "-", "channels": "-"})


def page(
    found: Corpus, out: pd.DataFrame, statistics: CorpusStatistics, title: str, pictures: Mapping[str, bytes]
) -> str:
    """Return the page; `out` has the clip table's rows that were left out, `pictures` are PNG files by name."""
    classes = by_class(found, out, statistics)
    artists = len({clip.artist for clip in found.clips if clip.artist})  # some have clips in several classes
    said = f"{len(found.clips):,} clips in {len(found.classes)} classes, {classes['minutes'].sum() / 60:.2f} hours; "
    said += f"{len(out):,} left out; "
    said += f"{artists:,} artists known." if artists else "no artist known: splits by artist need them."
    return document.render(
        "explore",
        title=title,
        lead=said,
        classes=_classes(classes),
        pictures=[Picture(png, TEXTS[name]) for name, png in pictures.items()],
        left_out=document.table(
            ["file", "label", "why", "reason"],
            [[row.path, row.label, row.status, row.reason] for row in out.head(ROWS).itertuples()],
        ),
        more=len(out) - ROWS,
    )


def _classes(table: pd.DataFrame) -> Table:
    head = ["clips", "left out", "artists", "minutes", "length s", "loudness LUFS", "tempo bpm", "rate Hz", "channels"]
    rows = [
        [
            name,
            *(document.number(f"{n:,}") for n in (row.clips, row.left_out, row.artists)),
            document.number(f"{row.minutes:,.1f}"),
            *map(document.number, (_shown(row.seconds, 2), _shown(row.loudness, 1), _shown(row.tempo, 0))),
            *map(document.number, (row.rates, row.channels)),
        ]
        for name, row in table.iterrows()
    ]
    return document.table(["class", *map(document.number, head)], rows)


def _shown(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if np.isfinite(value) else "-"
