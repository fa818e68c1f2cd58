"""What of a sound spoke for the label that a model gave it."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from genrelab.plots import canvas
from genrelab.plots.sounds import mel_axes

VEIL = 0.75  # opacity of what speaks most


def explanation(
    decibels: np.ndarray,
    relevance: np.ndarray,
    *,
    start: float,
    frame_seconds: float,
    f_min: float,
    f_max: float,
    title: str,
    note: str,
) -> Figure:
    """Draw a mel-spectrogram in grey, over it in orange what speaks for the label, and in violet what against it.

    Both arrays have the shape (bands, frames), the lowest band first; `start` is when the first frame is, in seconds of
    the sound, and `frame_seconds` the time between frames. The stronger a region speaks, the less of the grey is seen.
    Raises ValueError for arrays of different shapes or none.
    """
    if decibels.ndim != 2 or decibels.size == 0 or decibels.shape != relevance.shape:
        raise ValueError(
            f"decibels and relevance must have one shape (bands, frames), got {decibels.shape} and {relevance.shape}"
        )
    bands, frames = decibels.shape
    most = float(np.abs(relevance).max()) or 1.0
    figure = canvas.blank(title, note, width=8, height=4.3)
    axes = figure.add_subplot()
    canvas.plain(axes)
    place: dict[str, Any] = {
        "origin": "lower",
        "aspect": "auto",
        "interpolation": "nearest",
        "extent": (start, start + frames * frame_seconds, -0.5, bands - 0.5),
    }
    axes.imshow(decibels, cmap="gray", **place)
    shown = axes.imshow(relevance, cmap="PuOr_r", vmin=-most, vmax=most, alpha=VEIL * np.abs(relevance) / most, **place)
    mel_axes(axes, bands, f_min, f_max)
    bar = figure.colorbar(shown, ax=axes, aspect=28, pad=0.02)
    if bar.solids is not None:
        bar.solids.set(alpha=1)
    bar.set_label("against the label   \u2190   log-odds   \u2192   for it", size=canvas.TEXT_SIZE, color=canvas.MUTED)
    bar.ax.tick_params(labelsize=canvas.SMALL_SIZE, color=canvas.MUTED, length=3)
    bar.outline.set_visible(False)
    return figure
