"""Keras layers of our own, of which a saved net may be made; importing this makes all of them known to Keras."""

from genrelab.layers.attention import ConvAttention, LinearAttention
from genrelab.layers.augmentation import AdditiveNoise, Gain, Masks, TimeShift
from genrelab.layers.indrnn import IndRNN, Within
from genrelab.layers.masking import SoundingFrames
from genrelab.layers.moments import First, WindowMoments
from genrelab.layers.patches import Patches, PatchMean

__all__ = [
    "AdditiveNoise",
    "ConvAttention",
    "First",
    "Gain",
    "IndRNN",
    "LinearAttention",
    "Masks",
    "PatchMean",
    "Patches",
    "SoundingFrames",
    "TimeShift",
    "WindowMoments",
    "Within",
]
