"""Temperature scaling: one number that makes a classifier's probabilities honest and does not change its answers.

An overfitted net is more confident than it is right. Dividing the logarithms of its probabilities by a temperature T
flattens (T > 1) or sharpens (T < 1) them without changing their order.

Source: Guo et al. 2017, On Calibration of Modern Neural Networks. They use plain maximum likelihood. With the few clips
of a small validation part, that diverges to a bound once all answers are right, so here ln T has a prior.
"""

import numpy as np

from genrelab.metrics import classification

LOWEST, HIGHEST = 0.05, 20.0
SPREAD = 1.0  # standard deviation of the prior on ln T, whose mean is 0; a hundred clips outweigh it by far


def fit(true: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the temperature that makes `true`, int (clips,), most likely under `probabilities` (clips, classes)."""
    from scipy.optimize import minimize_scalar

    def cost(log_t: float) -> float:
        loss = classification.log_loss(true, apply(probabilities, float(np.exp(log_t))))
        return len(true) * loss + (log_t / SPREAD) ** 2 / 2

    bounds = (np.log(LOWEST), np.log(HIGHEST))
    return float(np.exp(minimize_scalar(cost, bounds=bounds, method="bounded", options={"xatol": 1e-6}).x))


def apply(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Return the probabilities (clips, classes) at a temperature; at 1 they are returned unchanged."""
    if temperature == 1:
        return probabilities
    logits = np.log(np.maximum(probabilities, np.finfo(np.float64).tiny)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
