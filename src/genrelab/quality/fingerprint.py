"""Landmarks of a sound, which survive changes of level, cuts, lossy coding and noise.

sound -> magnitudes of the short-time Fourier transform -> peaks, each the highest point of its neighbourhood
-> pairs of a peak and the next ones -> a hash of each pair: both frequencies and the time between them.

Two recordings of one sound share many hashes at one constant offset in time; `near_duplicates` looks for that. The
hashes do not survive a change of pitch or tempo; `near_duplicates` computes those of other speeds from them.

Source: A. Wang, An industrial-strength audio search algorithm, ISMIR 2003. The sizes below gave the most hashes that
survive MP3 and noise for the fewest that different clips have in common, on gtzan_mini and synthetic.
"""

import numpy as np

RATE = 11025  # Hz
WINDOW = 1024  # samples: 93 ms, bins of 10.8 Hz
HOP = 192  # samples: frames of 17 ms. If a copy is cut half a hop off, three times as many hashes survive as at 512
BINS = slice(8, 400)  # 86 Hz to 4.3 kHz: what codecs keep and most players reproduce
NEAR_BINS = 20  # a peak is the highest within this many bins and frames on all sides
NEAR_FRAMES = 32
LOUD_FRAMES = 58  # a peak is at most GATE below the highest within this many frames on both sides
GATE = 10 ** (-35 / 20)
FLOOR = 1e-4  # a peak is above a sine of this share of the highest sample; this excludes rounding errors in silence
FAN = 2  # pairs that a peak forms with later ones
APART = range(11, 192)  # frames between the peaks of a pair; closer ones mostly share an onset, alike in all drums
STEP = 3  # frames: resolution of the time between in a hash, as a copy's peaks may lie a frame off
BITS_SECOND, BITS_APART = 9, 6  # of a hash, below the first frequency
MAX_FRAMES = 2**20  # 5 hours: later sound has no landmarks


def extract(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the landmarks of `samples` (mono, at RATE Hz), in the order of their times.

    Returns (hashes, times), both of shape (landmarks,): uint32 of 24 bits, nine for each frequency and six for the
    time between, and int32, frames of HOP samples. About 15 per second of music, none in silence or in sounds shorter
    than 0.28 s.
    """
    times, bins = _peaks(samples[: HOP * MAX_FRAMES])
    first = np.searchsorted(times, times + APART.start)
    hashes, starts = [], []
    for following in range(FAN):
        second = first + following
        peaks = np.flatnonzero(second < len(times))
        apart = times[second[peaks]] - times[peaks]
        peaks, apart = peaks[apart < APART.stop], apart[apart < APART.stop]
        hashes.append(joined(bins[peaks], bins[second[peaks]], apart // STEP))
        starts.append(times[peaks])
    found, when = np.concatenate(hashes), np.concatenate(starts)
    order = np.lexsort((found, when))
    return found[order].astype(np.uint32), when[order].astype(np.int32)


def joined(first: np.ndarray, second: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """Return hashes of pairs of peaks, given both frequencies in bins above the lowest and the steps between them."""
    return first << BITS_SECOND + BITS_APART | second << BITS_APART | apart


def parts(hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Invert `joined`: return both frequencies and the steps between."""
    second = (1 << BITS_SECOND) - 1
    return hashes >> BITS_SECOND + BITS_APART, hashes >> BITS_APART & second, hashes & (1 << BITS_APART) - 1


def _peaks(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (times in frames, frequencies in bins above the lowest), int64, ordered by time, then frequency."""
    from scipy import fft, ndimage

    if len(samples) < WINDOW:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    # Whole windows only: padding would add peaks where a cut sound begins.
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    hann = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    level = np.abs(fft.rfft(frames * hann, axis=1)[:, BINS])
    near = ndimage.maximum_filter(level, size=(2 * NEAR_FRAMES + 1, 2 * NEAR_BINS + 1), mode="constant")
    loud = ndimage.maximum_filter1d(level.max(axis=1), 2 * LOUD_FRAMES + 1, mode="constant")
    floor = FLOOR * float(np.abs(samples).max()) * WINDOW / 4
    times, bins = np.nonzero((level == near) & (level > np.maximum(GATE * loud, floor)[:, None]))
    return times, bins
