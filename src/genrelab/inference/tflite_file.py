"""Write nets as TensorFlow Lite files and run them with LiteRT, one clip at a time.

The metadata is `genrelab.json` in a zip archive appended to the net, the format's place for associated files.
"""

import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from genrelab.inference.portable import Portable

SUFFIX = ".tflite"
PACKAGES = ("ai_edge_litert",)
MEMBER = "genrelab.json"


def write(portable: Portable, path: Path) -> None:
    """Write a net with TensorFlow Lite's built-in operations only; the converter raises an error if it cannot."""
    import tensorflow as tf

    from genrelab.layers.keras_backend import keras

    (asked,) = portable.net.inputs
    # The built-in operations cover loops over time only if the number of clips is fixed.
    signature = [keras.InputSpec(shape=(1, *asked.shape[1:]), dtype="float32", name="features")]
    own = {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}
    portable.net.export(str(path), format="litert", verbose=False, input_signature=signature, target_spec=own)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(MEMBER, portable.text)


def load(path: Path) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function that runs the file's net on features."""
    from ai_edge_litert.interpreter import Interpreter

    from genrelab.layers.keras_backend import silent

    with silent():
        interpreter: Any = Interpreter(model_path=str(path), num_threads=os.cpu_count())
        interpreter.allocate_tensors()
    (asked,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()

    def one(x: np.ndarray) -> np.ndarray:
        interpreter.set_tensor(asked["index"], x)
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(given["index"]))

    return lambda x: np.concatenate([one(x[i : i + 1]) for i in range(len(x))])
