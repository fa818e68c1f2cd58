"""The pretrained tagging nets of musicnn, rebuilt in Keras.

Source: Pons & Serra 2019, "musicnn: pre-trained convolutional neural networks for music audio tagging"; Pons et al.
2018, "End-to-end learning for music audio tagging at scale". Both take patches of 187 frames (3 s) of a log-mel
spectrogram of 96 bands; see genrelab.features.musicnn.

- musicnn: tall convolutions for timbre (7 frames by 40% and 70% of the bands) and long ones for rhythm (128, 64 and 32
  frames by one band), each max-pooled over the bands; three further convolutions along time with residual connections;
  maximum and mean over time; a dense layer.
- vgg: five convolutions of 3 x 3, each followed by max-pooling.

A clip's embedding is the mean over its patches: of the maxima over time (musicnn, 753) or of the last max-pooling (vgg,
256), which published transfer results use. `patch_layers` returns several layers of each patch.
"""

from typing import Any

import numpy as np

from genrelab.layers import Patches, PatchMean
from genrelab.layers.keras_backend import keras
from genrelab.pretrained import weights

layers = keras.layers
PATCH = 187  # frames
# Size and stride of vgg's poolings, (frames, bands), from the graphs saved with the weights; the package's own code
# pools MSD_vgg like MTT_vgg.
HALF = ((2, 2), (2, 2))
POOLS = {
    "MTT_vgg": (((4, 1), (2, 2)), HALF, HALF, HALF, ((4, 4), (4, 4))),
    "MSD_vgg": (((4, 1), (4, 1)), ((1, 4), (1, 4)), HALF, HALF, ((4, 4), (4, 4))),
}
EMBEDDING = {"musicnn": 753, "vgg": 256}  # numbers in a clip's embedding
# The nets' outputs, in order.
MTT = """
    guitar, classical, slow, techno, strings, drums, electronic, rock, fast, piano, ambient, beat, violin, vocal, synth,
    female, indian, opera, male, singing, vocals, no vocals, harpsichord, loud, quiet, flute, woman, male vocal,
    no vocal, pop, soft, sitar, solo, man, classic, choir, voice, new age, dance, male voice, female vocal, beats, harp,
    cello, no voice, weird, country, metal, female voice, choral
"""
MSD = """
    rock, pop, alternative, indie, electronic, female vocalists, dance, 00s, alternative rock, jazz, beautiful, metal,
    chillout, male vocalists, classic rock, soul, indie rock, Mellow, electronica, 80s, folk, 90s, chill, instrumental,
    punk, oldies, blues, hard rock, ambient, acoustic, experimental, female vocalist, guitar, Hip-Hop, 70s, party,
    country, easy listening, sexy, catchy, funk, electro, heavy metal, Progressive rock, 60s, rnb, indie pop, sad,
    House, happy
"""
TAGS = {name: [tag.strip() for tag in tags.split(",")] for name, tags in (("MTT", MTT), ("MSD", MSD))}


def embedder(net: str, bands: int, frames: int) -> Any:
    """Return the net, one of pretrained.weights.NETS, as a Keras model of whole clips, with its weights.

    Input (batch, bands, frames, 1); output (batch, EMBEDDING), of the layer `embedding`.
    """
    return _net(net, bands, frames, tags=False)


def tagger(net: str, bands: int, frames: int) -> Any:
    """Return the net up to its tags: output (batch, 50), the tags' probabilities averaged over patches."""
    return _net(net, bands, frames, tags=True)


def patch_layers(net: str) -> Any:
    """Return the net as a Keras model from patches, (batch, 187, 96, 1), to its layers by name, each (batch, size).

    Layers of musicnn: `max` and `mean` over time (753 each), `penultimate` (200) and `tags` (50). Layers of vgg:
    `pool3` and `pool4`, averaged over positions (128 each), `pool5` (256), the whole of the last max-pooling, and
    `tags` (50).
    """
    of = _Weights(weights.weights(net))
    patches = keras.Input((PATCH, 96, 1), name="patches")
    outputs, top = _vgg(patches, of, POOLS[net]) if net in POOLS else _musicnn(patches, of)
    model = keras.Model(patches, {**outputs, "tags": of.dense(top, "sigmoid")}, name=net)
    of.hand_over()
    return model


def _net(net: str, bands: int, frames: int, *, tags: bool) -> Any:
    if bands != 96:
        raise ValueError(f"pretrained nets take 96 mel bands, got {bands}")
    of = _Weights(weights.weights(net))
    inputs = keras.Input((bands, frames, 1), name="spectrogram")
    cut = Patches(PATCH, name="patches")
    patches = cut(inputs)
    found, top = _vgg(patches, of, POOLS[net]) if net in POOLS else _musicnn(patches, of)
    embedding = found["pool5" if net in POOLS else "max"]
    x, name = (of.dense(top, "sigmoid"), "tags") if tags else (embedding, "embedding")
    outputs = PatchMean(cut.count(frames), name=name)([x, patches])
    model = keras.Model(inputs, outputs, name=net)
    of.hand_over()
    return model


def _musicnn(x: Any, of: "_Weights") -> tuple[dict[str, Any], Any]:
    bands = x.shape[2]
    x = of.norm(x)
    tall = layers.ZeroPadding2D((3, 0))(x)
    views = [_over_bands(of.norm(of.conv(tall, 204, (7, int(share * bands)), "valid"))) for share in (0.4, 0.7)]
    views += [_over_bands(of.norm(of.conv(x, 51, (length, 1), "same"))) for length in (128, 64, 32)]
    front = layers.Concatenate()(views)  # (frames, 561)
    one = of.norm(of.conv_along_time(front))
    two = layers.Add()([of.norm(of.conv_along_time(one)), one])
    three = layers.Add()([of.norm(of.conv_along_time(two)), two])
    x = layers.Concatenate()([front, one, two, three])  # (frames, 753)
    most, mean = layers.GlobalMaxPooling1D()(x), layers.GlobalAveragePooling1D()(x)
    pairs = layers.Concatenate(axis=2)([layers.Reshape((-1, 1))(most), layers.Reshape((-1, 1))(mean)])
    penultimate = of.norm(of.dense(of.norm(layers.Flatten()(pairs)), "relu"))
    return {"max": most, "mean": mean, "penultimate": penultimate}, penultimate


def _over_bands(x: Any) -> Any:
    x = layers.MaxPooling2D((1, x.shape[2]))(x)
    return layers.Reshape((x.shape[1], x.shape[3]))(x)


def _vgg(x: Any, of: "_Weights", pools: Any) -> tuple[dict[str, Any], Any]:
    x, means = of.norm(x), []
    for size, stride in pools:
        x = layers.MaxPooling2D(size, stride)(of.norm(of.conv(x, 128, (3, 3), "same")))
        means.append(layers.GlobalAveragePooling2D()(x))
    x = layers.Flatten()(x)
    return {"pool3": means[2], "pool4": means[3], "pool5": x}, x


class _Weights:
    """Assign the arrays of the checkpoint to layers, in the order in which layers are requested."""

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self.arrays = arrays
        self.count: dict[str, int] = {}
        self.made: list[tuple[Any, list[np.ndarray]]] = []

    def _take(self, kind: str, *parts: str) -> list[np.ndarray]:
        number = self.count.get(kind, 0)
        self.count[kind] = number + 1
        first = f"{number + 1}CNN" if kind == "conv2d" and "1CNN/kernel" in self.arrays else kind
        name = first if first != kind or not number else f"{kind}_{number}"
        return [self.arrays[f"{name}/{part}"] for part in parts]

    def _made(self, layer: Any, arrays: list[np.ndarray], x: Any) -> Any:
        self.made.append((layer, arrays))
        return layer(x)

    def norm(self, x: Any) -> Any:
        arrays = self._take("batch_normalization", "gamma", "beta", "moving_mean", "moving_variance")
        return self._made(layers.BatchNormalization(epsilon=1e-3), arrays, x)

    def conv(self, x: Any, filters: int, size: tuple[int, int], padding: str) -> Any:
        layer = layers.Conv2D(filters, size, padding=padding, activation="relu")
        return self._made(layer, self._take("conv2d", "kernel", "bias"), x)

    def conv_along_time(self, x: Any) -> Any:
        """Return a convolution over 7 frames and everything in each frame; it is stored as one of 7 x all."""
        kernel, bias = self._take("conv2d", "kernel", "bias")
        layer = layers.Conv1D(kernel.shape[-1], 7, padding="same", activation="relu")
        return self._made(layer, [kernel[:, :, 0], bias], x)

    def dense(self, x: Any, activation: str) -> Any:
        kernel, bias = self._take("dense", "kernel", "bias")
        return self._made(layers.Dense(len(bias), activation=activation), [kernel, bias], x)

    def hand_over(self) -> None:
        """Set the weights of all layers created."""
        for layer, arrays in self.made:
            layer.set_weights(arrays)
