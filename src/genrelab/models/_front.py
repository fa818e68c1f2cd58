"""Where the nets begin: bands standardised by the training part; and, if asked for, clips changed in training.

The strengths are hyperparameters, each 0 (off) unless the net has another default:
augment.pitch (of the bands up or down, at most), augment.equaliser (dB that bands gain or lose, neighbours alike),
augment.gain (dB up or down, at most), augment.noise (dB above -80 dB, at most), augment.shift (of its length, in a
circle), augment.mask (SpecAugment: of the bands and of the frames, each of two masks) and augment.mixup (alpha of
mixup, which changes targets too, and so is done where batches are made; see genrelab.classifiers.keras_fit).
"""

from typing import Any

from keras import layers

from genrelab.layers import AdditiveNoise, Equaliser, Gain, Masks, PitchShift, TimeShift, ZeroPadding

STRENGTHS = {
    "equaliser": [0.0, 5.0, 10.0, 20.0],
    "pitch": [0.0, 0.03, 0.06],
    "gain": [0.0, 3.0, 6.0, 12.0],
    "noise": [0.0, 20.0, 40.0, 60.0],
    "shift": [0.0, 0.1, 0.25, 0.5],
    "mask": [0.0, 0.1, 0.2, 0.3],
    "mixup": [0.0, 0.1, 0.2, 0.4],
}


def front(inputs, hp, length, **defaults: float) -> Any:
    """Return the input (batch, bands, frames, 1), in dB, standardised band by band; 0 in the padding after a clip.

    `length` are the clips' lengths in frames before the padding, as SoundingLength tells them.

    `defaults` are the strengths that a net has unless told otherwise, by name: mask=0.2.
    """
    by = {
        name: hp.Choice(f"augment.{name}", choices, default=defaults.get(name, 0.0))
        for name, choices in STRENGTHS.items()
    }
    x = inputs
    for name, layer in (("pitch", PitchShift), ("equaliser", Equaliser), ("gain", Gain), ("noise", AdditiveNoise)):
        if by[name]:
            x = layer(by[name], name=name)(x)
    if by["shift"]:
        x = TimeShift(by["shift"], name="shift")(x, length=length)
    x = layers.Normalization(axis=1, name="standardise_bands")(x)
    x = ZeroPadding(axis=2, name="no_padding")(x, length)
    return Masks(by["mask"], name="mask")(x) if by["mask"] else x
