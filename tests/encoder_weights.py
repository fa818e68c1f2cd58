"""Tiny random weights for encoders whose own are a local file."""

from pathlib import Path

import numpy as np

from genrelab.encoders import cnn14


def for_encoder(name: str, folder: Path) -> tuple[Path | None, int]:
    """Return a file of weights for an encoder, None for one that fetches its own, and the rate that it leaves open."""
    if name == "cnn14":
        return cnn14_file(folder / "cnn14.npz"), 0
    if name == "onnx":
        return onnx_file(folder / "net.onnx"), 16000
    return None, 0


def cnn14_file(path: Path, widths: tuple[int, ...] = (2, 3, 2, 3, 4, 5)) -> Path:
    """Write arrays as PyTorch's checkpoint of CNN14 has them, of a narrower net."""
    rng = np.random.default_rng(0)
    arrays = {}

    def norm(name: str, size: int) -> None:
        arrays[f"{name}.weight"], arrays[f"{name}.bias"] = rng.uniform(0.5, 1.5, size), rng.normal(0, 0.1, size)
        arrays[f"{name}.running_mean"], arrays[f"{name}.running_var"] = rng.normal(0, 1, size), rng.uniform(1, 2, size)

    norm("bn0", cnn14.BANDS)
    for i, (before, after) in enumerate(zip((1, *widths), widths, strict=False), start=1):
        for k, given in ((1, before), (2, after)):
            arrays[f"conv_block{i}.conv{k}.weight"] = rng.normal(0, 0.5, (after, given, 3, 3))
            norm(f"conv_block{i}.bn{k}", after)
    arrays["fc1.weight"], arrays["fc1.bias"] = rng.normal(0, 0.5, (6, widths[-1])), rng.normal(0, 0.1, 6)
    np.savez(path, **{name: array.astype(np.float32) for name, array in arrays.items()})
    return path


# ONNX is a protocol buffer: a message is a row of (number of the field, value), a value a number, bytes or a message.


def onnx_file(path: Path, samples: int | str = "samples") -> Path:
    """Write a net of one convolution whose outputs are its frames, these as one of several layers, and their mean."""
    kernel = np.random.default_rng(0).normal(0, 1, (5, 1, 8)).astype("<f4")
    nodes = [
        _node("Conv", ["sound", "kernel"], "conv", strides=[4]),
        _node("Transpose", ["conv"], "frames", perm=[0, 2, 1]),
        _node("Unsqueeze", ["frames"], "hidden", axes=[1]),
        _node("GlobalAveragePool", ["conv"], "pooled"),
        _node("Flatten", ["pooled"], "clip"),
    ]
    tensor = [(1, 5), (1, 1), (1, 8), (2, 1), (8, b"kernel"), (9, kernel.tobytes())]
    outputs = {"hidden": (1, 1, "frames", 5), "frames": (1, "frames", 5), "clip": (1, 5)}
    graph = [
        *((1, node) for node in nodes),
        (2, b"tiny"),
        (5, _message(tensor)),
        (11, _value("sound", (1, 1, samples))),
        *((12, _value(name, shape)) for name, shape in outputs.items()),
    ]
    path.write_bytes(_message([(1, 8), (7, _message(graph)), (8, _message([(1, b""), (2, 11)]))]))
    return path


def _node(kind: str, inputs: list[str], output: str, **attributes: list[int]) -> bytes:
    fields = [*((1, name.encode()) for name in inputs), (2, output.encode()), (4, kind.encode())]
    for name, values in attributes.items():
        fields.append((5, _message([(1, name.encode()), *((8, value) for value in values), (20, 7)])))
    return _message(fields)


def _value(name: str, shape: tuple[int | str, ...]) -> bytes:
    dims = [_message([(1, one)] if isinstance(one, int) else [(2, one.encode())]) for one in shape]
    tensor = _message([(1, 1), (2, _message([(1, dim) for dim in dims]))])
    return _message([(1, name.encode()), (2, _message([(1, tensor)]))])


def _message(fields: list[tuple[int, int | bytes]]) -> bytes:
    found = b""
    for number, value in fields:
        if isinstance(value, int):
            found += _varint(number << 3) + _varint(value)
        else:
            found += _varint(number << 3 | 2) + _varint(len(value)) + value
    return found


def _varint(value: int) -> bytes:
    found = b""
    while value > 127:
        found += bytes([value & 127 | 128])
        value >>= 7
    return found + bytes([value])
