"""Power in decibels, of a quiet sound as deep as of a loud one."""

import numpy as np


def decibels(power: np.ndarray, depth: float, silence: float) -> np.ndarray:
    """Return power in dB (0 dB is a power of 1), at most `depth` dB below its peak.

    No power at all is `silence` dB throughout. librosa.power_to_db clamps at an absolute 1e-10 as well, which distorts
    quiet sounds.
    """
    peak = power.max()
    if not peak:
        return np.full_like(power, silence)
    below = 10 * np.log10(np.maximum(power / peak, 10 ** (-depth / 10)))
    return (below + 10 * np.log10(float(peak))).astype(power.dtype)
