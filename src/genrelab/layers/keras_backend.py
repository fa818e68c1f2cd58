"""Keras with its backend (TensorFlow unless KERAS_BACKEND says otherwise), started quietly and deterministically.

Import Keras from here, so that this happens before anything else imports it.
"""

from genrelab.keras_import import keras, keras_tuner, silent

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    with silent():
        for card in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(card, True)  # else the first process on a GPU takes all of it
        tf.config.list_logical_devices()  # starts the devices while their messages are silenced

__all__ = ["keras", "keras_tuner", "silent"]
