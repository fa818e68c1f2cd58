"""The axes of mel-spectrograms."""

import numpy as np
from matplotlib.axes import Axes

from genrelab.plots import canvas

TICKS = [2**octave for octave in range(5, 16)]  # Hz
TICK_SPACE = 9.5  # points between two labels, so that they stay apart


def mel_axes(axes: Axes, bands: int, f_min: float, f_max: float) -> None:
    """Label the axes, in hertz and seconds, of a mel-spectrogram whose bands are drawn at 0, 1, ..."""
    from librosa import mel_frequencies  # librosa is slow to load

    # Band i peaks at `bounds[i + 1]`.
    bounds = mel_frequencies(n_mels=bands + 2, fmin=f_min, fmax=f_max)
    ticks = np.array([tick for tick in TICKS if bounds[0] <= tick <= bounds[-1]])
    places = np.interp(ticks, bounds, np.arange(-1, bands + 1))
    kept = _apart(places, bands * TICK_SPACE / (3.6 * canvas.POINTS))
    axes.set_yticks(places[kept], [f"{tick:.0f}" for tick in ticks[kept]])
    axes.set_ylim(-0.5, bands - 0.5)
    axes.set_xlabel("time (s)", size=canvas.TEXT_SIZE, color=canvas.MUTED)
    axes.set_ylabel("frequency (Hz)", size=canvas.TEXT_SIZE, color=canvas.MUTED)


def _apart(places: np.ndarray, least: float) -> list[int]:
    """Return the indices of the places to keep: each lies at least `least` below the one kept above it."""
    kept: list[int] = []
    for i in reversed(range(len(places))):
        if not kept or places[kept[-1]] - places[i] >= least:
            kept.append(i)
    return kept[::-1]
