"""Nets as ONNX files: any number of clips at a time, by onnxruntime. The metadata is the property `genrelab`."""

import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from genrelab.inference.portable import Portable

SUFFIX = ".onnx"
PACKAGES = ("tf2onnx", "onnx", "onnxruntime")
KEY = "genrelab"


def write(portable: Portable, path: Path) -> None:
    """Write a net; what the converter raises says that it cannot."""
    import onnx

    from genrelab.layers.keras_backend import keras

    (asked,) = portable.net.inputs
    signature = [keras.InputSpec(shape=asked.shape, dtype="float32", name="features")]
    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)  # it tells at length what is a line of ours
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of numpy, at what Keras looks for in it
        portable.net.export(str(path), format="onnx", verbose=False, input_signature=signature)
    written = onnx.load(path)
    onnx.helper.set_model_props(written, {KEY: portable.text})
    onnx.save(written, path)


def load(path: Path) -> Callable[[np.ndarray], np.ndarray]:
    """Return what a file makes of features, as a function."""
    import onnxruntime

    session: Any = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (asked,) = session.get_inputs()
    return lambda x: np.asarray(session.run(None, {asked.name: x})[0])
