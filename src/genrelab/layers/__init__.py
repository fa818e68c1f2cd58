"""Our own Keras layers, which saved nets may contain; importing this package registers all of them with Keras."""

from genrelab.layers.attention import ConvAttention, LinearAttention
from genrelab.layers.augmentation import AdditiveNoise, Equaliser, Gain, Masks, PitchShift, TimeShift
from genrelab.layers.batchnorm import BatchNormalization
from genrelab.layers.indrnn import IndRNN, Within
from genrelab.layers.masking import (
    SoundingFrames,
    SoundingLength,
    SoundingMax,
    SoundingMean,
    SoundingSteps,
    ZeroPadding,
)
from genrelab.layers.moments import First, WindowMoments
from genrelab.layers.patches import Patches, PatchMean

__all__ = [
    "AdditiveNoise",
    "BatchNormalization",
    "ConvAttention",
    "Equaliser",
    "First",
    "Gain",
    "IndRNN",
    "LinearAttention",
    "Masks",
    "PatchMean",
    "Patches",
    "PitchShift",
    "SoundingFrames",
    "SoundingLength",
    "SoundingMax",
    "SoundingMean",
    "SoundingSteps",
    "TimeShift",
    "WindowMoments",
    "Within",
    "ZeroPadding",
]
