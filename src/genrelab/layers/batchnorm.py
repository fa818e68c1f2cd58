"""Batch normalisation in one pass over the activations, where the backend has it.

TensorFlow's fused kernel reads a batch of pictures twice where Keras's layer reads it six times; of a CRNN's training
step that is a seventh. Outputs, gradients, weights and saved files are Keras's to the rounding of float32.
"""

from typing import Any

from genrelab.layers.keras_backend import keras


@keras.saving.register_keras_serializable("genrelab")
class BatchNormalization(keras.layers.BatchNormalization):  # Keras's name: saved weights are found by it
    """Keras's batch normalisation, with TensorFlow's fused kernel in training where the input is a batch of pictures.

    All else is left to Keras: prediction, sequences, masks, another axis, renormalisation, other backends.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Return the normalised inputs, same shape and type; in training the moving averages take a step."""
        if not (training and self.trainable and mask is None and self._fusible(inputs)):
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        x = tf.cast(inputs, "float32")
        outputs, mean, unbiased = tf.compat.v1.nn.fused_batch_norm(
            x, self.gamma, self.beta, epsilon=self.epsilon, is_training=True
        )
        count = tf.cast(tf.reduce_prod(tf.shape(x)[:3]), "float32")
        variance = unbiased * tf.maximum(count - 1, 1) / count  # Keras keeps the biased one
        for average, of_batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average.assign(average * self.momentum + of_batch * (1 - self.momentum))
        return tf.cast(outputs, self.compute_dtype)

    def _fusible(self, inputs: Any) -> bool:
        return (
            keras.backend.backend() == "tensorflow"
            and len(inputs.shape) == 4
            and self.axis in (-1, 3)
            and self.compute_dtype != "float64"
            and self.center
            and self.scale
            and not (self.renorm or self.synchronized)
        )
