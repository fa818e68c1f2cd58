"""Plot what an audit finds: how many clips have each finding, and recordings that a corpus holds twice."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from genrelab.plots import canvas, scores

BANDS, HOP = 64, 1024  # of the drawn mel-spectrograms: bands, samples
TOP_DB = 60


class Pair(NamedTuple):
    """Two clips of one recording: names, samples (mono, `rate` Hz), and how many seconds later the second begins."""

    one: str
    other: str
    one_samples: np.ndarray
    other_samples: np.ndarray
    rate: int
    offset_seconds: float


def findings(table: pd.DataFrame, kinds: Sequence[str], title: str) -> Figure:
    """Draw how many clips of each label have each finding: a grid of numbers with findings as rows, labels as columns.

    `table` has the columns finding, label and clip; `kinds` gives the order of the rows.
    """
    found = [kind for kind in kinds if kind in set(table["finding"])]
    if not found:
        return canvas.blank(title, "no findings", width=8, height=0.4)
    counts = pd.crosstab(table["finding"], table["label"]).loc[found]
    rows = [kind.replace("_", " ") for kind in found]
    columns = [canvas.shown(name, 24) for name in counts.columns]
    width = float(np.clip(2.2 + 0.62 * len(columns), 8, 16))
    slanted = canvas.breadth(columns, canvas.SMALL_SIZE) > 0.62 * canvas.POINTS
    below = (canvas.breadth(columns, canvas.SMALL_SIZE) * 0.75 if slanted else 14) / canvas.POINTS
    note = f"{len(table):,} findings on {table['clip'].nunique():,} clips"
    figure = canvas.blank(title, note, width=width, height=0.45 + 0.34 * len(rows) + below)
    axes = figure.add_subplot()
    shares = counts.to_numpy()
    axes.imshow(np.sqrt(shares), cmap=scores.SHARES, aspect="auto", vmin=0, vmax=max(1.0, float(np.sqrt(shares.max()))))
    for (row, column), n in np.ndenumerate(shares):
        if n:
            dark = np.sqrt(n) > 0.55 * np.sqrt(shares.max())
            color = "white" if dark else canvas.INK
            axes.text(column, row, f"{n:,}", ha="center", va="center", size=canvas.SMALL_SIZE, color=color)
    canvas.plain(axes, frame=())
    axes.set_yticks(range(len(rows)), rows, size=canvas.TEXT_SIZE)
    turned: dict[str, Any] = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if slanted else {}
    axes.set_xticks(range(len(columns)), columns, size=canvas.SMALL_SIZE, parse_math=False, **turned)
    axes.tick_params(length=0)
    return figure


def pairs(found: Sequence[Pair], title: str) -> Figure:
    """Draw mel-spectrograms of each pair one below the other, on one time axis, shifted to where they agree.

    Time is in seconds of the first clip, frequency in hertz; colour is the level, down to TOP_DB below the clip's
    maximum.
    """
    from librosa import mel_frequencies, power_to_db
    from librosa.feature import melspectrogram

    note = "each pair on one time axis; matching parts are aligned"
    figure = canvas.blank(title, note, width=9, height=2.5 * len(found))
    panels = figure.subplots(2 * len(found), 1, squeeze=False)[:, 0]
    for i, pair in enumerate(found):
        rate, later = pair.rate, pair.offset_seconds
        ends = [len(pair.one_samples) / rate, later + len(pair.other_samples) / rate]
        sides = ((pair.one, pair.one_samples, 0.0), (pair.other, pair.other_samples, later))
        for axes, (name, samples, start) in zip(panels[2 * i : 2 * i + 2], sides, strict=True):
            mel = melspectrogram(y=samples, sr=rate, hop_length=HOP, n_mels=BANDS)
            picture = power_to_db(mel, ref=np.max, top_db=TOP_DB)
            axes.imshow(
                picture,
                origin="lower",
                aspect="auto",
                cmap="magma",
                vmin=-TOP_DB,
                vmax=0,
                extent=(start, start + picture.shape[1] * HOP / rate, -0.5, BANDS - 0.5),
            )
            canvas.plain(axes)
            axes.set_xlim(min(0.0, later), max(ends))
            places = mel_frequencies(n_mels=BANDS + 2, fmin=0, fmax=rate / 2)
            ticks = [tick for tick in (250, 1000, 4000) if tick < rate / 2]
            axes.set_yticks(np.interp(ticks, places, np.arange(-1, BANDS + 1)), [str(tick) for tick in ticks])
            axes.set_ylabel("Hz", size=canvas.SMALL_SIZE, color=canvas.MUTED)
            axes.set_title(canvas.shown(name, 60), size=canvas.SMALL_SIZE, loc="left", parse_math=False)
            axes.xaxis.set_major_locator(MaxNLocator(8))
        panels[2 * i].tick_params(labelbottom=False)
    panels[-1].set_xlabel("time of the first clip (s)", size=canvas.TEXT_SIZE, color=canvas.MUTED)
    return figure
