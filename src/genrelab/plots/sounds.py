"""A clip as its waveform and as its mel-spectrogram."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from genrelab.plots import canvas

COLUMNS = 1500  # more strokes than this show nothing more
TICKS = [2**octave for octave in range(5, 16)]  # Hz
TICK_SPACE = 9.5  # points between two labels, so that they stay apart


def waveform(samples: np.ndarray, sample_rate: int, title: str) -> Figure:
    """Draw amplitude over time in seconds.

    `samples` has the shape (n,), n >= 1, full scale being 1; `sample_rate` is in Hz. Of a long clip the lowest and
    highest sample of each short stretch are drawn, so that no peak is lost.
    Raises ValueError for another shape, for samples that are not finite, and for a sample rate of 0 or less.
    """
    samples = np.asarray(samples)
    if samples.ndim != 1 or samples.size == 0:
        raise ValueError(f"samples must have the shape (n,) with n >= 1 (one channel), got {samples.shape}")
    if not np.isfinite(samples).all():
        raise ValueError(f"samples must be finite, got {np.count_nonzero(~np.isfinite(samples))} that are not")
    if sample_rate <= 0:
        raise ValueError(f"sample_rate must be above 0 Hz, got {sample_rate}")
    seconds = samples.size / sample_rate
    figure = canvas.blank(title, f"{seconds:.2f} s at {sample_rate:,} Hz", width=8, height=2.9)
    axes = figure.add_subplot()
    canvas.plain(axes, grid="y")
    if samples.size <= COLUMNS:
        axes.plot(np.arange(samples.size) / sample_rate, samples, color=canvas.BLUE, linewidth=1)
    else:
        starts = np.linspace(0, samples.size, COLUMNS, endpoint=False).astype(int)
        low, high = np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)
        # The line keeps a stretch of equal samples, which has no height to fill, in sight.
        axes.fill_between(starts / sample_rate, low, high, color=canvas.BLUE, linewidth=0.5)
    peak = max(1.0, float(np.abs(samples).max()))
    axes.set_xlim(0, seconds)
    axes.set_ylim(-peak, peak)
    axes.set_xlabel("time (s)", size=canvas.TEXT_SIZE, color=canvas.MUTED)
    axes.set_ylabel("amplitude", size=canvas.TEXT_SIZE, color=canvas.MUTED)
    return figure


def spectrogram(decibels: np.ndarray, *, sample_rate: int, hop: int, f_min: float, f_max: float, title: str) -> Figure:
    """Draw a mel-spectrogram: time in seconds, frequency in hertz on the mel scale, level in dB as colour.

    `decibels` has the shape (bands, frames), the lowest band first, as librosa's mel filters (htk=False) between
    `f_min` and `f_max` Hz give them; `sample_rate` is in Hz, `hop` in samples.
    Raises ValueError for another shape, for values that are not finite, and for frequencies out of order.
    """
    decibels = np.asarray(decibels)
    if decibels.ndim != 2 or decibels.size == 0:
        raise ValueError(f"decibels must have the shape (bands, frames), none of them 0, got {decibels.shape}")
    if not np.isfinite(decibels).all():
        raise ValueError(f"decibels must be finite, got {np.count_nonzero(~np.isfinite(decibels))} that are not")
    if sample_rate <= 0 or hop <= 0:
        raise ValueError(f"sample_rate and hop must be above 0, got {sample_rate} and {hop}")
    if not 0 <= f_min < f_max:
        raise ValueError(f"f_min and f_max must be 0 <= f_min < f_max, got {f_min} and {f_max}")
    bands, frames = decibels.shape
    seconds = frames * hop / sample_rate
    note = f"{bands} mel bands, {f_min:,.0f}–{f_max:,.0f} Hz; {frames:,} frames, {1000 * hop / sample_rate:.1f} ms each"
    figure = canvas.blank(title, note, width=8, height=4.3)
    axes = figure.add_subplot()
    canvas.plain(axes)
    picture = axes.imshow(
        decibels,
        origin="lower",
        aspect="auto",
        cmap="magma",
        interpolation="nearest",
        extent=(0, seconds, -0.5, bands - 0.5),
    )
    mel_axes(axes, bands, f_min, f_max)
    bar = figure.colorbar(picture, ax=axes, aspect=28, pad=0.02)
    bar.set_label("level (dB)", size=canvas.TEXT_SIZE, color=canvas.MUTED)
    bar.ax.tick_params(labelsize=canvas.SMALL_SIZE, color=canvas.MUTED, length=3)
    bar.outline.set_visible(False)
    return figure


def mel_axes(axes: Axes, bands: int, f_min: float, f_max: float) -> None:
    """Label the axes of a mel-spectrogram whose bands are drawn at 0, 1, ...: hertz and seconds."""
    from librosa import mel_frequencies  # librosa takes its time to load

    # Band i peaks at the (i + 1)th of the frequencies that bound the filters.
    bounds = mel_frequencies(n_mels=bands + 2, fmin=f_min, fmax=f_max)
    ticks = np.array([tick for tick in TICKS if bounds[0] <= tick <= bounds[-1]])
    places = np.interp(ticks, bounds, np.arange(-1, bands + 1))
    kept = _apart(places, bands * TICK_SPACE / (3.6 * canvas.POINTS))
    axes.set_yticks(places[kept], [f"{tick:.0f}" for tick in ticks[kept]])
    axes.set_ylim(-0.5, bands - 0.5)
    axes.set_xlabel("time (s)", size=canvas.TEXT_SIZE, color=canvas.MUTED)
    axes.set_ylabel("frequency (Hz)", size=canvas.TEXT_SIZE, color=canvas.MUTED)


def _apart(places: np.ndarray, least: float) -> list[int]:
    """Return the indices of places that lie at least `least` below the one kept above them."""
    kept: list[int] = []
    for i in reversed(range(len(places))):
        if not kept or places[kept[-1]] - places[i] >= least:
            kept.append(i)
    return kept[::-1]
