"""Keras and its backend (TensorFlow unless KERAS_BACKEND says otherwise), imported quietly, and not yet started.

A process of which copies are made stops here: started, TensorFlow has threads and cards, which a copy of the process
has not, and waits for.
"""

import contextlib
import gc
import importlib.util
import os
from collections.abc import Iterator

from genrelab.errors import ConfigError


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Keep C++ notes, which heed no setting, off the terminal; errors are exceptions."""
    terminal, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        os.close(null)


# A backend that other work on this machine has chosen need not be installed here.
_backend = os.environ["KERAS_BACKEND"] = os.environ.get("KERAS_BACKEND") or "tensorflow"
if importlib.util.find_spec(_backend) is None:
    raise ConfigError(f"KERAS_BACKEND is '{_backend}', which is not installed; unset it, or set it to tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Half a million objects are made here, and stay: to pass them at each collection, such as one before each net, takes
# a third of a second.
gc.disable()
with silent():
    import keras
    import keras_tuner
    from keras_tuner.src import config

    # Whatever a keras.json in the user's home says: nets here are of this shape and precision.
    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)

    config.DEBUG = False  # it would print the traceback of each failed trial, which is kept with the trial's run

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        # A search builds net after net, and each is traced anew: no news.
        tf.get_logger().addFilter(lambda record: "retracing" not in record.getMessage())
        tf.config.experimental.enable_op_determinism()

gc.freeze()
gc.enable()

__all__ = ["keras", "keras_tuner", "silent"]
