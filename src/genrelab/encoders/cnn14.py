"""CNN14 of PANNs: six blocks of two convolutions on a log-mel spectrogram, trained on AudioSet's 527 sound classes.

Sound at 32 kHz -> 64 Slaney mel bands, 50 Hz to 14 kHz (windows of 1024 samples, hop 320) -> dB of power -> the net,
rebuilt in Keras. Frames are pieces of 10 s, as in the net's training; a last piece of less than half of that is
dropped, unless it is the only one.

Layers: `block3`, `block4`, `block5` and `block6`, each block's mean over bands and time (256, 512, 1024, 2048), and
`embedding`, the dense layer of published transfer results (2048).

The weights, 80 million numbers, are published at Zenodo (record 3987831). They are not downloaded, because their digest
is not known here. They are a PyTorch checkpoint; convert it once to plain arrays, on any machine with PyTorch:

    python -c "import numpy, torch; numpy.savez('cnn14.npz', **{k: v.numpy() for k, v in
        torch.load('Cnn14_mAP=0.431.pth', map_location='cpu', weights_only=False)['model'].items()})"

Source: Kong et al. 2020, "PANNs: Large-Scale Pretrained Audio Neural Networks for Audio Pattern Recognition". Here the
sound is padded with zeros at its ends; the original mirrors it.
"""

import functools
from pathlib import Path
from typing import Any

import numpy as np

from genrelab.errors import DataError
from genrelab.features import _fourier
from genrelab.state import digests, npz

LICENCE = "that of record 3987831 at Zenodo"
SOURCE = "an .npz file of the arrays of Cnn14_mAP=0.431.pth (PANNs); the docstring of encoders/cnn14.py says how"
SHA256 = ""
SAMPLE_RATE = 32000
FRAME_SECONDS = 10.0
DEFAULT_LAYERS = ("embedding",)
N_FFT, HOP, BANDS, F_MIN, F_MAX = 1024, 320, 64, 50.0, 14000.0
LEAST = 1e-10  # floor of the power, before the logarithm
BLOCKS = 6
EPSILON = 1e-5  # of batch normalisation in PyTorch
TAKEN = (3, 4, 5, 6)  # blocks whose means are layers
SHORTEST = 0.4  # seconds; shorter sounds are padded with 0, as five halvings leave nothing of them


def at_hand(path: Path | None) -> str:
    """Return the SHA-256 of the file."""
    assert path is not None
    return digests.of_file(path)


def layers(path: Path | None) -> dict[str, int]:
    """Return the layers from input to output, each with the length of its vectors."""
    arrays = _arrays(path)
    sizes = {f"block{i}": len(arrays[f"conv_block{i}.bn2.weight"]) for i in TAKEN}
    return {**sizes, "embedding": len(arrays["fc1.bias"])}


def encode(samples: np.ndarray, path: Path | None) -> dict[str, np.ndarray]:
    """Return each layer's vectors for mono samples at 32 kHz, one per 10 s: float32 (pieces, numbers)."""
    width = round(FRAME_SECONDS * SAMPLE_RATE)
    count = max(1, (len(samples) + width // 2) // width)
    pieces = [samples[i * width : (i + 1) * width] for i in range(count)]
    # One at a time: the last may be shorter, and the first block makes 64 MB of values for a piece.
    found = [_net(path).predict_on_batch(_log_mel(piece)[np.newaxis, ..., np.newaxis]) for piece in pieces]
    return {layer: np.concatenate([np.asarray(one[layer]) for one in found]) for layer in found[0]}


def _log_mel(samples: np.ndarray) -> np.ndarray:
    """Return decibels of power, float32 (frames, bands)."""
    samples = np.pad(samples, (0, max(0, round(SHORTEST * SAMPLE_RATE) - len(samples))))
    power = _fourier.mel_power(samples, SAMPLE_RATE, n_fft=N_FFT, hop=HOP, n_mels=BANDS, f_min=F_MIN, f_max=F_MAX)
    return 10 * np.log10(np.maximum(power.T, LEAST))


@functools.lru_cache(maxsize=1)
def _arrays(path: Path | None) -> dict[str, np.ndarray]:
    """Return the arrays by their names in the checkpoint; raise DataError if they are not those of CNN14."""
    assert path is not None
    arrays = npz.read(path)
    norms = ["bn0", *(f"conv_block{i}.bn{k}" for i in range(1, BLOCKS + 1) for k in (1, 2))]
    wanted = [f"{norm}.{part}" for norm in norms for part in ("weight", "bias", "running_mean", "running_var")]
    wanted += [f"conv_block{i}.conv{k}.weight" for i in range(1, BLOCKS + 1) for k in (1, 2)]
    lacking = [name for name in (*wanted, "fc1.weight", "fc1.bias") if name not in arrays]
    if lacking:
        raise DataError(f"{path} does not hold the weights of CNN14: it lacks {lacking[0]}; expected {SOURCE}")
    return arrays


@functools.lru_cache(maxsize=1)
def _net(path: Path | None) -> Any:
    """Return the net as a Keras model from spectrograms, (1, frames, bands, 1), to its layers by name."""
    from genrelab.layers.keras_backend import keras

    arrays, made = _arrays(path), []

    def norm(x: Any, name: str, axis: int = -1) -> Any:
        layer = keras.layers.BatchNormalization(axis=axis, epsilon=EPSILON)
        x = layer(x)
        made.append((layer, [arrays[f"{name}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")]))
        return x

    def conv(x: Any, name: str) -> Any:
        kernel = arrays[f"{name}.weight"].transpose(2, 3, 1, 0)  # (out, in, time, band) -> (time, band, in, out)
        layer = keras.layers.Conv2D(kernel.shape[-1], 3, padding="same", use_bias=False)
        x = layer(x)
        made.append((layer, [kernel]))
        return x

    inputs = keras.Input((None, BANDS, 1), name="spectrogram")
    x, outputs = norm(inputs, "bn0", axis=2), {}  # by band
    for i in range(1, BLOCKS + 1):
        for k in (1, 2):
            x = keras.ops.relu(norm(conv(x, f"conv_block{i}.conv{k}"), f"conv_block{i}.bn{k}"))
        if i < BLOCKS:
            x = keras.layers.AveragePooling2D(2)(x)
        if i in TAKEN:
            outputs[f"block{i}"] = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.ops.mean(x, axis=2)  # over bands
    x = keras.ops.max(x, axis=1) + keras.ops.mean(x, axis=1)  # over time
    dense = keras.layers.Dense(len(arrays["fc1.bias"]), activation="relu")
    outputs["embedding"] = dense(x)
    made.append((dense, [arrays["fc1.weight"].T, arrays["fc1.bias"]]))
    model = keras.Model(inputs, outputs, name="cnn14")
    for layer, weights in made:
        layer.set_weights(weights)
    return model
