"""Keras layers of our own, of which a saved net may be made; importing this makes all of them known to Keras."""

from genrelab.layers.augmentation import AdditiveNoise, Gain, Masks, TimeShift
from genrelab.layers.indrnn import IndRNN, Within
from genrelab.layers.moments import First, WindowMoments

__all__ = ["AdditiveNoise", "First", "Gain", "IndRNN", "Masks", "TimeShift", "WindowMoments", "Within"]
