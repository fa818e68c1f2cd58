"""Keras layers of our own, of which a saved net may be made; importing this makes all of them known to Keras."""

from genrelab.layers.attention import ConvAttention, LinearAttention
from genrelab.layers.augmentation import AdditiveNoise, Gain, Masks, TimeShift
from genrelab.layers.masking import SoundingFrames
from genrelab.layers.patches import Patches, PatchMean

__all__ = [
    "AdditiveNoise",
    "ConvAttention",
    "Gain",
    "LinearAttention",
    "Masks",
    "PatchMean",
    "Patches",
    "SoundingFrames",
    "TimeShift",
]
