"""Keras layers of our own, of which a saved net may be made; importing this makes all of them known to Keras."""

from genrelab.layers.augmentation import AdditiveNoise, Gain, Masks, TimeShift
from genrelab.layers.masking import SoundingFrames

__all__ = ["AdditiveNoise", "Gain", "Masks", "SoundingFrames", "TimeShift"]
