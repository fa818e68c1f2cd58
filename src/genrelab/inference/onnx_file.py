"""Write nets as ONNX files and run them with onnxruntime, any number of clips at a time.

The metadata is the property `genrelab`.
"""

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
    """Write a net; the converter raises an error if it cannot."""
    import onnx

    from genrelab.layers.keras_backend import keras

    (asked,) = portable.net.inputs
    signature = [keras.InputSpec(shape=asked.shape, dtype="float32", name="features")]
    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)  # its long report becomes one line of ours
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy's, about attributes that Keras looks up in it
        portable.net.export(str(path), format="onnx", verbose=False, input_signature=signature)
    written = onnx.load(path)
    onnx.helper.set_model_props(written, {KEY: portable.text})
    onnx.save(written, path)


def load(path: Path) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function that runs the file's net on features."""
    import onnxruntime

    session: Any = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (asked,) = session.get_inputs()
    return lambda x: np.asarray(session.run(None, {asked.name: x})[0])
