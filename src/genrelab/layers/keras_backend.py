"""Keras with its backend (TensorFlow unless KERAS_BACKEND says otherwise), started quietly and deterministically.

Whoever needs Keras takes it from here, so that this happens before anything else imports it.
"""

import contextlib
import os
from collections.abc import Iterator


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Keep the backend's C++ start-up notes, which heed no setting, off the terminal; errors are exceptions."""
    terminal, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        os.close(null)


os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with _silent():
    import keras
    import keras_tuner
    from keras_tuner.src import config

    config.DEBUG = False  # it would print the traceback of each failed trial, which is kept with the trial's run

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        # A search builds net after net, and each is traced anew: no news.
        tf.get_logger().addFilter(lambda record: "retracing" not in record.getMessage())
        tf.config.experimental.enable_op_determinism()
        tf.config.list_logical_devices()  # wakes the devices, with what they have to say

__all__ = ["keras", "keras_tuner"]
