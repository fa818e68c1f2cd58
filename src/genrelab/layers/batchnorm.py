"""Batch normalisation in one pass over the activations, if the backend supports it.

TensorFlow's fused kernel reads a batch of images twice; Keras's layer reads it six times. The difference is a seventh
of a CRNN's training step. Outputs, gradients, weights and saved files equal Keras's up to float32 rounding.
"""

from typing import Any

from genrelab.layers.keras_backend import keras

ops = keras.ops


@keras.saving.register_keras_serializable("genrelab")
class BatchNormalization(keras.layers.BatchNormalization):  # Keras's name: saved weights are looked up by it
    """Keras's batch normalisation, with TensorFlow's fused kernel in training if the input is a batch of images.

    Keras handles everything else: prediction, sequences, masks, another axis, renormalisation, other backends.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Return the normalised inputs, same shape and type; in training, update the moving averages."""
        if not (training and self.trainable and mask is None and _fusible(self, inputs)):
            return super().call(inputs, training=training, mask=mask)
        outputs, mean, variance = _fused(self, inputs)
        for average, of_batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average.assign(average * self.momentum + of_batch * (1 - self.momentum))
        return outputs


def normalised_by_batch(norm: Any, inputs: Any) -> tuple[Any, Any, Any]:
    """Return the output of a batch normalisation layer for a batch in training, without updating its averages.

    Also return the batch's mean and variance over all axes but the layer's, float32 (units,).
    """
    if _fusible(norm, inputs):
        return _fused(norm, inputs)
    x = ops.cast(inputs, "float32")  # the net may compute in bfloat16
    axes = [i for i in range(len(x.shape)) if i != norm.axis % len(x.shape)]
    mean, variance = ops.mean(x, axis=axes), ops.var(x, axis=axes)
    outputs = ops.batch_normalization(x, mean, variance, norm.axis, norm.beta, norm.gamma, norm.epsilon)
    return ops.cast(outputs, norm.compute_dtype), mean, variance


def _fused(norm: Any, inputs: Any) -> tuple[Any, Any, Any]:
    import tensorflow as tf

    x = tf.cast(inputs, "float32")
    outputs, mean, unbiased = tf.compat.v1.nn.fused_batch_norm(
        x, norm.gamma, norm.beta, epsilon=norm.epsilon, is_training=True
    )
    count = tf.cast(tf.reduce_prod(tf.shape(x)[:3]), "float32")
    variance = unbiased * tf.maximum(count - 1, 1) / count  # Keras stores the biased one
    return tf.cast(outputs, norm.compute_dtype), mean, variance


def _fusible(norm: Any, inputs: Any) -> bool:
    return (
        keras.backend.backend() == "tensorflow"
        and len(inputs.shape) == 4
        and norm.axis in (-1, 3)
        and norm.compute_dtype != "float64"
        and norm.center
        and norm.scale
        and not (norm.renorm or norm.synchronized)
    )
