"""Nets that compute in bfloat16: half the bytes, and several times the speed on processors with units for it.

Weights, their updates, a net's inputs and outputs and the loss stay in float32 (Micikevicius et al. 2018, mixed
precision training; bfloat16 has float32's range, so the loss need not be scaled). So do layers that look at levels in
dB, as bfloat16 keeps two digits of them: normalisation, and layers with the class attribute `always_float32`.
"""

from typing import Any

from genrelab.layers.keras_backend import keras

KEPT = (keras.layers.InputLayer, keras.layers.Normalization, keras.Model)


def apply(net: Any, precision: str) -> None:
    """Make the layers of a net compute in a precision, float32 or bfloat16; its weights stay as they are.

    Call it before the net is first called on an array: traced code is not traced again.
    """
    if precision == "float32":
        return  # every net is built in float32
    answers = {id(tensor._keras_history.operation) for tensor in net.outputs}
    answers |= {id(layer) for layer in net.layers if _gives_probabilities(layer, net.output_shape[-1])}
    for layer in net._flatten_layers(include_self=False):
        kept = id(layer) in answers or isinstance(layer, KEPT) or getattr(layer, "always_float32", False)
        if not kept:
            layer.dtype_policy = f"mixed_{precision}"


def _gives_probabilities(layer: Any, classes: int) -> bool:
    activation = getattr(layer, "activation", None)
    probable = activation in (keras.activations.softmax, keras.activations.sigmoid)
    return probable and layer.output.shape[-1] == classes
