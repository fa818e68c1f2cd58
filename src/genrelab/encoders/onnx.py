"""Any net that has been exported to ONNX: MERT, MuQ, CLAP, S-SONDO, and their successors.

`path` is the model's file and `sample_rate` the rate at which it takes sound. The model has one input, samples, float32
(1, samples) or (1, 1, samples), of a fixed or of any length. It gets the sound in pieces of that length, or of 720,000
samples. A last piece of less than half of that is dropped, unless it is the only one; a shorter piece is padded with 0
to the fixed length, or to 16,000 samples.

Layers are the outputs, by name: (1, numbers), a vector per piece; (1, frames, numbers); or, for several layers at once,
(1, layers, frames, numbers), which become `<output>.0`, `<output>.1` and so on. All sizes but that of time must be
fixed in the file. Unless `layers` says otherwise, the last one is used. `combine: mean` weights layers equally, as
probes of MERT often do at first.

It needs onnxruntime: pip install "genrelab[onnx]".

Source: ONNX, Open Neural Network Exchange; Li et al. 2023, "MERT: Acoustic Music Understanding Model with Large-Scale
Self-supervised Training", whose 13 or 25 hidden states are such outputs.
"""

import functools
from pathlib import Path
from typing import Any

import numpy as np

from genrelab.errors import ConfigError, DataError
from genrelab.state import digests

LICENCE = "that of the file"
SOURCE = "the model's .onnx file, with features.embeddings.sample_rate set to the rate that it expects"
SHA256 = ""
SAMPLE_RATE = 0
FRAME_SECONDS = 0.0
DEFAULT_LAYERS = ()  # the last
PIECE = 720_000  # samples, for a net that takes any number: 30 s at 24 kHz
LEAST = 16_000  # samples of such a piece; shorter ones are padded with 0


def at_hand(path: Path | None) -> str:
    """Return the SHA-256 of the file."""
    assert path is not None
    return digests.of_file(path)


def layers(path: Path | None) -> dict[str, int]:
    """Return the outputs, or the layers that they hold, each with the length of its vectors."""
    found: dict[str, int] = {}
    for output in _session(path).get_outputs():
        *_, size = output.shape
        several = len(output.shape) == 4
        if not 2 <= len(output.shape) <= 4 or not isinstance(size, int):
            raise DataError(
                f"{path}: its output {output.name} has the shape {output.shape}; expected (1, numbers), "
                "(1, frames, numbers) or (1, layers, frames, numbers), with layers and numbers fixed"
            )
        if several and not isinstance(output.shape[1], int):
            raise DataError(
                f"{path}: its output {output.name} has the shape {output.shape}, whose layers are not fixed"
            )
        names = [f"{output.name}.{i}" for i in range(output.shape[1])] if several else [output.name]
        found |= dict.fromkeys(names, size)
    return found


def encode(samples: np.ndarray, path: Path | None) -> dict[str, np.ndarray]:
    """Return each layer's vectors for mono samples at the net's rate: float32 (frames, numbers), over all pieces."""
    session = _session(path)
    (asked,) = session.get_inputs()
    fixed = asked.shape[-1] if isinstance(asked.shape[-1], int) else None
    width = fixed or PIECE
    found: dict[str, list[np.ndarray]] = {}
    for i in range(max(1, (len(samples) + width // 2) // width)):
        piece = samples[i * width : (i + 1) * width].astype(np.float32, copy=False)
        piece = np.pad(piece, (0, max(0, (fixed or LEAST) - len(piece))))
        for name, values in _run(session, asked, piece, path).items():
            found.setdefault(name, []).append(values)
    return {name: np.concatenate(values) for name, values in found.items()}


def _run(session: Any, asked: Any, piece: np.ndarray, path: Path | None) -> dict[str, np.ndarray]:
    """Return each layer's vectors for a piece, (frames, numbers)."""
    outputs = session.run(None, {asked.name: piece.reshape([1] * (len(asked.shape) - 1) + [-1])})
    found: dict[str, np.ndarray] = {}
    for output, values in zip(session.get_outputs(), outputs, strict=True):
        if values.shape[0] != 1:
            raise DataError(f"{path}: its output {output.name} has {values.shape[0]} rows for one sound")
        if values.ndim == 4:
            found |= {f"{output.name}.{i}": layer for i, layer in enumerate(values[0])}
        else:
            found[output.name] = values.reshape(-1, values.shape[-1])
    return {name: np.asarray(values, np.float32) for name, values in found.items()}


@functools.lru_cache(maxsize=1)
def _session(path: Path | None) -> Any:
    """Return the model's onnxruntime session, with one thread: sounds are spread over processes."""
    try:
        import onnxruntime
    except ImportError:
        raise ConfigError('encoder onnx needs onnxruntime; install it with: pip install "genrelab[onnx]"') from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime does not export its exceptions
        raise DataError(f"{path} is not an ONNX model that can be run ({str(error).splitlines()[0]})") from None
    inputs = [f"{one.name} {one.type} {one.shape}" for one in session.get_inputs()]
    if len(inputs) != 1 or session.get_inputs()[0].type != "tensor(float)" or _rank(session) not in (2, 3):
        raise DataError(
            f"{path} must have one input, float32 (1, samples) or (1, 1, samples); it has {', '.join(inputs) or 'none'}"
        )
    return session


def _rank(session: Any) -> int:
    return len(session.get_inputs()[0].shape)
