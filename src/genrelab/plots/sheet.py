"""Draw one clip of each class on one sheet: its waveform and its mel-spectrogram."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from genrelab.plots import canvas

COLUMNS = 1500  # strokes; more would show nothing more
TICKS = (500, 2000, 8000)  # Hz


class Shown(NamedTuple):
    """A clip: its class, its name, samples (n,), mono, and its mel-spectrogram (bands, frames) in dB."""

    label: str
    clip: str
    samples: np.ndarray
    decibels: np.ndarray


class Mel(NamedTuple):
    """What the labels of mel-spectrogram axes need: hop in samples, the outer bands' edges in Hz."""

    hop: int
    f_min: float
    f_max: float


def sheet(shown: Sequence[Shown], *, sample_rate: int, mel: Mel, title: str, note: str) -> Figure:
    """Draw one row per clip: amplitude over seconds, and hertz over seconds.

    All rows share the time axes and one level scale. `sample_rate` is in Hz. Raises ValueError if there are no clips.
    """
    if not shown:
        raise ValueError("shown must hold at least one clip, got none")
    figure = canvas.blank(title, note, width=10.5, height=0.5 + 1.2 * len(shown))
    panels = figure.subplots(len(shown), 2, squeeze=False, sharex="col", width_ratios=[1, 1.35])
    seconds = max(len(one.samples) for one in shown) / sample_rate
    lowest = min(float(one.decibels.min()) for one in shown)
    for row, one in zip(panels, shown, strict=True):
        _waveform(row[0], one.samples, sample_rate)
        row[0].set_xlim(0, seconds)
        name = f"{canvas.shown(one.label, 24)}: {canvas.shown(one.clip, 34)}"
        row[0].set_title(name, size=canvas.TEXT_SIZE, loc="left", parse_math=False)
        bands, frames = one.decibels.shape
        extent = (0, frames * mel.hop / sample_rate, -0.5, bands - 0.5)
        picture = row[1].imshow(
            one.decibels, origin="lower", aspect="auto", cmap="magma", extent=extent, vmin=lowest, vmax=0
        )
        _hertz(row[1], bands, mel)
        row[1].set_xlim(0, seconds)
    for axes in panels[-1]:
        axes.set_xlabel("time (s)", size=canvas.TEXT_SIZE, color=canvas.MUTED)
    figure.supylabel("amplitude (full scale is 1)", size=canvas.SMALL_SIZE, color=canvas.MUTED)
    bar = figure.colorbar(picture, ax=panels[:, 1].tolist(), aspect=14 * len(shown), pad=0.015)
    bar.set_label("level (dB; 0 is the clip's maximum)", size=canvas.SMALL_SIZE, color=canvas.MUTED)
    bar.ax.tick_params(labelsize=canvas.SMALL_SIZE, color=canvas.MUTED, length=3)
    bar.outline.set_visible(False)
    return figure


def _waveform(axes: Axes, samples: np.ndarray, sample_rate: int) -> None:
    canvas.plain(axes, grid="y")
    starts = np.unique(np.linspace(0, len(samples), COLUMNS, endpoint=False).astype(int))
    low, high = np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)
    axes.fill_between(starts / sample_rate, low, high, color=canvas.BLUE, linewidth=0.4)
    peak = max(1.0, float(np.abs(samples).max()))
    axes.set_ylim(-peak, peak)


def _hertz(axes: Axes, bands: int, mel: Mel) -> None:
    from librosa import mel_frequencies  # librosa is slow to load

    canvas.plain(axes)
    bounds = mel_frequencies(n_mels=bands + 2, fmin=mel.f_min, fmax=mel.f_max)
    ticks = [tick for tick in TICKS if bounds[0] <= tick <= bounds[-1]]
    axes.set_yticks(np.interp(ticks, bounds, np.arange(-1, bands + 1)), [f"{tick}" for tick in ticks])
    axes.set_ylabel("Hz", size=canvas.SMALL_SIZE, color=canvas.MUTED)
