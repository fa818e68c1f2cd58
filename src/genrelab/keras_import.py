"""Import Keras and its backend (TensorFlow unless KERAS_BACKEND says otherwise) quietly, without starting the backend.

A process that will be forked imports nothing beyond this: once started, TensorFlow holds threads and GPUs, which a
forked process lacks and would wait for.
"""

import contextlib
import gc
import importlib.util
import os
from collections.abc import Iterator

from genrelab.errors import ConfigError


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Keep C++ messages, which no setting silences, off the terminal; errors are exceptions."""
    terminal, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        os.close(null)


# KERAS_BACKEND may be set for other work on this machine and name a backend that is not installed here.
_backend = os.environ["KERAS_BACKEND"] = os.environ.get("KERAS_BACKEND") or "tensorflow"
if importlib.util.find_spec(_backend) is None:
    raise ConfigError(f"KERAS_BACKEND is '{_backend}', which is not installed; unset it, or set it to tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# These imports create half a million permanent objects; scanning them in each collection, such as the one before each
# net, would take a third of a second.
gc.disable()
with silent():
    import keras
    import keras_tuner
    from keras_tuner.src import config

    # Override any keras.json in the user's home: nets here rely on this layout and precision.
    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)

    config.DEBUG = False  # would print the traceback of each failed trial, which is stored with the trial's run

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        # A search builds and traces net after net, so retracing is expected.
        tf.get_logger().addFilter(lambda record: "retracing" not in record.getMessage())
        tf.config.experimental.enable_op_determinism()

gc.freeze()
gc.enable()

__all__ = ["keras", "keras_tuner", "silent"]
