"""The front end of the nets: bands standardised on train and, if asked for, augmentation of clips in training.

The strengths are hyperparameters. Each is 0 (off) unless the net has another default: augment.pitch (largest shift up
or down, as a share of the bands), augment.equaliser (largest gain or loss of a band in dB, similar for neighbours),
augment.gain (largest change in dB), augment.noise (highest level, in dB above -80 dB), augment.shift (largest circular
shift, as a share of the clip's length), augment.mask (SpecAugment: largest width of each of two masks, as a share of
the bands and of the frames) and augment.mixup (alpha of mixup, which also changes targets and is therefore done when
batches are made; see genrelab.classifiers.keras_fit).
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

    `length` holds the clips' lengths in frames without the padding, as returned by SoundingLength. `defaults` are the
    net's own default strengths by name: mask=0.2.
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
